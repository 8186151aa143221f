"""The table that `costmodel run` prints: an option a row, other violence averted apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from costmodel.printing import Row, render_table
from costmodel.scenario import Scenario
from costmodel.summary import Estimate, central, interval, percent

COLUMNS = {
    "victims_averted": "New victims averted",
    "cost_of_inaction": "Cost of inaction",
    "spend": "Spend",
    "net_benefit": "Net benefit",
    "benefit_cost_ratio": "Benefit-cost ratio",
    "probability_net_benefit_positive": "P(net benefit > 0)",
    "cost_of_delay": "Cost of one year's delay",
}
"""Quantities of the headline table that are printed, with their heads; the rest is in the run folder."""

UNCONVERGED = "the fit has not converged: these numbers are not results"
"""What is said beside every number of a run that went on with --allow-unconverged."""

PERSPECTIVE = "societal"
SCOPES = {"trafficking": "", "all_violence": "  with other violence averted"}


def headline_rows(rows: Sequence[Row], *, scenario: Scenario) -> list[Row]:
    """Select the rows of the headline table that are printed.

    Args:
        rows: All rows of the headline table.
        scenario: Its first discount preset is the one printed.

    Returns:
        Rows of the first discount preset, societal, both scopes, of the printed quantities and of every
        option but the comparator.
    """
    return [
        row
        for row in rows
        if row["discount"] == scenario.discount[0]
        and row["perspective"] == PERSPECTIVE
        and row["quantity"] in COLUMNS
        and row["option"] != scenario.comparator
    ]


def show_headline(rows: Sequence[Row], *, scenario: Scenario) -> str:
    """Draw the headline table.

    Args:
        rows: As `headline_rows` selects them.
        scenario: The question that was asked.

    Returns:
        The table as text: mean (and median where it differs much) over its 90% interval.
    """
    by_place = {(row["option"], row["scope"], row["quantity"]): row for row in rows}
    cells = []
    for key, option in scenario.options.items():
        for scope, label in SCOPES.items():
            found = [by_place.get((key, scope, quantity)) for quantity in COLUMNS]
            if any(found):
                cells.append([label or option.title or key, *(_cell(row) for row in found)])
    horizon = f"{scenario.start}-{scenario.end}"
    money = f"{scenario.currency} of {scenario.price_year}"
    fictional = "FICTIONAL: invented levers, not a finding. " if scenario.fictional else ""
    return render_table(
        ["Option", *COLUMNS.values()],
        cells,
        title=f"{fictional}{scenario.title}",
        caption=(
            f"Against {scenario.comparator!r}; {', '.join(scenario.countries)}, {horizon}; {money}, "
            f"discounted by {scenario.discount[0]!r}, societal.\n"
            "Mean (and median where it differs much), below it the 90% interval."
        ),
        lines=True,
    )


def _cell(row: Row | None) -> str:
    """Write one estimate over its 90% interval; a probability stands alone."""
    if row is None:
        return ""
    estimate = Estimate(*(float(row[name]) for name in Estimate._fields))
    if row["quantity"].startswith("probability"):
        return percent(estimate.mean, estimate.mcse)
    unit = _unit_said(row)
    return f"{central(estimate, unit)}\n{interval(estimate, unit)}"


def _unit_said(row: Row) -> str:
    """Leave out the units that the head of the column says."""
    unit: Any = row["unit"]
    return "" if row["quantity"] in {"victims_averted", "benefit_cost_ratio"} else str(unit)
