"""What waiting costs and when an option has repaid its cost; and what public money buys: tables of a run."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel import appraisal, economics
from costmodel.appraisal import ALL_VIOLENCE, FISCAL, TRAFFICKING, Appraisal, labelled
from costmodel.courses import DELAYS
from costmodel.evidence import Evidence
from costmodel.scenario import Scenario, years
from costmodel.summary import summarise, summarise_ratio
from costmodel.views import SUMMARY, VIEWS, Cell, summary_row, summary_rows, summary_table

Array = NDArray[np.float64]
DAYS_PER_YEAR = 365.25
#: Years of the table of paying back: from which the cumulated net benefit stays above zero, and that of the year.
REPAID = ("payback_year", "break_even_year")


def _alternatives(scenario: Scenario) -> list[str]:
    """Every option but the comparator."""
    return [key for key in scenario.options if key != scenario.comparator]


def delay_table(total: Appraisal, scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """Net benefit lost by starting one, two or five years later, and by each day of the first year (eq. 33).

    Args:
        total: Draws of every option and of its later starts.
        scenario: Options, presets and comparator.
        evidence: Who bears which cost.

    Returns:
        One row an option, preset, view, delay and quantity.
    """
    unit, public = f"{scenario.currency}{scenario.price_year}", appraisal.payer_rows(evidence)[2]
    cells: list[Cell] = []
    for option, preset in product(_alternatives(scenario), scenario.discount):
        for perspective, scope in VIEWS:
            weights = public if perspective == FISCAL else None
            key = {"option": option, "preset": preset, "comparator": scenario.comparator, "scope": scope}
            labels = {"option": option, "discount": preset, "perspective": perspective, "scope": scope}
            lost = {n: appraisal.delay_cost(total, **key, public=weights, years=n) for n in DELAYS}
            for n, values in lost.items():
                cells.append(({**labels, "years": n, "quantity": "cost_of_delay", "unit": unit}, values))
            day = {**labels, "years": 1, "quantity": "price_of_waiting", "unit": f"{unit}/day"}
            cells.append((day, lost[1] / DAYS_PER_YEAR))
    first = ["option", "discount", "perspective", "scope", "years", "quantity", "unit"]
    return summary_table(summary_rows(cells, total), first)


def payback_table(total: Appraisal, scenario: Scenario) -> pd.DataFrame:
    """Net benefit cumulated to each year, headline preset, societal; and the years that repay (eq. 38b, 38d).

    Args:
        total: Draws by year.
        scenario: Options, horizon and comparator.

    Returns:
        One row an option, scope and year; `payback_year` is empty where the option has not repaid by the end,
        `break_even_year` where its last year still costs more than it brings.
    """
    horizon, parts = years(scenario), []
    for option, scope in product(_alternatives(scenario), (TRAFFICKING, ALL_VIOLENCE)):
        net = total.net_by_year[option, scope] - total.net_by_year[scenario.comparator, scope]
        repaid = [economics.payback_year(net), economics.break_even_year(net)]
        stacked = np.cumsum(net, axis=1).T.reshape(horizon.size, total.n_chains, -1)
        found = summarise(xr.DataArray(stacked, dims=("year", "chain", "draw"), coords={"year": horizon}))
        labels = {"option": option, "discount": scenario.discount[0], "scope": scope}
        named = {
            name: None if place is None else int(horizon[place])
            for name, place in zip(REPAID, repaid, strict=True)
        }
        parts.append(found.assign(**labels, **named))
    columns = ["option", "discount", "scope", "year", "unit", *SUMMARY, *REPAID]
    table = pd.concat(parts, ignore_index=True).assign(unit=f"{scenario.currency}{scenario.price_year}")
    return table[columns].astype(dict.fromkeys(REPAID, "Int64"))


def _public_money(
    total: Appraisal, scenario: Scenario, public: Array, *, option: str, preset: str
) -> tuple[Array, Array]:
    """What people gain by an option, and what it costs public budgets net of savings and tax, dims (draw,).

    Savings are those of victims averted, and those of what programmes replace: the part of these on no public budget
    is a gain.
    """
    key = {"option": option, "preset": preset, "comparator": scenario.comparator}
    transfers = sum(
        (
            sign * (total.spend_by_programme[key, name, preset])
            for sign, key in ((1, option), (-1, scenario.comparator))
            for name in scenario.options[key].programmes
        ),
        -appraisal.extra_spend(total, **key, fiscal=False),
    )
    averted = total.burden[scenario.comparator, preset] - total.burden[option, preset]
    outlay = appraisal.net_spend(total, **key, fiscal=True)
    private = appraisal.extra_offset(total, **key, fiscal=False) - appraisal.extra_offset(
        total, **key, fiscal=True
    )
    return averted @ (1 - public) + transfers + private, outlay - averted @ public


def _public_rows(
    total: Appraisal, scenario: Scenario, public: Array, **labels: str
) -> Iterator[dict[str, Any]]:
    """Gain, net public cost and their ratio; no interval of a ratio whose denominator may be zero."""
    unit = f"{scenario.currency}{scenario.price_year}"
    gain, cost = _public_money(total, scenario, public, option=labels["option"], preset=labels["discount"])
    yield summary_row(gain, total, **labels, quantity="willingness_to_pay", unit=unit)
    yield summary_row(cost, total, **labels, quantity="net_public_cost", unit=unit)
    value = economics.marginal_value_of_public_funds(gain, net_cost=cost)
    ratio = {"mean": value, **dict.fromkeys(("low", "mid", "high", "mcse"), float("nan"))}
    if np.isfinite(value):
        pair = (labelled(values, n_chains=total.n_chains) for values in (gain, cost))
        found = summarise_ratio(*pair)[SUMMARY].to_dict("records")[0]
        ratio = found if (cost > 0).all() else {**ratio, "mcse": found["mcse"]}
    if not np.isnan(value):
        yield {**labels, "quantity": "mvpf", "unit": "ratio", **ratio}


def public_funds_table(total: Appraisal, scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """The marginal value of public funds of every option and preset, trafficking only (MODEL.md eq. 39b).

    Args:
        total: Draws.
        scenario: Options, presets and comparator.
        evidence: Who bears which cost: public payers save and gain tax, households the rest.

    Returns:
        One row an option, preset and quantity; the ratio is infinite where an option pays for itself.
    """
    public = appraisal.payer_rows(evidence)[2]
    rows = [
        row
        for option, preset in product(_alternatives(scenario), scenario.discount)
        for row in _public_rows(total, scenario, public, option=option, discount=preset)
    ]
    return summary_table(rows, ["option", "discount", "quantity", "unit"])
