"""What `costmodel portfolio` prints: the best allocation, what money and caution change, what options lose to it."""

from __future__ import annotations

import pandas as pd

from costmodel.decision_text import SCOPE_WORDS
from costmodel.printing import render_table
from costmodel.scenario import Scenario
from costmodel.spending import CAUTIONS, LEVELS, MULTIPLES, Spread
from costmodel.spending_question import fixed_costs_of
from costmodel.summary import estimates, percent, printed, spoken, stated, summarise

#: What a sentence on the rest of the budget can speak for.
LOOKED_AT = "that was looked at, at constant coverage up to its ceiling"
#: How the search reads an overlap other than partial, which it takes as it is drawn.
OVERLAPS = {
    "random": "the search adds up what programmes for the same children avert; what they avert together is simulated "
    "with the scenario's overlap, random",
    "additive": "the search, as the simulation, adds up what programmes for the same children avert",
    "nested": "the search counts the strongest of the programmes for the same children alone; what they avert together "
    "is simulated with the scenario's overlap, nested",
}


def spread_text(found: Spread, scenario: Scenario, *, scope: str, favourite: str | None) -> str:
    """Draw the best allocation, what more money and more caution change, and what the options lose to it.

    Args:
        found: As `spending.spread_budget` returns it.
        scenario: The question.
        scope: trafficking, or all_violence.
        favourite: The option that is held against the best; all of them if None.

    Returns:
        Tables as text.
    """
    unit = f"{scenario.currency}{scenario.price_year}"
    terms = (
        f"{', '.join(scenario.countries)}, {scenario.start}-{scenario.end}; {SCOPE_WORDS[scope]}, societal, "
        f"{scenario.currency} of {scenario.price_year}, discounted by {scenario.discount[0]!r}."
    )
    bought = [
        [
            str(row["programme"]).replace("_", " "),
            percent(row["coverage"]) if row["coverage"] else "none",
            spoken(row["spend"], unit, digits=2) if row["coverage"] else "",
            spoken(row["benefit"], unit, digits=2) if row["coverage"] else "",
            percent(row["in_best"], row["in_best_error"]),
        ]
        for row in found.programmes.to_dict("records")
    ]
    tables = [
        render_table(
            [
                "Programme",
                "Coverage",
                "Spend",
                "Averted and saved by itself",
                "Bought if a draw were the truth",
            ],
            bought,
            title=f"Best allocation of {spoken(found.budget, unit)} (present value)",
            caption=f"{terms}\n{_looked_at()}",
        )
    ]
    if len(found.frontier):
        tables.append(_frontier_text(found.frontier, unit))
    if favourite not in found.beyond:
        tables.append(_favourites_text(found.favourites, scenario, favourite=favourite))
    return "\n\n".join(tables)


def _looked_at() -> str:
    """Which allocations were compared, and on which draws."""
    shares = ", ".join(percent(share) for share in LEVELS)
    return (
        f"Looked at: each programme at constant coverage over the horizon, {shares} of the most that {MULTIPLES[-1]:g} "
        "times the budget buys of it or its ceiling,\nand once more around the best of these; straight lines between. "
        "Chosen on half of the draws, whose means these are."
    )


def _frontier_text(frontier: pd.DataFrame, unit: str) -> str:
    """Best allocations by budget and caution."""
    rows = [
        [
            spoken(row["budget"], unit),
            f"{row['caution']:g}",
            spoken(row["net_benefit"], unit, digits=2),
            spoken(row["tail_mean"], unit, digits=2),
            spoken(row["cost"], unit, digits=2),
            printed(1 + row["next_unit"], 0.0, digits=2) if row["next_unit"] > 0 else "left unspent",
        ]
        for row in frontier.to_dict("records")
    ]
    heads = ["Budget", "Caution", "Expected net benefit", "In the worst tenth of the draws", "Spent"]
    return render_table(
        [*heads, "Benefit of the next unit"],
        rows,
        title="More money, or more caution",
        caption=f"Caution {CAUTIONS[0]:g} looks at the mean alone, {CAUTIONS[-1]:g} at the worst tenth alone; "
        "overlap of programmes is not counted here.\nChosen and judged on the same half of the draws.",
    )


def _favourites_text(favourites: pd.DataFrame, scenario: Scenario, *, favourite: str | None) -> str:
    """What options lose against the best allocation."""
    unit = f"{scenario.currency}{scenario.price_year}"
    kept = favourites if favourite is None else favourites[favourites["option"] == favourite]
    rows = [
        [
            scenario.options[row["option"]].title or row["option"],
            percent(row["scale"]) if row["scale"] < 1 else "whole",
            spoken(row["spend"], unit, digits=2),
            spoken(row["net_benefit"], unit, mcse=row["mcse"]),
            spoken(row["loss"], unit, mcse=row["loss_error"]),
            percent(row["share_better"]),
        ]
        for row in kept.to_dict("records")
    ]
    return render_table(
        ["Option", "Scale", "Spend", "Net benefit", "Expected loss", "Better all the same"],
        rows,
        title="The options of the scenario, cut down to the budget, against the best allocation",
        caption="Expected loss: net benefit of the best allocation less that of the option, draw by draw; below zero, "
        "the option does better.\nAll of it on the half of the draws that did not choose the allocation.",
    )


def spread_notes(found: Spread, scenario: Scenario, *, favourite: str | None) -> dict[str, str]:
    """Say in sentences what the allocation is worth.

    Args:
        found: As `spending.spread_budget` returns it.
        scenario: The question.
        favourite: The option that is held against the best, if any.

    Returns:
        Sentences by key.
    """
    unit = f"{scenario.currency}{scenario.price_year}"
    spent = float(found.best.spend.mean())
    names = [str(name).replace("_", " ") for name in found.programmes.query("coverage > 0")["programme"]]
    if not names:
        said = {
            "best": f"no programme {LOOKED_AT}, is expected to bring more than it costs: the best is to buy none"
        }
    else:
        (net,) = estimates(summarise(found.best.net))
        said = {
            "best": f"{', '.join(names)}: net benefit {stated(net, unit)}, spending {spoken(spent, unit, digits=2)}"
        }
    at_budget = found.frontier[found.frontier["budget"] == found.budget] if names else found.frontier
    if names and float(at_budget["next_unit"].iloc[0]) <= 0:
        left = spoken(found.budget - spent, unit, digits=2)
        said["unspent"] = f"{left}: nothing else {LOOKED_AT}, is expected to bring more than it costs"
    if found.beyond:
        said["beyond_budget"] = (
            f"{', '.join(found.beyond)}: fixed costs alone are above the budget at any scale; not compared"
        )
    if favourite is not None and favourite not in found.beyond:
        row = found.favourites.set_index("option").loc[favourite]
        amount = spoken(abs(row["loss"]), unit, mcse=row["loss_error"])
        does = f"lose {amount} against it" if row["loss"] >= 0 else f"do better by {amount}"
        said["favourite"] = f"“{scenario.options[favourite].title or favourite}” is expected to {does}"
    if fixed := fixed_costs_of(scenario):
        said["fixed_costs"] = (
            f"{', '.join(fixed)}: what is bought of them pays the largest fixed cost that an option states"
        )
    if scenario.overlap in OVERLAPS:
        said["overlap"] = OVERLAPS[scenario.overlap]
    if found.left_out:
        said["never_bought"] = f"{', '.join(found.left_out)}: no expected benefit of their own"
    if scenario.fictional:
        said["fictional"] = "invented levers, not a finding"
    return said
