"""The verb of the programmes: what can be chosen in a country, at what cost, with what effect, known how well."""

# ruff: noqa: PLC0415

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    tables: Annotated[
        list[Path] | None,
        typer.Option("--evidence", help="A table of evidence of your own; may be given many times."),
    ] = None,
    form: FormOption = Form.text,
) -> None:
    """List the programmes that an option can buy.

    Each with its unit cost, what it acts on, the prior of its effect, who pays, and what is known of it. Nothing
    is fitted.
    """
    from costmodel import programme_cards
    from costmodel.briefing.captions import ETHICS_LINE
    from costmodel.evidence import read_evidence

    evidence = read_evidence(tables or ())
    rows = programme_cards.programme_rows(evidence, country=country)
    lacking = programme_cards.without_cost(evidence, rows)
    said = {"no_checked_cost_here": ", ".join(lacking)} if lacking else {}
    print_rows(
        rows, form=form, text=programme_cards.show_programmes(rows), notes={**said, "use": ETHICS_LINE}
    )
