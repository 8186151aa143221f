"""The verb of hidden populations: all engines on a table of overlapping lists."""

# ruff: noqa: PLC0415

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from costmodel.options import FormOption, Quiet, say
from costmodel.printing import Form, print_rows


class EngineName(StrEnum):
    """Engines of multiple systems estimation."""

    all = "all"
    independence = "independence"
    stepwise = "stepwise"
    decomposable = "decomposable"
    bayes_loglinear = "bayes_loglinear"
    latent_class = "latent_class"


hidden_app = typer.Typer(
    help="Estimate how many victims no list holds.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@hidden_app.command("estimate")
def estimate(
    lists: Annotated[
        Path,
        typer.Argument(
            help="CSV: 0 or 1 in a column for each list, and count (a number, or <5); or one row a person, identifiers "
            "removed."
        ),
    ],
    engine: Annotated[
        list[EngineName] | None, typer.Option("--engine", help="An engine; may be given many times.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write; replaced whole.")] = None,
    level: Annotated[
        float,
        typer.Option("--level", min=0.5, max=0.99, help="Level of the intervals; published ones have 0.95."),
    ] = 0.95,
    left_out: Annotated[
        bool, typer.Option("--leave-one-out/--no-leave-one-out", help="Estimate again without each list.")
    ] = True,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of samplers and resampling.")] = 0,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Estimate by every engine side by side: numbers, intervals, whether each converged, and how far they are apart."""
    from costmodel import hidden_report
    from costmodel.evidence import read_evidence
    from costmodel.evidence.lists import read_lists
    from costmodel.evidence.priors import default_priors
    from costmodel.hidden.together import estimate_hidden, leave_one_list_out
    from costmodel.record import check_out

    if out is not None:
        check_out(out, kind="hidden_id")
    table = read_lists(lists)
    every = not engine or EngineName.all in engine
    names = [] if every else [str(name) for name in engine or ()]

    def tell(message: str) -> None:
        say(f"  {message}", quiet=quiet)

    priors = default_priors(read_evidence())
    found = estimate_hidden(table, priors=priors, engines=names, seed=seed, say=tell)
    wanted = left_out and (out is not None or form is Form.text)
    again = leave_one_list_out(table, engines=names, seed=seed, say=tell) if wanted else []
    rows = hidden_report.engine_rows(found, level=level, every=every)
    if out is not None:
        hidden_report.write_hidden(found, rows, again, out, level=level, seed=seed)
    text = hidden_report.show_hidden(found, rows, again, level=level)
    notes = {"interval": f"{level:.0%}", "spread": hidden_report.spread_words(rows), "use": hidden_report.USE}
    print_rows(rows, form=form, text=text, notes={"use": hidden_report.USE} if form is Form.text else notes)
    if out is not None:
        say(f"{out} written: engines.csv, hidden.txt, figures", quiet=quiet)
