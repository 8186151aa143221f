"""The table that `costmodel run` prints: an option a row, other violence averted apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from costmodel.briefing.method import combination_words, unspent
from costmodel.printing import Row, render_table
from costmodel.scenario import Scenario
from costmodel.summary import Estimate, central, estimates, interval, percent, spoken
from costmodel.verdict import READING_WORDS, decision, judged, losing, precision

COLUMNS = {
    "victims_averted": "New victims averted",
    "cost_of_inaction": "Cost of inaction",
    "spend": "Spend",
    "offset": "Saved on what it replaces",
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
OF_READINGS = (
    *("victims_averted", "cost_of_inaction", "net_benefit"),
    *("benefit_cost_ratio", "probability_net_benefit_positive"),
)
"""Quantities that are printed of each reading, trafficking only."""
WIDER = "Net benefit with other violence averted"
COMPARED = {
    ("trafficking", "burden"): "Burden",
    ("trafficking", "cost_of_inaction"): "Cost of inaction",
    ("trafficking", "spend"): "Spend",
    ("trafficking", "offset"): "Saved on what programmes replace",
    ("trafficking", "net_benefit"): "Net benefit",
    ("all_violence", "net_benefit"): WIDER,
}
"""What is compared of two runs, by scope and quantity, with its head."""


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
    saves = any(quantity == "offset" for _, _, quantity in by_place)
    heads = {quantity: head for quantity, head in COLUMNS.items() if saves or quantity != "offset"}
    cells = []
    for key, option in scenario.options.items():
        for scope, label in SCOPES.items():
            found = [by_place.get((key, scope, quantity)) for quantity in heads]
            if any(found):
                cells.append([label or option.title or key, *(_cell(row) for row in found)])
    horizon = f"{scenario.start}-{scenario.end}"
    money = f"{scenario.currency} of {scenario.price_year}"
    fictional = "FICTIONAL: invented levers, not a finding. " if scenario.fictional else ""
    return render_table(
        ["Option", *heads.values()],
        cells,
        title=f"{fictional}{scenario.title}",
        caption=(
            f"Against {scenario.comparator!r}; {', '.join(scenario.countries)}, {horizon}; {money}, "
            f"discounted by {scenario.discount[0]!r}, societal.\n"
            "Mean (and median where it differs much), below it the 90% interval."
        ),
        lines=True,
    )


def show_readings(rows: Sequence[Row], *, scenario: Scenario) -> str:
    """Draw the three readings of the effects side by side.

    Args:
        rows: As `headline_rows` selects them of the table of readings.
        scenario: The question that was asked.

    Returns:
        The table as text, an option and reading a row, other violence averted in a column of its own.
    """
    by_place = {(row["option"], row["reading"], row["scope"], row["quantity"]): row for row in rows}
    places = [*(("trafficking", quantity) for quantity in OF_READINGS), ("all_violence", "net_benefit")]
    cells = []
    for key, option in scenario.options.items():
        for reading, words in READING_WORDS.items():
            found = [by_place.get((key, reading, *place)) for place in places]
            if any(found):
                cells.append([option.title or key, words, *(_cell(row) for row in found)])
    return render_table(
        ["Option", "Reading", *(COLUMNS[quantity] for quantity in OF_READINGS), WIDER],
        cells,
        title="Three readings of the effects on the same draws",
        caption=(
            "Sceptical: each programme does nothing with a probability of one half. Enthusiast: each prevents about "
            "a quarter\nof what it acts on. Beliefs that a reader may hold, not findings; MODEL.md, eq. 19b."
        ),
        lines=True,
    )


def show_comparison(table: pd.DataFrame, *, scenario: Scenario, folders: Sequence[str]) -> str:
    """Draw the differences of two runs, an option a row, in the first preset that both have.

    Args:
        table: As `comparison.compare` makes it.
        scenario: That of the first run.
        folders: The two run folders.

    Returns:
        The table as text.
    """
    preset = table["discount"].iloc[0]
    rows = table[table["discount"] == preset].to_dict("records")
    by_place = {(row["option"], row["scope"], row["quantity"]): row for row in rows}
    told = {(row["scope"], row["quantity"]) for row in rows}
    heads = {place: head for place, head in COMPARED.items() if place in told}
    cells = []
    for key in dict.fromkeys(row["option"] for row in rows):
        found = [by_place.get((key, *place)) for place in heads]
        cells.append([scenario.options[key].title or key, *(_difference(row) for row in found)])
    return render_table(
        ["Option", *heads.values()],
        cells,
        title=f"B less A, mean and 90% interval; below it A and B. A: {folders[0]}; B: {folders[1]}",
        caption=f"{scenario.currency} of {scenario.price_year}, discounted by {preset!r}, societal.",
        lines=True,
    )


def _difference(row: Row | None) -> str:
    """Write a difference over its interval, and the means that it lies between."""
    if row is None:
        return ""
    unit, estimate = str(row["unit"]), Estimate(*(float(row[name]) for name in Estimate._fields))
    both = f"{spoken(row['a_mean'], unit, mcse=row['a_mcse'])}; {spoken(row['b_mean'], unit, mcse=row['b_mcse'])}"
    if not row["paired"]:
        return f"{spoken(estimate.mean, unit, mcse=estimate.mcse)}\n{both}"
    return f"{central(estimate, unit)}\n{interval(estimate, unit)}\n{both}"


def said_of(tables: Mapping[str, pd.DataFrame], *, scenario: Scenario) -> dict[str, str]:
    """Say whether the decision depends on reading or value judgements, which options often lose, and what else counts.

    Args:
        tables: Tables of a run: headline, readings and value_judgements.
        scenario: The question that was asked.

    Returns:
        Sentences by `decision`; by `judgements` if it depends on value judgements; by `losses` if an option loses in
        a third of the draws; by `combination` if programmes are combined otherwise than usual; by `unspent` if not
        all money is spent.
    """
    titles = {key: one.title or key for key, one in scenario.options.items() if key != scenario.comparator}
    preset = scenario.discount[0]
    said = {"decision": decision(tables["readings"], titles=titles, discount=preset)}
    every = {key: one.title or key for key, one in scenario.options.items()}
    further = {
        "judgements": judged(tables["value_judgements"], titles=titles),
        "losses": losing(tables["headline"], titles=titles, discount=preset),
        "combination": " ".join(combination_words(scenario.overlap, scenario.reduction_cap)),
        "unspent": unspent(tables, titles=every, currency=scenario.currency),
    }
    return {**said, **{name: sentence for name, sentence in further.items() if sentence}}


def said_of_precision(
    tables: Mapping[str, pd.DataFrame], made: Mapping[str, Any], *, scenario: Scenario
) -> dict[str, str]:
    """Say how well the mean burden is known in Monte Carlo terms.

    Args:
        tables: Tables of a run: headline and diagnostics.
        made: Record of the run: draws and chains.
        scenario: The question that was asked.

    Returns:
        A sentence by `precision`; none where nothing can be said.
    """
    table = tables["headline"]
    own = table[(table["option"] == scenario.comparator) & (table["discount"] == scenario.discount[0])]
    found = own[(own["quantity"] == "burden") & (own["perspective"] == PERSPECTIVE)]
    said = precision(
        estimates(found)[0],
        n_draws=made["draws"],
        n_chains=made["chains"],
        fitted=int(tables["diagnostics"]["draws"].min()),
    )
    return {"precision": said} if said else {}


def said_of_comparison(unpaired: str, changed: pd.DataFrame) -> dict[str, str]:
    """Say whether two runs are subtracted draw by draw.

    Args:
        unpaired: Why not; empty if they are.
        changed: Columns key, a, b.

    Returns:
        Sentences by `paired` or `not_paired`, and `start` where present values are of other years.
    """
    said = {"paired": "draw by draw: the runs share fit, draws and seed, and differ by what is listed alone"}
    if unpaired:
        said = {
            "not_paired": f"{unpaired}; differences of means without an interval, known no better than that"
        }
    if "start" in set(changed["key"]):
        said["start"] = "present values are of the first year of each run, which differs"
    return said


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
