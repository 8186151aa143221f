"""The command line: verbs that read what was asked, call the package, and print; no arithmetic.

Results go to stdout, messages and progress to stderr. Exit codes: 0 done; 1 the work did not succeed; 2 the
input is wrong. The imports inside the verbs are lazy on purpose: they keep `costmodel --help` fast.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.core

from costmodel import __version__
from costmodel.anchor_verbs import anchors_app
from costmodel.decision_verbs import explain, portfolio, sensitivity, voi
from costmodel.errors import CostmodelError, EvidenceError, Interrupted, ScenarioError
from costmodel.hidden_verbs import hidden_app
from costmodel.options import FormOption, Quiet, Unconverged, say
from costmodel.printing import Form, print_rows, show_plain
from costmodel.programme_verbs import programmes


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


def _show_version(value: bool) -> None:
    """Print the version and leave."""
    if value:
        typer.echo(f"costmodel {__version__}")
        raise typer.Exit


app.add_typer(anchors_app, name="anchors")
app.add_typer(hidden_app, name="hidden")


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
    say(f"{out} written; change its coverages, then: costmodel run {out}", quiet=quiet)


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
        say(f"{n_bad} of {len(files)} files cannot be run", quiet=quiet)
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
    readings = headline.headline_rows(result.tables["readings"].to_dict("records"), scenario=scenario)
    text = "\n\n".join(
        (
            headline.show_headline(rows, scenario=scenario),
            headline.show_readings(readings, scenario=scenario),
        )
    )
    warning = {} if result.record["converged"] else {"warning": headline.UNCONVERGED}
    messages = {
        **headline.said_of(result.tables, scenario=scenario),
        **headline.said_of_precision(result.tables, result.record, scenario=scenario),
        "use": ETHICS_LINE,
        "run_folder": str(folder),
    }
    notes = warning if quiet and form is Form.csv else {**warning, **messages}  # there they go to stderr
    print_rows(rows, form=form, text=text, notes=notes, beside={"readings": readings})


@app.command()
def compare(
    a: Annotated[Path, typer.Argument(help="Run folder.")],
    b: Annotated[Path, typer.Argument(help="Another one; each difference is it less the first.")],
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Compare two run folders, option by option.

    Two runs of one fit and one seed are subtracted draw by draw; of others no interval is given, and it is said.
    """
    from costmodel import comparison, headline
    from costmodel.briefing.captions import ETHICS_LINE

    first, second = comparison.read_run(a), comparison.read_run(b)
    found = comparison.compare(first, second)
    changed = found.changed.to_dict("records")
    text = "\n\n".join(
        (
            show_plain(changed, title="What differs"),
            headline.show_comparison(found.table, scenario=first.scenario, folders=(str(a), str(b))),
        )
    )
    notes = headline.said_of_comparison(found.unpaired, found.changed)
    if not all(run.record["converged"] for run in (first, second)):
        notes = {"warning": headline.UNCONVERGED, **notes}
    if form is Form.csv:  # which has no place for the second table
        notes["differs"] = (
            "; ".join(f"{row['key']}: {row['a']} -> {row['b']}" for row in changed) or "nothing"
        )
    notes = {} if quiet and form is Form.csv else {**notes, "use": ETHICS_LINE}
    rows = found.table.to_dict("records")
    print_rows(rows, form=form, text=text, notes=notes, beside={"changed": changed})


@app.command()
def validate(
    refit: Annotated[
        bool, typer.Option("--refit", help="Leave each training study out in turn; minutes the first time.")
    ] = False,
    allow_unconverged: Unconverged = False,
    form: FormOption = Form.text,
    quiet: Quiet = False,
) -> None:
    """Predict the figures that were held out.

    Beside what was printed, and scored. Without --refit from the fit that is kept, in seconds.
    """
    from costmodel import validation
    from costmodel.evidence import read_evidence
    from costmodel.model.fit import fit_all

    evidence = read_evidence()
    posterior = fit_all(evidence, allow_unconverged=allow_unconverged, quiet=quiet)
    scores = validation.holdout_scores(evidence, posterior.trees, seed=0)
    if refit:
        scores = validation.left_out_scores(evidence, posterior.priors, quiet=quiet)
    rows = scores.to_dict("records")
    studies = validation.by_study(scores).to_dict("records")
    text = "\n\n".join(
        (show_plain(rows, title="Predicted and printed"), show_plain(studies, title="By study"))
    )
    print_rows(rows, form=form, text=text)


@app.command("fit-report")
def fit_report_verb(
    out: Annotated[Path, typer.Option("--out", help="Folder to write; replaced whole.")] = Path("out/fit"),
    refit: Annotated[
        bool, typer.Option("--refit", help="Leave each training study out in turn; minutes the first time.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Judge the fit: checks, hold-outs, and what the data taught."""
    from costmodel import fit_report
    from costmodel.evidence import read_evidence
    from costmodel.model.fit import fit_all
    from costmodel.record import check_out

    check_out(out, kind="fit_report_id")
    evidence = read_evidence()
    posterior = fit_all(evidence, quiet=quiet)
    report = fit_report.fit_report(evidence, posterior, refit=refit, quiet=quiet)
    fit_report.write_fit_report(report, out)
    say(f"{out} written; read {out / 'README.md'}", quiet=quiet)


@app.command()
def selftest(form: FormOption = Form.text, quiet: Quiet = False) -> None:
    """Check that this installation computes right."""
    from costmodel.selftest import run_selftest

    rows = run_selftest(quiet=quiet).to_dict("records")
    print_rows(rows, form=form, text=show_plain(rows, title="Self-test"))
    if not all(row["passed"] for row in rows):
        raise typer.Exit(CostmodelError.exit_code)


app.command()(programmes)
for verb in (explain, voi, sensitivity, portfolio):
    app.command()(verb)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="replace")
    app(prog_name="costmodel")
