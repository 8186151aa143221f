"""The command line prints results on stdout, troubles on stderr, and tells which by its exit code."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import costmodel
from costmodel import cli, scenario
from costmodel.briefing.captions import ETHICS_LINE
from costmodel.errors import ConvergenceError, OutputError

DATA = Path(__file__).parent / "data"
SCENARIOS = Path(__file__).parents[1] / "scenarios"
SYNTHETIC = str(SCENARIOS / "synthetic.toml")
HEADLINE = (
    "option",
    "discount",
    "perspective",
    "scope",
    "quantity",
    "unit",
    "mean",
    "low",
    "mid",
    "high",
    "mcse",
)
HEAVY = ("pymc", "pytensor", "nutpie", "matplotlib", "xarray", "pandas", "arviz", "scipy", "numpy")


def _call(*arguments: str) -> Result:
    """Call the command line in this process."""
    return CliRunner().invoke(cli.app, list(arguments))


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A pipeline that writes down how it is called, and has one row to show."""
    calls = SimpleNamespace(run=None, checked=None, written=None, converged=True)
    row = ("enforce", "eu_3", "societal", "trafficking", "net_benefit", "EUR2024", 2e9, 1e9, 2e9, 3e9, 1e6)

    def run(scenario: Any, **settings: Any) -> SimpleNamespace:
        calls.run = {"scenario": scenario, **settings}
        gain = (
            "enforce",
            "eu_3",
            "societal",
            "trafficking",
            "probability_net_benefit_positive",
            "probability",
        )
        table = pd.DataFrame([row, (*gain, 0.6, 0, 1, 1, 0.001)], columns=list(HEADLINE))
        readings = [
            table.assign(reading="evidence"),
            table.assign(reading="sceptical"),
            table.assign(reading="enthusiast"),
        ]
        judgements = [
            table.assign(judgement="unweighted", value="default"),
            table.assign(judgement="qaly_value", value="one_gdp", mean=-table["mean"]),
        ]
        burden = (scenario.comparator, *row[1:4], "burden", "EUR2024", 1e11, 1e10, 9e10, 3e11, 2e9)
        tables = {
            "headline": pd.concat([table, pd.DataFrame([burden], columns=list(HEADLINE))]),
            "readings": pd.concat(readings),
            "value_judgements": pd.concat(judgements),
            "diagnostics": pd.DataFrame({"draws": [8000, 8000]}),
        }
        made = {"converged": calls.converged, "draws": 8000, "chains": 4}
        return SimpleNamespace(tables=tables, record=made)

    module = ModuleType("costmodel.pipeline")
    module.run = run  # type: ignore[attr-defined]
    module.check_out = lambda out: setattr(calls, "checked", out)  # type: ignore[attr-defined]
    module.write_run = lambda result, out: setattr(calls, "written", out)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "costmodel.pipeline", module)
    monkeypatch.setattr(costmodel, "pipeline", module, raising=False)
    calls.module = module
    return calls


