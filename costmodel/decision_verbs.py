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


def voi(
    folder: RunFolder,
    studies: Annotated[
        list[str] | None,
        typer.Option(
            "--study",
            help="A study with its price, NAME=SIZE:PRICE:YEAR, as survey=20000:2e6:2028, lists=500:150000:2027, "
            "costs=300:2e5:2027 or trial.parenting=40:5e6:2031; many times.",
        ),
    ] = None,
    discount: Discount = None,
    scope: ScopeOption = Scope.trafficking,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Show what it is worth to know more before choosing.

    The value of resolving all uncertainty, each group of parameters, and each kind of evidence; of studies that are
    named with a price also what is left of their value after it.
    """
    from costmodel import choices, decision_text, driver_text, drivers, planned_studies
    from costmodel.briefing.captions import ETHICS_LINE
    from costmodel.scenario import scenario_evidence

    choice = choices.read_choice(folder, discount=discount, scope=scope)
    evidence = scenario_evidence(choice.run.scenario)
    plans = [planned_studies.read_plan(text, choice, evidence) for text in studies or ()]
    say("Regressing net benefit on each group of parameters", quiet=quiet)
    found = drivers.knowing(choice)
    planned = planned_studies.value_of_studies(choice, plans, evidence) if plans else None
    text = driver_text.knowing_text(found, planned, choice)
    rows, beside = driver_text.knowing_rows(found, planned)
    notes = {
        **driver_text.knowing_notes(found, planned, choice),
        **decision_text.said_beside(choice, weighed=True),
        "use": ETHICS_LINE,
    }
    print_rows(rows, form=form, text=text, notes=notes, beside=beside)


def sensitivity(
    folder: RunFolder,
    option: OptionKey = None,
    discount: Discount = None,
    scope: ScopeOption = Scope.trafficking,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Show what drives the choice between the options.

    Shares of the variance by group of parameters; the parameters that swing it most; how far what is believed would
    have to move before another option is best; and which priors and sources weigh.
    """
    from costmodel import choices, decision_text, driver_text, drivers
    from costmodel.briefing.captions import ETHICS_LINE

    choice = choices.read_choice(folder, discount=discount, scope=scope)
    options = choices.options_of(choice, option)
    say("Regressing the net benefit of each option on groups of parameters", quiet=quiet)
    found = drivers.drivers(choice, options)
    notes = {
        **driver_text.driver_notes(found, choice),
        **decision_text.said_beside(choice, weighed=found.scaling is not None),
        "use": ETHICS_LINE,
    }
    beside = {"swings": found.swings, "shifts": found.shifts}
    if found.scaling is not None:
        beside |= {"scaled": found.scaling.changes, "scaled_decisions": found.scaling.decisions}
    print_rows(
        found.shares.to_dict("records"),
        form=form,
        text=driver_text.driver_text(found, choice),
        notes=notes,
        beside={name: table.to_dict("records") for name, table in beside.items()},
    )


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
    draws: Annotated[
        int,
        typer.Option(
            "--draws", min=100, help="Draws to use, thinned evenly: half of them choose, the others judge."
        ),
    ] = 4000,
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
    from costmodel import choices, spending, spending_question, spending_text
    from costmodel.briefing.captions import ETHICS_LINE
    from costmodel.scenario import check_scenario, read_scenario, scenario_evidence

    scenario = read_scenario(file, sets=sets or ())
    evidence = scenario_evidence(scenario)
    check_scenario(scenario, evidence)
    spending_question.check_budget(budget)
    others = [key for key in scenario.options if key != scenario.comparator]
    if favourite is not None:
        choices.check_known("--favourite", favourite, others)
    question = spending_question.question_of(scenario, evidence, scope=scope, draws=draws, quiet=quiet)
    evidence = question.evidence
    names = (
        spending_question.priced_programmes(scenario, evidence)
        if every
        else spending_question.programmes_of(scenario)
    )
    found = spending.spread_budget(question, names, budget=budget)
    text = spending_text.spread_text(found, scenario, scope=scope, favourite=favourite)
    notes = {**spending_text.spread_notes(found, scenario, favourite=favourite), "use": ETHICS_LINE}
    beside = {"options": found.favourites, "frontier": found.frontier}
    print_rows(
        found.programmes.to_dict("records"),
        form=form,
        text=text,
        notes=notes,
        beside={name: table.to_dict("records") for name, table in beside.items()},
    )
