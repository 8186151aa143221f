"""What a scenario states of how programmes work together and are delivered, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from costmodel.summary import percent, spoken

OVERLAP_WORDS = {
    "random": "Programmes for the same children are taken to reach them independently of one another.",
    "nested": (
        "Programmes for the same children are taken to be nested: whoever a smaller one reaches, a larger one reaches "
        "too, and a child reached by several has the effect of the strongest."
    ),
    "additive": (
        "No case is taken to be averted twice by programmes for the same children: the most that they can do together."
    ),
}
"""Ways in which programmes may overlap, but for the usual one."""

SPENT = 0.995
"""Money of which this share is spent is not told apart from all of it."""


def combination_words(overlap: str, reduction_cap: float | None) -> tuple[str, ...]:
    """Say how a scenario combines programmes where it is not as usual (MODEL.md eq. 23a-23d).

    Args:
        overlap: partial, random, nested or additive.
        reduction_cap: Largest total cut of new victims that the scenario states [share], None for the usual one.

    Returns:
        Sentences, none where all is as usual.

    Example:
        >>> combination_words("partial", None), combination_words("partial", 0.6)
        ((), ('New victims are cut by 60% at most, as the scenario states.',))
    """
    said = [OVERLAP_WORDS[overlap]] if overlap in OVERLAP_WORDS else []
    if reduction_cap is not None:
        said.append(f"New victims are cut by {percent(reduction_cap)} at most, as the scenario states.")
    return tuple(said)


def unspent(tables: Mapping[str, pd.DataFrame], *, titles: Mapping[str, str], currency: str) -> str:
    """Say of which programmes not all the money that is asked for is spent.

    Args:
        tables: Tables of a run; `delivery` is there where money is given.
        titles: Titles of the options by key.
        currency: Code of the currency of the results.

    Returns:
        One sentence, empty where all of it is spent.
    """
    if "delivery" not in tables:
        return ""
    told = [*_less_than_asked(tables["delivery"], titles=titles, currency=currency)]
    if not told:
        return ""
    why = "limits of growth, of reach, or the fixed cost (tables/delivery.csv)"
    return f"Not all the money asked for is spent over the years, because of {why}: {'; '.join(told)}."


def _less_than_asked(table: pd.DataFrame, *, titles: Mapping[str, str], currency: str) -> Iterator[str]:
    """Each programme that spends less than is asked for it, not discounted, with both sums."""
    sums = table.groupby(["option", "programme", "quantity"], sort=False)[["mean", "mcse"]].sum()
    for option, programme in dict.fromkeys(zip(table["option"], table["programme"], strict=True)):
        found = sums.loc[option, programme]
        if "asked" in found.index and found.at["spend", "mean"] < SPENT * found.at["asked", "mean"]:
            error = float(found.at["spend", "mcse"])  # of a sum over years: their sum at most
            spent = spoken(float(found.at["spend", "mean"]), currency, mcse=error)
            asked = spoken(float(found.at["asked", "mean"]), currency)
            yield f"“{titles[option]}”, {programme.replace('_', ' ')}: {spent} of {asked}"
