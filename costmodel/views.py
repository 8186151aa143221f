"""What an option brings and costs, asked in several ways: presets, perspectives, scopes, readings of the effects."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel import appraisal, economics
from costmodel.appraisal import ALL_VIOLENCE, FISCAL, SOCIETAL, TRAFFICKING, Appraisal, labelled
from costmodel.evidence import Evidence
from costmodel.readings import EVIDENCE, READINGS, under
from costmodel.scenario import Scenario
from costmodel.summary import summarise, summarise_ratio

#: What is told of each reading.
OF_EFFECTS = (
    *("victims_averted", "cost_of_inaction", "net_benefit"),
    *("benefit_cost_ratio", "probability_net_benefit_positive"),
)
Array = NDArray[np.float64]
#: Labels, and draws of the quantity that they name, dims (draw,).
Cell = tuple[Mapping[str, Any], Array]
SUMMARY = ["mean", "low", "mid", "high", "mcse"]
#: (perspective, scope): other violence is a societal line only, its fiscal part is not modelled.
VIEWS = ((SOCIETAL, TRAFFICKING), (SOCIETAL, ALL_VIOLENCE), (FISCAL, TRAFFICKING))


def summary_table(
    rows: list[dict[str, Any]], first: list[str], last: list[str] | None = None
) -> pd.DataFrame:
    """Rows as a table: labels, then the statistics, or other columns in their place."""
    return pd.DataFrame(rows, columns=[*first, *(SUMMARY if last is None else last)])


def summary_row(values: Array, total: Appraisal, **labels: Any) -> dict[str, Any]:
    """Labels beside mean, interval, median and Monte Carlo error of one quantity, dims (draw,)."""
    found = summarise(labelled(values, n_chains=total.n_chains)).iloc[0]
    return {**labels, **{name: float(found[name]) for name in SUMMARY}}


def summary_rows(cells: Sequence[Cell], total: Appraisal) -> list[dict[str, Any]]:
    """Labels beside the statistics of many quantities in one go; quantities that are 0 in every draw take no time.

    Args:
        cells: Labels and draws, dims (draw,); an array that stands there twice is summarised once.
        total: Says which draws belong to which chain.

    Returns:
        One row a cell, in their order.
    """
    arrays = {id(values): values for _, values in cells if values.any()}
    found: dict[int, dict[str, Any]] = {}
    if arrays:
        stacked = np.stack([values.reshape(total.n_chains, -1) for values in arrays.values()])
        table = summarise(xr.DataArray(stacked, dims=("cell", "chain", "draw")))
        found = dict(zip(arrays, table[SUMMARY].to_dict("records"), strict=True))
    nothing = dict.fromkeys(SUMMARY, 0.0)
    return [{**labels, **found.get(id(values), nothing)} for labels, values in cells]


def views(
    total: Appraisal, scenario: Scenario, evidence: Evidence, *, reading: str = EVIDENCE
) -> Iterator[dict[str, Any]]:
    """Every option but the comparator under every preset and view, with what it averts, brings and costs.

    Args:
        total: Draws.
        scenario: Options, presets and comparator.
        evidence: Who bears which cost.
        reading: Of the effects, of the option and of the comparator alike.

    Yields:
        Labels, and draws of victims averted, benefit, spend, offset (what programmes save on what they replace) and
        net spend, dims (draw,).
    """
    public = appraisal.payer_rows(evidence)[2]
    comparator = under(scenario.comparator, reading=reading)
    for option, preset in product(scenario.options, scenario.discount):
        if option == scenario.comparator:
            continue
        seen = under(option, reading=reading)
        key = {"option": seen, "preset": preset, "comparator": comparator}
        for perspective, scope in VIEWS:
            weights = public if perspective == FISCAL else None
            fiscal = weights is not None
            yield {
                "labels": {"option": option, "discount": preset, "perspective": perspective, "scope": scope},
                "averted": (total.new_victims[comparator] - total.new_victims[seen]).sum(axis=1),
                "benefit": appraisal.benefit(total, **key, scope=scope, public=weights),
                "spend": appraisal.extra_spend(total, **key, fiscal=fiscal),
                "offset": appraisal.extra_offset(total, **key, fiscal=fiscal),
                "net_spend": appraisal.net_spend(total, **key, fiscal=fiscal),
            }


def view_rows(view: Mapping[str, Any], total: Appraisal, scenario: Scenario) -> Iterator[dict[str, Any]]:
    """What one option brings and costs in one view; the ratios only where something is spent, savings where any are.

    Net benefit counts what programmes save on what they replace; the ratios have it above, and gross spend below
    (MODEL.md eq. 38, 38c, 39).
    """
    labels, unit = view["labels"], f"{scenario.currency}{scenario.price_year}"
    net = economics.net_benefit(view["benefit"], spend=view["net_spend"])
    saves = {("offset", unit): view["offset"], ("net_spend", unit): view["net_spend"]}
    quantities = {
        ("victims_averted", "children"): view["averted"],
        ("cost_of_inaction", unit): view["benefit"],
        ("spend", unit): view["spend"],
        **(saves if view["offset"].any() else {}),
        ("net_benefit", unit): net,
        ("probability_net_benefit_positive", "probability"): (net > 0).astype(float),
    }
    stacked = np.stack([values.reshape(total.n_chains, -1) for values in quantities.values()])
    found = summarise(xr.DataArray(stacked, dims=("quantity", "chain", "draw")))
    for (quantity, measured), numbers in zip(quantities, found[SUMMARY].to_dict("records"), strict=True):
        yield {**labels, "quantity": quantity, "unit": measured, **numbers}
    if view["spend"].any():
        gain = view["benefit"] + view["offset"]
        pair = (labelled(values, n_chains=total.n_chains) for values in (gain, view["spend"]))
        for (quantity, measured), table in ratios(*pair).items():
            yield {
                **labels,
                "quantity": quantity,
                "unit": measured,
                **table[SUMMARY].to_dict("records")[0],
            }


def ratios(gain: xr.DataArray, spend: xr.DataArray) -> dict[tuple[str, str], pd.DataFrame]:
    """Benefit-cost ratio and return on investment, which is it less one (MODEL.md eq. 38c, 39).

    Args:
        gain: Benefit and what programmes save on what they replace, dims (..., chain, draw) [currency].
        spend: Gross spend, dims as `gain` [currency].

    Returns:
        Summaries by quantity and unit, as of `summary.summarise_ratio`.
    """
    ratio = summarise_ratio(gain, spend)
    of_gain = [name for name in SUMMARY if name != "mcse"]
    return {
        ("benefit_cost_ratio", "ratio"): ratio,
        ("return_on_investment", "ratio"): ratio.assign(**{name: ratio[name] - 1 for name in of_gain}),
    }


def delay_row(
    labels: Mapping[str, str], total: Appraisal, scenario: Scenario, evidence: Evidence
) -> dict[str, Any]:
    """What starting one year later loses, in one view (MODEL.md eq. 33)."""
    lost = appraisal.delay_cost(
        total,
        option=labels["option"],
        preset=labels["discount"],
        comparator=scenario.comparator,
        scope=labels["scope"],
        public=appraisal.payer_rows(evidence)[2] if labels["perspective"] == FISCAL else None,
    )
    unit = f"{scenario.currency}{scenario.price_year}"
    return summary_row(lost, total, **labels, quantity="cost_of_delay", unit=unit)


def readings_table(
    headline: pd.DataFrame, total: Appraisal, scenario: Scenario, evidence: Evidence
) -> pd.DataFrame:
    """What depends on the effects under each reading of them, on the same draws (MODEL.md eq. 19b).

    Args:
        headline: The headline table, which is the evidence-based reading.
        total: Draws of every reading.
        scenario: Options, presets and comparator.
        evidence: Who bears which cost.

    Returns:
        One row an option, reading, preset, view and quantity.
    """
    others = [
        {"reading": reading, **row}
        for reading in READINGS
        if reading != EVIDENCE
        for view in views(total, scenario, evidence, reading=reading)
        for row in view_rows(view, total, scenario)
    ]
    labels = ["option", "reading", "discount", "perspective", "scope", "quantity", "unit"]
    both = pd.concat([headline.assign(reading=EVIDENCE), pd.DataFrame(others)])
    told = both[both["quantity"].isin(OF_EFFECTS) & (both["option"] != scenario.comparator)]
    return told[[*labels, *SUMMARY]].reset_index(drop=True)
