"""The verbs of the published costs: list them, show one, write their ledgers, begin a table of one's own."""

# ruff: noqa: PLC0415

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from costmodel.options import FormOption, Quiet, say
from costmodel.printing import Form, print_rows, show_anchors, show_plain


class Role(StrEnum):
    """What an anchor is used for."""

    train = "train"
    holdout = "holdout"
    bound = "bound"
    transfer = "transfer"
    context = "context"


class Module(StrEnum):
    """The sub-model an anchor belongs to."""

    unit_cost = "unit_cost"
    violence = "violence"
    prevalence = "prevalence"
    profits = "profits"
    prevention = "prevention"
    framing = "framing"


anchors_app = typer.Typer(
    help="List the published costs, show one step by step, add to them.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
Tables = Annotated[
    list[Path] | None,
    typer.Option("--evidence", help="A table of evidence of your own; may be given many times."),
]


@anchors_app.callback()
def anchors(
    ctx: typer.Context,
    role: Annotated[Role | None, typer.Option("--role", help="Only anchors of this role.")] = None,
    module: Annotated[Module | None, typer.Option("--module", help="Only anchors of this sub-model.")] = None,
    tables: Tables = None,
    form: FormOption = Form.text,
) -> None:
    """List the published costs as they are printed.

    Each with what kind of statement it is, what it is used for, how well it is known, and its source.
    """
    if ctx.invoked_subcommand is not None:
        if role or module or tables or form is not Form.text:
            raise typer.BadParameter(f"write options behind {ctx.invoked_subcommand}, which has its own")
        return
    from costmodel.evidence import read_evidence

    rows = [
        {"id": name, **row}
        for name, row in read_evidence(tables or ()).anchors.to_dict("index").items()
        if role in (None, row["role"]) and module in (None, row["module"])
    ]
    print_rows(rows, form=form, text=show_anchors(rows))


@anchors_app.command("show")
def show_anchor(
    name: Annotated[str, typer.Argument(help="Id of an anchor, or name of a study, as eu_thb_2020.")],
    tables: Tables = None,
    form: FormOption = Form.text,
) -> None:
    """Show a study: what it says, its scope, its ledger, what it may not be used for."""
    from costmodel import cards
    from costmodel.briefing.captions import ETHICS_LINE
    from costmodel.evidence import read_evidence

    evidence = read_evidence(tables or ())
    rows = cards.card_rows(name, evidence)
    text = cards.show_card(name, evidence)
    print_rows(rows, form=form, text=text, notes={"use": ETHICS_LINE})


@anchors_app.command("ledger")
def write_ledger(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; replaced whole.")] = Path("out/ledger"),
    tables: Tables = None,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Write the ledger of every anchor that trains or tests the model.

    The folder holds one table of all steps, and a waterfall figure for each anchor.
    """
    from costmodel import cards
    from costmodel.briefing.captions import ETHICS_LINE
    from costmodel.evidence import read_evidence

    evidence = read_evidence(tables or ())
    steps = cards.write_ledgers(evidence, out)
    rows = cards.ends_of(steps, evidence)
    print_rows(rows, form=form, text=show_plain(rows, title=cards.ENDS), notes={"use": ETHICS_LINE})
    say(f"{out} written: ledgers.csv, ledgers.txt, figures", quiet=quiet)


@anchors_app.command("new")
def new_table(
    table: Annotated[
        str,
        typer.Option(
            "--table",
            help="The table to begin, as anchors, counts, effects.",
        ),
    ] = "anchors",
    out: Annotated[Path | None, typer.Option("--out", help="File to write; without it, print.")] = None,
    quiet: Quiet = False,
) -> None:
    """Write a commented table of evidence to begin with."""
    from costmodel.evidence.template import table_template
    from costmodel.scenario import write_new

    text = table_template(table)
    if out is None:
        typer.echo(text, nl=False)
        return
    write_new(out, text)
    say(f'{out} written; name it in a scenario: evidence = ["{out.name}"]', quiet=quiet)
