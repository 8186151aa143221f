"""The verb of the programmes: what can be chosen in a country, at what cost, with what effect, known how well."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from costmodel.errors import ScenarioError
from costmodel.options import FormOption
from costmodel.printing import Form, print_rows


def programmes(
    country: Annotated[
        str | None,
        typer.Option(
            "--country",
            help="ISO 3166 alpha-3 code of a country, or the code of a region; without it, every income group.",
        ),
    ] = None,
    scenario: Annotated[
        Path | None,
        typer.Option(
            "--scenario",
            help="Scenario file: its own programmes are listed too, and its countries taken unless --country is given.",
        ),
    ] = None,
    tables: Annotated[
        list[Path] | None,
        typer.Option("--evidence", help="A table of evidence of your own; may be given many times."),
    ] = None,
    form: FormOption = Form.text,
) -> None:
    """List the programmes that an option can buy.

    Each with its unit cost, what it acts on, the prior of its effect, who pays, and what is known of it; with
    --scenario also those that its author states. Nothing is fitted.
    """
    from costmodel import programme_cards
    from costmodel.briefing.captions import ETHICS_LINE
    from costmodel.evidence import read_evidence
    from costmodel.own_programmes import evidence_with
    from costmodel.scenario import check_scenario, read_scenario, scenario_evidence

    if scenario is not None and tables:
        raise ScenarioError(
            "--evidence: the scenario names its evidence; leave --evidence out, or --scenario"
        )
    places: str | list[str] | None = country
    if scenario is None:
        evidence = read_evidence(tables or ())
    else:
        asked = read_scenario(scenario)
        evidence = scenario_evidence(asked)
        check_scenario(asked, evidence)
        evidence, places = evidence_with(asked.programmes, evidence), country or asked.countries
    rows = programme_cards.programme_rows(evidence, country=places)
    lacking = programme_cards.without_cost(evidence, rows)
    said = {"no_checked_cost_here": ", ".join(lacking)} if lacking else {}
    print_rows(
        rows, form=form, text=programme_cards.show_programmes(rows), notes={**said, "use": ETHICS_LINE}
    )