def test_help_loads_none_of_the_heavy_libraries() -> None:
    """Whoever asks for help waits for nothing: no sampler, no figures, no tables are imported."""
    code = (
        "import sys; from costmodel import cli\n"
        "try: cli.main()\n"
        f"except SystemExit: print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    assert "check" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


def test_every_verb_explains_itself() -> None:
    """The verbs of this version, each with a first sentence that fits its line."""
    listed = _call("--help").output
    verbs = (
        "new",
        "check",
        "fit",
        "run",
        "compare",
        "validate",
        "fit-report",
        "anchors",
        "hidden",
        "selftest",
        "programmes",
        "explain",
        "voi",
        "sensitivity",
        "portfolio",
    )
    for verb in verbs:
        assert f"\n  {verb} " in listed
        assert _call(verb, "--help").exit_code == 0
    assert "..." not in listed.split("Commands:")[1]


def test_the_package_runs_as_a_module_and_tells_its_version() -> None:
    """`python -m costmodel` is for machines where the command is not on the path."""
    done = subprocess.run(
        [sys.executable, "-m", "costmodel", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"costmodel {costmodel.__version__}\n"


def test_a_verb_that_does_not_exist_is_a_wrong_input() -> None:
    """Exit code 2, and the nearest verb."""
    called = _call("chekc")
    assert called.exit_code == 2
    assert "check" in called.stderr


def test_public_names_load_when_they_are_used() -> None:
    """The names in __all__ are the names that load; one that does not exist fails as in any module."""
    assert costmodel.read_scenario is scenario.read_scenario
    assert set(costmodel.__all__) <= set(dir(costmodel))
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = costmodel.nothing_here


def test_checking_reports_every_file_and_fails_if_one_does() -> None:
    """One good and two bad files: a line each on stdout, exit code 2, the count on stderr."""
    bad = [str(DATA / "bad-unknown-key.toml"), str(DATA / "bad-does-not-parse.toml")]
    called = _call("check", bad[0], SYNTHETIC, bad[1])
    assert called.exit_code == 2
    lines = called.stdout.splitlines()
    assert [line.split(":")[0].split(",")[0] for line in lines] == [bad[0], SYNTHETIC, bad[1]]
    assert lines[1] == f"{SYNTHETIC}: ok"
    assert called.stderr == "2 of 3 files cannot be run\n"


def test_checking_good_files_is_quiet_and_succeeds() -> None:
    """Nothing on stderr, exit code 0."""
    called = _call("check", *(str(path) for path in SCENARIOS.glob("*.toml")))
    assert (called.exit_code, called.stderr) == (0, "")


def test_checking_holds_a_file_against_the_evidence() -> None:
    """The file is right in itself; its programme does not exist."""
    called = _call("check", str(DATA / "bad-unknown-programme.toml"))
    assert called.exit_code == 2
    assert "unknown programme; did you mean 'guardianship'?" in called.stdout


def test_programs_get_the_same_rows_as_people() -> None:
    """JSON and CSV of `check` hold file, ok and problem."""
    files = [SYNTHETIC, str(DATA / "bad-wrong-type.toml")]
    rows = json.loads(_call("check", *files, "--format", "json").stdout)["rows"]
    assert [row["ok"] for row in rows] == [True, False]
    table = list(csv.DictReader(io.StringIO(_call("check", *files, "--format", "csv").stdout)))
    assert [row["problem"] for row in table] == [row["problem"] for row in rows]


def test_a_new_scenario_is_printed_or_written_and_passes_the_check(tmp_path: Path) -> None:
    """Without --out it goes to stdout, as any result; with it, the message goes to stderr."""
    printed = _call("new", "MDA")
    path = tmp_path / "mda.toml"
    written = _call("new", "MDA", "--out", str(path))
    assert path.read_text(encoding="utf-8") == printed.stdout
    assert (written.stdout, written.exit_code) == ("", 0)
    assert str(path) in written.stderr
    assert _call("check", str(path)).exit_code == 0


def test_a_new_scenario_does_not_replace_a_file(tmp_path: Path) -> None:
    """One line on stderr, exit code 2, the file as it was."""
    path = tmp_path / "mine.toml"
    path.write_text("mine")
    called = _call("new", "MDA", "--out", str(path))
    assert (called.exit_code, called.stdout, path.read_text()) == (2, "", "mine")
    assert called.stderr.count("\n") == 1


def test_a_country_that_does_not_exist_is_told_in_one_line() -> None:
    """`new` fails with the code the analyst means."""
    called = _call("new", "Moldova")
    assert called.exit_code == 2
    assert "MDA" in called.stderr
    assert called.stderr.count("\n") == 1


def test_anchors_show_the_two_figures_that_everybody_quotes() -> None:
    """EUR 337,462 a victim as a point, and 8% of GDP as an upper edge, each with its source."""
    called = _call("anchors")
    assert called.exit_code == 0
    assert "337,462 EUR/victim" in called.stdout
    assert "at most 0.08 share of GDP" in called.stdout
    assert "ec_thb_2020" in called.stdout


def test_anchors_of_a_role_and_a_module_are_those_and_no_others() -> None:
    """Both filters hold at once, and every column of the table is in the JSON."""
    rows = json.loads(_call("anchors", "--role", "train", "--module", "violence", "--format", "json").stdout)[
        "rows"
    ]
    assert rows
    assert {(row["role"], row["module"]) for row in rows} == {("train", "violence")}
    assert {"id", "statement", "value", "unit", "source", "locator", "status"} <= set(rows[0])


def test_a_study_is_shown_with_its_ledger_and_its_limits() -> None:
    """What it says, what it is not for, each step; the same steps as rows of CSV."""
    shown = _call("anchors", "show", "eu_thb_2020")
    assert shown.exit_code == 0
    assert "May not be used for" in shown.stdout and "Registered to all" in shown.stdout
    assert ETHICS_LINE in shown.stdout
    rows = list(
        csv.DictReader(io.StringIO(_call("anchors", "show", "eu_thb_2020", "--format", "csv").stdout))
    )
    assert {"anchor", "step", "factor", "value", "unit", "source", "added_variance"} <= set(rows[0])
    assert {row["study"] for row in rows} == {"eu_thb_2020"}


def test_a_study_that_does_not_exist_is_told_with_the_nearest() -> None:
    called = _call("anchors", "show", "eu_thb_2021")
    assert called.exit_code == 2
    assert "did you mean 'eu_thb_2020" in called.stderr


def test_a_bad_table_of_ones_own_is_one_message() -> None:
    called = _call("anchors", "show", "mine", "--evidence", str(DATA / "bad-guard-profits.csv"))
    assert called.exit_code == 2
    assert "profits and lost output cannot both train the model" in called.stderr
    assert called.stdout == ""


def test_a_table_to_begin_with_is_written_once(tmp_path: Path) -> None:
    out = tmp_path / "my_anchors.csv"
    assert _call("anchors", "new", "--out", str(out)).exit_code == 0
    assert out.read_text(encoding="utf-8") == _call("anchors", "new").stdout
    again = _call("anchors", "new", "--out", str(out))
    assert again.exit_code == 2 and "was left alone" in again.stderr


def test_a_role_that_does_not_exist_names_those_that_do() -> None:
    """Exit code 2 before anything is read."""
    called = _call("anchors", "--role", "trian")
    assert called.exit_code == 2
    assert "holdout" in called.stderr


def test_a_run_hands_over_what_was_asked(pipeline: SimpleNamespace, tmp_path: Path) -> None:
    """Changes, draws, seed and folder reach the pipeline; the folder is looked at before the work begins."""
    out = tmp_path / "out"
    called = _call(
        "run",
        SYNTHETIC,
        "--set",
        "end=2030",
        "--set",
        "currency=USD",
        "--draws",
        "50",
        "--seed",
        "7",
        "--out",
        str(out),
    )
    assert called.exit_code == 0
    assert (pipeline.run["scenario"].end, pipeline.run["scenario"].currency) == (2030, "USD")
    assert (pipeline.run["draws"], pipeline.run["seed"], pipeline.run["allow_unconverged"]) == (50, 7, False)
    assert (pipeline.checked, pipeline.written) == (out, out)


def test_a_run_goes_to_a_folder_named_after_the_scenario(pipeline: SimpleNamespace) -> None:
    """out/synthetic for synthetic.toml."""
    _call("run", SYNTHETIC)
    assert pipeline.written == Path("out") / "synthetic"


def test_a_run_prints_what_it_found_what_it_is_for_and_where_it_is(pipeline: SimpleNamespace) -> None:
    """Text: the table, the readings, what they decide, what judgements change, who often loses, the ethics line, the
    folder; and that the levers are invented. Net benefit 2 billion under each reading, positive in 60% of draws: it
    loses in 40%. With a QALY at one GDP per capita it is minus 2 billion."""
    lines = _call("run", SYNTHETIC).stdout.splitlines()
    assert any(
        line.startswith("Decision: The decision is the same under all three readings") for line in lines
    )
    assert (
        "Judgements: The decision depends on value judgements: the expected net benefit of “Enforce”, else above zero, "
        "is below zero with a QALY valued by one GDP per capita." in lines
    )
    assert (
        "Losses: “Enforce” (40%): in a third of the draws or more the option costs society more than it saves"
        in lines
    )
    assert (
        "Precision: The mean burden is known to within ±3.9% of Monte Carlo error; ±1% needs about 120,000 draws: "
        "costmodel fit --draws 30800"
    ) in lines
    assert [line.split("│")[2].strip() for line in lines if "│ sceptical" in line] == ["sceptical"]
    assert lines[-2:] == [f"Use: {ETHICS_LINE}", "Run folder: out/synthetic"]
    assert any("EUR 2.00 billion" in line and "Enforce" in line for line in lines)
    assert "FICTIONAL" in lines[0]


def test_a_run_in_json_carries_its_notes_and_in_csv_sends_them_to_stderr(pipeline: SimpleNamespace) -> None:
    """What a figure may be used for travels with it; CSV on stdout stays a table."""
    found = json.loads(_call("run", SYNTHETIC, "--format", "json").stdout)
    assert found["use"] == ETHICS_LINE
    assert found["rows"][0]["mean"] == 2e9
    assert {row["reading"] for row in found["readings"]} == {"evidence", "sceptical", "enthusiast"}
    called = _call("run", SYNTHETIC, "--format", "csv")
    assert called.stdout.splitlines()[0] == ",".join(HEADLINE)
    assert ETHICS_LINE in called.stderr
    assert _call("run", SYNTHETIC, "--format", "csv", "--quiet").stderr == ""


def test_a_fit_that_has_not_converged_is_told_beside_the_table(pipeline: SimpleNamespace) -> None:
    """--allow-unconverged goes on; the printed table then says what it is, in every form."""
    pipeline.converged = False
    called = _call("run", SYNTHETIC, "--allow-unconverged")
    assert pipeline.run["allow_unconverged"] is True
    assert "Warning: the fit has not converged" in called.stdout
    assert "not converged" in json.loads(_call("run", SYNTHETIC, "--format", "json").stdout)["warning"]


def test_a_scenario_that_is_wrong_is_told_before_anything_is_run(pipeline: SimpleNamespace) -> None:
    """One line, exit code 2, and the pipeline is never called."""
    path = str(DATA / "bad-coverage-above-one.toml")
    called = _call("run", path)
    assert (called.exit_code, called.stdout, pipeline.run) == (2, "", None)
    assert called.stderr.startswith(f"{path}: options.protect.programmes.guardianship.coverage.2030: ")


def test_a_change_of_an_unknown_key_is_not_ignored(pipeline: SimpleNamespace) -> None:
    """`--set ed=2030` must not give the run of the unchanged file."""
    called = _call("run", SYNTHETIC, "--set", "ed=2030")
    assert (called.exit_code, pipeline.run) == (2, None)
    assert "ed: unknown key; did you mean 'end'?" in called.stderr


@pytest.mark.parametrize(
    ("error", "code"), [(ConvergenceError("r-hat of tau"), 1), (OutputError("not a run folder"), 2)]
)
def test_a_failure_is_one_message_and_the_exit_code_of_its_class(
    pipeline: SimpleNamespace, error: Exception, code: int
) -> None:
    """Work that failed is 1, input that is wrong is 2; never a traceback."""

    def fail(*_: Any, **__: Any) -> None:
        raise error

    pipeline.module.run = fail
    called = _call("run", SYNTHETIC)
    assert (called.exit_code, called.stdout, called.stderr) == (code, "", f"{error}\n")


def test_ctrl_c_is_one_line_and_exit_code_1(pipeline: SimpleNamespace) -> None:
    """Whoever stops a run did not cause an error that needs a traceback."""

    def stop(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    pipeline.module.run = stop
    called = _call("run", SYNTHETIC)
    assert called.exit_code == 1
    assert called.stderr.startswith("stopped")
    assert called.stderr.count("\n") == 1


def test_a_disk_that_fails_is_named(pipeline: SimpleNamespace) -> None:
    """A full disk is not a bug: one line with the file and the reason."""

    def fill(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device", "results.nc")

    pipeline.module.write_run = fill
    called = _call("run", SYNTHETIC)
    assert (called.exit_code, called.stderr) == (
        1,
        "results.nc: No space left on device; nothing was completed\n",
    )


@pytest.mark.parametrize("verb", ["run", "fit"])
def test_no_draws_at_all_are_refused(verb: str) -> None:
    """`--draws 0` would give a table of missing values."""
    arguments = [verb, SYNTHETIC] if verb == "run" else [verb]
    called = _call(*arguments, "--draws", "0")
    assert called.exit_code == 2
    assert "--draws" in called.stderr
