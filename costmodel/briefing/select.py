"""Take single numbers and rows for readers out of the tidy tables of a run."""

from __future__ import annotations

import pandas as pd

from costmodel.briefing.meta import Meta
from costmodel.summary import Estimate, estimates

SCOPE_WORDS = {
    "trafficking": "Child trafficking only",
    "all_violence": "With other violence averted as well",
}


def rows(table: pd.DataFrame, **labels: object) -> pd.DataFrame:
    """Keep the rows of a tidy table that carry given labels.

    Args:
        table: A tidy table.
        labels: Column and value.

    Returns:
        The rows, in their order.

    Example:
        >>> rows(pd.DataFrame({"option": ["a", "b"], "mean": [1, 2]}), option="b")["mean"].tolist()
        [2]
    """
    kept = table
    for column, value in labels.items():
        kept = kept[kept[column] == value]
    return kept


def estimate(table: pd.DataFrame, **labels: object) -> Estimate | None:
    """Take what is known of one quantity.

    Args:
        table: A tidy table with columns mean, low, mid, high, mcse.
        labels: Columns and values that single out one row.

    Returns:
        The estimate, or None if no row carries the labels.

    Raises:
        ValueError: If several rows do: a number that depends on a label not given must not be printed.
    """
    kept = rows(table, **labels)
    if len(kept) > 1:
        raise ValueError(f"{len(kept)} rows carry {labels}; give the labels that tell them apart")
    return estimates(kept)[0] if len(kept) else None


def headline(
    tables: dict[str, pd.DataFrame],
    meta: Meta,
    *,
    option: str,
    quantity: str,
    discount: str | None = None,
    perspective: str = "societal",
    scope: str = "trafficking",
) -> Estimate | None:
    """Take one cell of the headline table.

    Args:
        tables: Tables of the run.
        meta: Gives the preset if none is named.
        option: Key of the option.
        quantity: For example cost_of_inaction or net_benefit.
        discount: Name of a preset; that of the headline if None.
        perspective: societal or fiscal.
        scope: trafficking or all_violence.

    Returns:
        The estimate, or None if the table doesn't hold it.
    """
    return estimate(
        tables["headline"],
        option=option,
        quantity=quantity,
        discount=discount or meta.discount,
        perspective=perspective,
        scope=scope,
    )


def chance_of_loss(
    tables: dict[str, pd.DataFrame], meta: Meta, *, option: str, **labels: str
) -> tuple[float, float]:
    """Give the probability that an option costs more than it saves.

    Args:
        tables: Tables of the run.
        meta: Gives the preset if none is named.
        option: Key of the option.
        labels: As in `headline`.

    Returns:
        The probability and its Monte Carlo error; missing if the table doesn't hold them. An option that
        changes and costs nothing loses nothing, though it never gains.
    """
    net = headline(tables, meta, option=option, quantity="net_benefit", **labels)
    if net and net.low == net.high == 0:
        return 0.0, 0.0
    quantity = "probability_net_benefit_positive"
    found = headline(tables, meta, option=option, quantity=quantity, **labels)
    return (1 - found.mean, found.mcse) if found else (float("nan"), float("nan"))


def with_titles(table: pd.DataFrame, meta: Meta) -> pd.DataFrame:
    """Put titles for readers in place of the keys of options and the codes of countries.

    Args:
        table: A tidy table with a column option, a column country, or both.
        meta: Holds the titles.

    Returns:
        A copy; a key without a title stays.
    """
    changed = table.copy()
    for column, titles in (("option", meta.options), ("country", meta.country_names)):
        if column in changed:
            changed[column] = [titles.get(key, key) for key in changed[column]]
    return changed
