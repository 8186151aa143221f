"""The command line: verbs that read what was asked, call the package, and print; no arithmetic.

Results go to stdout, messages and progress to stderr. Exit codes: 0 done; 1 the work did not succeed; 2 the
input is wrong. The imports inside the verbs are lazy on purpose: they keep `costmodel --help` fast.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import io
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from costmodel import __version__
from costmodel.errors import CostmodelError, EvidenceError, Interrupted, ScenarioError
from costmodel.printing import Form, print_rows, show_anchors, show_plain


class Verbs(typer.core.TyperGroup):
    """The verbs, with one way to fail: one clear message on stderr and the exit code of its class."""

    def invoke(self, ctx: Any) -> Any:
        """Run a verb; turn what the package raises on purpose, Ctrl-C and a failing disk into a message."""
        try:
            return super().invoke(ctx)
        except CostmodelError as error:
            failure = error
        except KeyboardInterrupt:
            failure = Interrupted("stopped; nothing half-written was left behind")
        except BrokenPipeError:
            raise  # the reader of a pipe went away, as `| head` does: not a failure
        except OSError as error:
            failure = CostmodelError(
                f"{error.filename or 'the disk'}: {error.strerror or error}; nothing was completed"
            )
        typer.echo(str(failure), err=True)
        raise typer.Exit(failure.exit_code)


app = typer.Typer(
    cls=Verbs,
    name="costmodel",
    help="What a country loses by not acting against child trafficking: from a scenario file to a briefing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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


FormOption = Annotated[Form, typer.Option("--format", help="How results are printed on stdout.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", help="No messages and no progress on stderr; errors still show.")
]
Unconverged = Annotated[
    bool,
    typer.Option(
        "--allow-unconverged", help="Go on with a fit that fails the convergence gate; every output says so."
    ),
]


def _say(message: str, *, quiet: bool) -> None:
    """Print a message on stderr, unless asked to be quiet."""
    if not quiet:
        typer.echo(message, err=True)


def _show_version(value: bool) -> None:
    """Print the version and leave."""
    if value:
        typer.echo(f"costmodel {__version__}")
        raise typer.Exit


@app.callback()
def costmodel(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and leave."),
    ] = False,
) -> None:
    """What a country loses by not acting against child trafficking: from a scenario file to a briefing."""


@app.command()
def new(
    code: Annotated[
        str, typer.Argument(help="ISO 3166 alpha-3 code of a country, or the code of a region, as EU27.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="File to write; without it, print.")] = None,
    quiet: Quiet = False,
) -> None:
    """Write a scenario file to begin with."""
    from costmodel.evidence import read_evidence
    from costmodel.scenario import template, write_new

    text = template(code, read_evidence())
    if out is None:
        typer.echo(text, nl=False)
        return
    write_new(out, text)
    _say(f"{out} written; change its coverages, then: costmodel run {out}", quiet=quiet)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Scenario files.")],
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Check scenario files; report every problem.

    Each file is held against the format (scenarios/README.md) and against the evidence.
    """
    from costmodel.scenario import check_scenario, read_scenario, scenario_evidence

    rows: list[dict[str, Any]] = []
    for file in files:
        try:
            scenario = read_scenario(file)
            check_scenario(scenario, scenario_evidence(scenario))
        except (EvidenceError, ScenarioError) as error:
            rows.append({"file": str(file), "ok": False, "problem": str(error)})
        else:
            rows.append({"file": str(file), "ok": True, "problem": ""})
    print_rows(rows, form=form, text="\n".join(row["problem"] or f"{row['file']}: ok" for row in rows))
    n_bad = sum(not row["ok"] for row in rows)
    if n_bad:
        _say(f"{n_bad} of {len(files)} files cannot be run", quiet=quiet)
        raise typer.Exit(ScenarioError.exit_code)


