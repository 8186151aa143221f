"""The verbs of decision: what a number rests on, what it would be worth to know, where the next money does most."""

# ruff: noqa: PLC0415

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from costmodel.options import FormOption, Quiet, say
from costmodel.printing import Form, print_rows

RunFolder = Annotated[Path, typer.Argument(help="Run folder, as costmodel run wrote it.")]
OptionKey = Annotated[str | None, typer.Option("--option", help="Key of an option of the scenario.")]
Discount = Annotated[
    str | None, typer.Option("--discount", help="Discount preset of the run; its first if left out.")
]


class Scope(StrEnum):
    """What counts."""

    trafficking = "trafficking"
    all_violence = "all_violence"


ScopeOption = Annotated[
    Scope, typer.Option("--scope", help="all_violence counts other violence averted as well.")
]


def explain(
    folder: RunFolder,
    quantity: Annotated[
        str, typer.Argument(help="burden; or cost_of_inaction or net_benefit with --option.")
    ] = "burden",
    option: OptionKey = None,
    discount: Discount = None,
    scope: ScopeOption = Scope.trafficking,
    figure: Annotated[Path | None, typer.Option("--figure", help="SVG file to write as well.")] = None,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Show what a number of a run rests on.

    From the number to its components, to the parameters that make it uncertain, to their sources with page, and what
    happens to it without each of them.
    """
    from costmodel import choices, decision_text
    from costmodel.briefing.captions import ETHICS_LINE
    from costmodel.briefing.writer import write_svg
    from costmodel.decision.explain import explain as explained

    choice = choices.read_choice(folder, discount=discount, scope=scope)
    key = choices.option_of(choice, quantity, option)
    parts = choices.quantity_parts(choice, quantity, option=key)
    dictionary = choices.resting_on(choice, quantity, [key])
    drawn = choices.varying(parts.sum("component"), quantity, option=key)
    found = explained(
        drawn,
        parts,
        choice.parameters,
        dictionary=dictionary,
        sources=choice.sources,
        log_likelihood=choice.log_likelihood,
    )
    text = decision_text.explained_tree(found, drawn, choice, what=quantity, option=key)
    notes = {**decision_text.said_beside(choice, weighed=found.weighed), "use": ETHICS_LINE}
    print_rows(decision_text.explained_rows(found), form=form, text=text, notes=notes)
    if figure is not None:
        write_svg(decision_text.explained_plate(found, choice, what=quantity, option=key), figure)
        say(f"{figure} written", quiet=quiet)


def portfolio(
    file: Annotated[Path, typer.Argument(help="Scenario file.")],
    budget: Annotated[
        float,
        typer.Option("--budget", help="Present value of what may be spent, in the money of the scenario."),
    ],
    favourite: Annotated[
        str | None, typer.Option("--favourite", help="Option to hold against the best; all if left out.")
    ] = None,
    every: Annotated[
        bool,
        typer.Option(
            "--all", help="All programmes priced for the countries, not those of the options alone."
        ),
    ] = False,
    scope: ScopeOption = Scope.trafficking,
    draws: Annotated[int, typer.Option("--draws", min=40, help="Draws to use, thinned evenly.")] = 1000,
    sets: Annotated[
        list[str] | None, typer.Option("--set", help="Change one key, as for costmodel run; many times.")
    ] = None,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Spread a budget over programmes where it does most.

    Each programme is simulated at a few levels of coverage. Printed are the best allocation, how often each programme
    is in it, what more money or more caution changes, and what the options of the scenario lose to it.
    """
    from costmodel import choices, decision_tables, spending
    from costmodel.briefing.captions import ETHICS_LINE
    from costmodel.scenario import check_scenario, read_scenario, scenario_evidence

    scenario = read_scenario(file, sets=sets or ())
    evidence = scenario_evidence(scenario)
    check_scenario(scenario, evidence)
    spending.check_budget(budget)
    others = [key for key in scenario.options if key != scenario.comparator]
    if favourite is not None:
        choices.check_known("--favourite", favourite, others)
    question = spending.question_of(scenario, evidence, scope=scope, draws=draws, quiet=quiet)
    evidence = question.evidence
    names = spending.priced_programmes(scenario, evidence) if every else spending.programmes_of(scenario)
    found = spending.spread_budget(question, names, budget=budget)
    text = decision_tables.spread_text(found, scenario, scope=scope, favourite=favourite)
    notes = {**decision_tables.spread_notes(found, scenario, favourite=favourite), "use": ETHICS_LINE}
    beside = {"options": found.favourites, "frontier": found.frontier}
    print_rows(
        found.programmes.to_dict("records"),
        form=form,
        text=text,
        notes=notes,
        beside={name: table.to_dict("records") for name, table in beside.items()},
    )
