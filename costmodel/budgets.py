"""Budgets by year: what ministries save and pay, and what each component costs each payer (MODEL.md eq. 41c-41e)."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costmodel import appraisal, economics
from costmodel.appraisal import Appraisal
from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.ministries import GOVERNMENT, extra_offset, extra_outlay, ministry_names, public_parts
from costmodel.scenario import Scenario, years
from costmodel.views import SUMMARY, Cell, summary_rows, summary_table

Array = NDArray[np.float64]


def inflation_of(scenario: Scenario, evidence: Evidence) -> float:
    """Yearly rate at which the currency of the results loses value: the scenario's, or that of defaults.csv [1/year].

    Args:
        scenario: Its `inflation`, where it states one.
        evidence: Its table `defaults`.

    Returns:
        The rate.
    """
    if scenario.inflation is not None:
        return scenario.inflation
    return float(evidence.defaults.at["inflation", "value"])


def price_level(horizon: NDArray[np.int64], *, inflation: float, price_year: int) -> Array:
    """Money of each year for one unit of the price year, dims (year,) (MODEL.md eq. 41e).

    Args:
        horizon: Calendar years.
        inflation: Yearly rate [1/year].
        price_year: Year of the prices of the results.

    Returns:
        Factor from real to nominal [1].

    Example:
        >>> price_level(np.array([2024, 2026]), inflation=0.5, price_year=2024).tolist()
        [1.0, 2.25]
    """
    level: Array = (1 + inflation) ** (horizon - price_year).astype(float)
    return level


def _yearly_views(
    total: Appraisal, scenario: Scenario, evidence: Evidence, *, option: str
) -> Iterator[tuple[str, Array, Array]]:
    """Each ministry and all government, what it saves and what it pays, dims (draw, year) [currency/year]."""
    comparator, public = scenario.comparator, appraisal.payer_rows(evidence)[2]
    averted = economics.cost_of_inaction(total.annual_cost[comparator], total.annual_cost[option])
    parts = public_parts(evidence)
    relieved = np.zeros_like(total.outlay_by_year[option])
    for name in ministry_names(total, evidence):
        key = {"option": option, "comparator": comparator, "ministry": name}
        offset = extra_offset(total, **key)
        relieved = relieved + offset
        yield name, averted @ parts.get(name, np.zeros(len(COMPONENTS))) + offset, extra_outlay(total, **key)
    paid = total.outlay_by_year[option] - total.outlay_by_year[comparator]
    yield GOVERNMENT, averted @ public + relieved, paid


def budget_table(total: Appraisal, scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """What each ministry saves and pays in each year by each option, against the comparator (MODEL.md eq. 41c, 41e).

    Args:
        total: Draws by year.
        scenario: Options, horizon, comparator and inflation.
        evidence: Who bears which cost, and who pays for which programme.

    Returns:
        One row an option, year, body and flow: saved, outlay and net, not discounted, in prices of the price year;
        beside them the mean in money of the year, over GDP, and over the expense of central governments, which is
        missing where that of a country is not known.
    """
    horizon, rows = years(scenario), []
    for option in scenario.options:
        if option == scenario.comparator:
            continue
        cells: list[Cell] = []
        for name, saved, paid in _yearly_views(total, scenario, evidence, option=option):
            for i, year in enumerate(horizon):
                gain, cost = saved[:, i], paid[:, i]
                net = gain - cost if cost.any() else gain
                for flow, values in {"saved": gain, "outlay": cost, "net": net}.items():
                    cells.append(
                        ({"option": option, "year": int(year), "ministry": name, "flow": flow}, values)
                    )
        rows += summary_rows(cells, total)
    table = summary_table(rows, ["option", "year", "ministry", "flow"])
    return _beside(table, total, scenario, evidence)


def _beside(table: pd.DataFrame, total: Appraisal, scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """Put nominal amounts and shares of GDP and of central expense beside the means of a table by year."""
    horizon, inflation = years(scenario), inflation_of(scenario, evidence)
    level = price_level(horizon, inflation=inflation, price_year=scenario.price_year)
    place = table["year"].to_numpy(dtype=int) - scenario.start
    unit = f"{scenario.currency}{scenario.price_year}/year"
    columns = ["option", "year", "ministry", "flow", "unit", *SUMMARY]
    return table.assign(unit=unit)[columns].assign(
        inflation=inflation,
        nominal_mean=table["mean"] * level[place],
        share_of_gdp=table["mean"] / np.broadcast_to(total.gdp, horizon.shape)[place],
        share_of_central_expense=table["mean"] / np.broadcast_to(total.central_expense, horizon.shape)[place],
    )


def cost_table(total: Appraisal, scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """What each component costs each payer in each year, past and current victims alike (MODEL.md eq. 41d).

    A payer bears a fixed share of a component, so that its quantiles are that share of those of the component.

    Args:
        total: Draws by year.
        scenario: Options and horizon.
        evidence: Who bears which cost.

    Returns:
        One row an option, year, component and payer, not discounted; programmes of the options are no part of it.
    """
    shares = [
        (row.component, row.payer, float(row.share)) for row in evidence.payers.itertuples() if row.share
    ]
    rows = []
    for option in scenario.options:
        cells: list[Cell] = [
            ({"option": option, "year": int(year), "component": name}, total.annual_cost[option][:, i, k])
            for i, year in enumerate(years(scenario))
            for k, name in enumerate(COMPONENTS)
        ]
        for whole in summary_rows(cells, total):
            for component, payer, share in shares:
                if component == whole["component"]:
                    rows.append({**whole, "payer": payer, **{name: whole[name] * share for name in SUMMARY}})
    table = summary_table(rows, ["option", "year", "component", "payer"])
    unit = f"{scenario.currency}{scenario.price_year}/year"
    return table.assign(unit=unit)[["option", "year", "component", "payer", "unit", *SUMMARY]]