@app.command()
def fit(
    draws: Annotated[int | None, typer.Option("--draws", min=1, help="Draws a chain keeps.")] = None,
    chains: Annotated[
        int | None, typer.Option("--chains", min=1, help="Chains; the gate needs two or more.")
    ] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the sampler.")] = None,
    priors: Annotated[
        Path | None,
        typer.Option(
            "--priors", help="TOML file, a scenario or not, whose tables [priors.NAME] change priors."
        ),
    ] = None,
    refit: Annotated[bool, typer.Option("--refit", help="Sample again, whatever the cache holds.")] = False,
    allow_unconverged: Unconverged = False,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Fit the model to the evidence, or load its fit.

    The fit is kept by the content of evidence, priors and model: only a change of these samples again.
    """
    from costmodel.evidence import read_evidence
    from costmodel.scenario import change_priors, read_priors

    evidence = read_evidence()
    if priors is not None:
        evidence = change_priors(evidence, read_priors(priors), where=str(priors))
    # after the check: a misspelt prior is told at once, not after seconds of importing
    from costmodel.model.fit import fit_all

    posterior = fit_all(
        evidence,
        draws=draws,
        chains=chains,
        seed=seed,
        refit=refit,
        allow_unconverged=allow_unconverged,
        quiet=quiet,
    )
    rows = posterior.diagnostics.to_dict("records")
    print_rows(rows, form=form, text=show_plain(rows, title="Convergence of the fit"))


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="Scenario file.")],
    sets: Annotated[
        list[str] | None,
        typer.Option(
            "--set", help="Change one key, as end=2035 or 'discount=[\"zero\"]'; may be given many times."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Run folder; replaced whole. Default: out/<name of the scenario file>."),
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", min=1, help="Draws to use, thinned evenly from the fit.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, help="Seed of the simulation, before the scenario's.")
    ] = None,
    allow_unconverged: Unconverged = False,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Run a scenario and write its run folder.

    The folder holds the scenario as it was run, the tables, the figures and the briefing.
    """
    from costmodel.scenario import check_scenario, read_scenario, scenario_evidence

    scenario = read_scenario(file, sets=sets or ())
    evidence = scenario_evidence(scenario)
    check_scenario(scenario, evidence)
    # after the check: a misspelt key is told at once, not after seconds of importing
    from costmodel import headline, pipeline
    from costmodel.briefing.captions import ETHICS_LINE

    folder = out or Path("out") / scenario.name
    pipeline.check_out(folder)
    result = pipeline.run(
        scenario, evidence=evidence, draws=draws, seed=seed, allow_unconverged=allow_unconverged, quiet=quiet
    )
    pipeline.write_run(result, folder)
    rows = headline.headline_rows(result.tables["headline"].to_dict("records"), scenario=scenario)
    text = headline.show_headline(rows, scenario=scenario)
    warning = {} if result.record["converged"] else {"warning": headline.UNCONVERGED}
    messages = {"use": ETHICS_LINE, "run_folder": str(folder)}
    notes = warning if quiet and form is Form.csv else {**warning, **messages}  # there they go to stderr
    print_rows(rows, form=form, text=text, notes=notes)


anchors_app = typer.Typer(
    help="List the published costs, show one step by step, add to them.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
app.add_typer(anchors_app, name="anchors")


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
    _say(f"{out} written: ledgers.csv, ledgers.txt, figures", quiet=quiet)


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
    _say(f'{out} written; name it in a scenario: evidence = ["{out.name}"]', quiet=quiet)


@app.command()
def selftest(form: FormOption = Form.text, quiet: Quiet = False) -> None:
    """Check that this installation computes right."""
    from costmodel.selftest import run_selftest

    rows = run_selftest(quiet=quiet).to_dict("records")
    print_rows(rows, form=form, text=show_plain(rows, title="Self-test"))
    if not all(row["passed"] for row in rows):
        raise typer.Exit(CostmodelError.exit_code)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="replace")
    app(prog_name="costmodel")
