"""Evidence of one's own: added or put in the place of rows, named in a scenario, kept in the run folder."""

from __future__ import annotations

import csv
import io
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from hand_posterior import hand_posterior, hand_scenario

from costmodel import pipeline, trust
from costmodel.briefing import meta_of
from costmodel.errors import EvidenceError, ScenarioError
from costmodel.evidence import Evidence, read_evidence
from costmodel.evidence.register import OWN, TABLES
from costmodel.evidence.template import table_template
from costmodel.scenario import check_scenario, read_scenario, scenario_evidence

DATA = Path(__file__).parent / "data"
SYNTHETIC = Path(__file__).parents[1] / "scenarios" / "synthetic.toml"
OPTIONS = {"nothing": {}, "prevent": {"parenting": {"coverage": 0.3}}}
BIB = "@misc{survey_2025,\n  author = {A ministry},\n  title = {A survey},\n  year = {2025}\n}\n"


def write(path: Path, rows: list[dict[str, str]], table: str = "anchors") -> Path:
    """A table with the given cells, all others blank."""
    columns = list(TABLES[table].model.model_fields)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(stream.getvalue(), encoding="utf-8")
    return path


def example() -> dict[str, str]:
    """The example row of the template."""
    (row,) = csv.DictReader(line for line in table_template("anchors").splitlines() if line[0] != "#")
    return row


@pytest.mark.parametrize("table", OWN)
def test_a_template_can_be_read_as_it_is_and_moves_nothing(
    tmp_path: Path, evidence: Evidence, table: str
) -> None:
    """Every column is explained, and whoever names the file at once gets the results of the package."""
    path = tmp_path / "mine.csv"
    text = table_template(table)
    path.write_text(text, encoding="utf-8")
    found = read_evidence([path])
    for column in TABLES[table].model.model_fields:
        assert re.search(rf"^# {column}: .{{3,}}", text, flags=re.MULTILINE), column
    moved = found.anchors[found.anchors["role"] != "context"]
    pd.testing.assert_frame_equal(
        moved, evidence.anchors[evidence.anchors["role"] != "context"], check_dtype=False
    )


def test_a_template_of_facts_is_refused() -> None:
    with pytest.raises(EvidenceError, match=r"no table 'anchor' takes rows.*did you mean 'anchors'"):
        table_template("anchor")
    with pytest.raises(EvidenceError, match=r"no table 'prices' takes rows of one's own"):
        table_template("prices")


def test_a_row_of_the_same_name_takes_the_place_of_the_one_it_supersedes(
    tmp_path: Path, evidence: Evidence
) -> None:
    """Registered victims of a year, read again: the count has no role, so the old row goes."""
    row = evidence.counts.loc["NLD_2022"]
    mine = {"id": "NLD_2022", "iso3": "NLD", "year": "2022", "children_low": "99", "children_high": "99"}
    mine |= {"regime": row["regime"], "source": "unodc_glotip_2025", "locator": "read again"}
    path = write(tmp_path / "my_counts.csv", [{**mine, "status": "verified"}], "counts")
    with pytest.raises(EvidenceError, match=r"NLD_2022: is the name of a row.*write NLD_2022 in supersedes"):
        read_evidence([path])
    write(path, [{**mine, "status": "verified", "supersedes": "NLD_2022"}], "counts")
    found = read_evidence([path])
    assert found.counts.at["NLD_2022", "children_high"] == 99
    assert len(found.counts) == len(evidence.counts)


def test_two_files_may_supersede_one_after_the_other(tmp_path: Path) -> None:
    """The file named last has the last word."""
    first = {**example(), "id": "first", "supersedes": "eu_thb_2020_child_eu27_total"}
    second = {**example(), "id": "second", "supersedes": "first", "value": "5"}
    paths = [write(tmp_path / f"{row['id']}.csv", [row]) for row in (first, second)]
    found = read_evidence(paths).anchors
    assert found.at["first", "note"].startswith("Superseded by second (second.csv).")
    with pytest.raises(EvidenceError, match=r"second.csv, row second: supersedes 'first', which is no row"):
        read_evidence(paths[::-1])


def test_a_problem_names_the_file_of_the_row(tmp_path: Path) -> None:
    path = write(tmp_path / "my_numbers.csv", [{**example(), "source": "nobody_2020", "locator": "p. 1"}])
    with pytest.raises(EvidenceError, match=r"^my_numbers\.csv, row example_unit: .*nobody_2020"):
        read_evidence([path])


def test_line_numbers_count_comments_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    header, row = table_template("anchors").splitlines()[-2:]
    path.write_text(f"# a note\n\n{header}\n# another\n{row},too many\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"mine\.csv, line 5: "):
        read_evidence([path])


def scenario_with(folder: Path, *names: str) -> Path:
    """A scenario beside its tables."""
    path = folder / "mine.toml"
    listed = ", ".join(f'"{name}"' for name in names)
    text = SYNTHETIC.read_text(encoding="utf-8")
    path.write_text(text.replace("schema = 1\n", f"schema = 1\nevidence = [{listed}]\n", 1), encoding="utf-8")
    return path


def test_a_scenario_names_its_tables_relative_to_itself(tmp_path: Path) -> None:
    write(tmp_path / "my_anchors.csv", [example()])
    scenario = read_scenario(scenario_with(tmp_path, "my_anchors.csv"))
    evidence = scenario_evidence(scenario)
    check_scenario(scenario, evidence)
    assert "example_unit" in evidence.anchors.index and list(evidence.own) == ["my_anchors.csv"]


def test_tables_of_an_extended_scenario_are_relative_to_that_one(tmp_path: Path) -> None:
    write(tmp_path / "my_anchors.csv", [example()])
    scenario_with(tmp_path, "my_anchors.csv")
    (tmp_path / "deeper").mkdir()
    over = tmp_path / "deeper" / "over.toml"
    over.write_text('schema = 1\nextends = "../mine.toml"\n', encoding="utf-8")
    scenario = read_scenario(over)
    assert scenario.evidence == ["../my_anchors.csv"]
    assert "example_unit" in scenario_evidence(scenario).anchors.index


def test_a_table_that_is_missing_or_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ScenarioError, match=r"evidence: my_anchors\.csv: no such file.*relative to the scenario"
    ):
        scenario_evidence(read_scenario(scenario_with(tmp_path, "my_anchors.csv")))
    for place in ("x", "y"):
        (tmp_path / place).mkdir()
        write(tmp_path / place / "a.csv", [example()])
    with pytest.raises(EvidenceError, match=r"two files are called a\.csv; rename one"):
        scenario_evidence(read_scenario(scenario_with(tmp_path, "x/a.csv", "y/a.csv")))
    with pytest.raises(ScenarioError, match=r"listed twice"):
        read_scenario(scenario_with(tmp_path, "a.csv", "a.csv"))


def test_an_anchor_that_cannot_be_harmonised_is_told_before_the_fit(tmp_path: Path) -> None:
    shutil.copy(DATA / "bad-anchor-no-rate.csv", tmp_path / "mine.csv")
    with pytest.raises(EvidenceError, match=r"row mine: .*no exchange rate for PRK in 2010"):
        scenario_evidence(read_scenario(scenario_with(tmp_path, "mine.csv")))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with one anchor of one's own that trains the model, from a source of one's own."""
    place = tmp_path_factory.mktemp("own")
    row = {**example(), "id": "mine", "source": "survey_2025", "locator": "table 1", "status": "verified"}
    row |= {"role": "train", "grade": "B", "note": ""}
    path = write(place / "my_anchors.csv", [row])
    (place / "sources.bib").write_text(BIB, encoding="utf-8")
    evidence = read_evidence([path])
    scenario = hand_scenario(OPTIONS, end=2028)
    result = pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))
    return pipeline.write_run(result, place / "run")


def test_a_run_folder_keeps_the_tables_it_was_run_on(folder: Path) -> None:
    """Its scenario can be run again from there: same row, same source."""
    scenario = read_scenario(folder / "scenario.toml")
    assert scenario.evidence == ["evidence/my_anchors.csv"]
    evidence = scenario_evidence(scenario)
    assert evidence.anchors.at["mine", "source"] == "survey_2025"
    assert evidence.sources["survey_2025"] in BIB


def test_every_page_of_a_run_says_that_evidence_was_added(folder: Path) -> None:
    words = "(my_anchors.csv) join those of the package"
    assert words in (folder / "briefing.html").read_text(encoding="utf-8")
    assert words in (folder / "figures" / "cost_of_inaction.txt").read_text(encoding="utf-8")


def test_the_bibliography_holds_what_the_run_used_and_nothing_else(folder: Path) -> None:
    """The anchor of one's own is in; a quotation of the background paper, which moved nothing, is out."""
    keys = set(
        re.findall(r"^@\w+\{(\w+),", (folder / "references.bib").read_text(encoding="utf-8"), flags=re.M)
    )
    assert {"survey_2025", "ec_thb_2020", "fang_2012"} <= keys
    assert not {"un_ctoc_wg4_2024", "ilo_2024", "fang_cn_2015", "eige_2021"} & keys


def test_every_source_of_a_run_is_that_of_a_row_which_moved_it(evidence: Evidence) -> None:
    """Context and transfers are quoted, and lend no key; counts that a total is shared by do."""
    scenario = hand_scenario(OPTIONS, end=2028)
    entering = trust.entering_anchors(evidence)
    assert set(entering["role"]) <= {"train", "holdout", "bound", "context"}
    quoted = entering[entering["role"] == "context"]
    assert set(quoted["measure"]) == {"count"} and set(quoted.index) <= set(entering["per"])
    assert set(entering["source"]) <= set(trust.used_sources(scenario, evidence))


def test_a_programme_and_a_mix_are_superseded_by_name(tmp_path: Path, evidence: Evidence) -> None:
    """A row of one income group takes the place of that one; a mix goes as a whole."""
    programmes = evidence.programmes
    old = programmes[(programmes["id"] == "parenting") & (programmes["income_group"] == "High income")].iloc[
        0
    ]
    row = {name: str(value) for name, value in old.items() if value == value and str(value)}
    same = write(
        tmp_path / "my_programmes.csv", [{**row, "unit_cost_mid": row["unit_cost_high"]}], "programmes"
    )
    with pytest.raises(
        EvidenceError, match=r"parenting High income: is the name of a row.*write parenting in"
    ):
        read_evidence([same])
    mine = {**row, "unit_cost_mid": row["unit_cost_high"], "supersedes": "parenting"}
    found = read_evidence([write(tmp_path / "my_programmes.csv", [mine], "programmes")]).programmes
    assert len(found) == len(programmes)
    new = found[(found["id"] == "parenting") & (found["income_group"] == "High income")]
    assert new["unit_cost_mid"].tolist() == [float(row["unit_cost_high"])]
    whole = {"mix": "maltreatment", "form": "any", "sex": "female", "age": "child", "share": "1"}
    whole |= {"source": "assumption", "note": "girls only, to see", "supersedes": "maltreatment"}
    mixes = read_evidence([write(tmp_path / "my_mixes.csv", [whole], "mixes")]).mixes
    assert mixes.loc[mixes["mix"] == "maltreatment", "share"].tolist() == [1.0]


def test_a_bibliography_of_ones_own_is_read_in_any_layout(tmp_path: Path) -> None:
    """One line, an indented brace, a byte-order mark; and not a key that says something else already."""
    path = write(
        tmp_path / "mine.csv", [{**example(), "source": "one_2020 two_2021", "locator": "p. 1", "note": ""}]
    )
    library = tmp_path / "sources.bib"
    entries = "@misc{one_2020, author={A}, title={T}, year={2020}}\n @book{two_2021,\n  title = {U}\n  }\n"
    library.write_text("\ufeff" + entries, encoding="utf-8")
    assert {"one_2020", "two_2021"} <= set(read_evidence([path]).sources)
    library.write_text(entries + "@misc{ec_thb_2020, title={Another}}\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"'ec_thb_2020' has another entry already; choose another key"):
        read_evidence([path])
    library.write_bytes("@misc{one_2020, author={Müller}}".encode("latin-1"))
    with pytest.raises(EvidenceError, match=r"sources\.bib: is not UTF-8 text"):
        read_evidence([path])


def test_evidence_that_leaves_out_a_table_of_the_scenario_is_refused(
    tmp_path: Path, evidence: Evidence
) -> None:
    write(tmp_path / "my_anchors.csv", [example()])
    scenario = read_scenario(scenario_with(tmp_path, "my_anchors.csv"))
    with pytest.raises(ScenarioError, match=r"my_anchors\.csv is not in the evidence given"):
        pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))


def test_a_table_of_any_name_is_kept_and_told(tmp_path: Path) -> None:
    """`mine.txt` is used like any other, so the run folder must hold it too."""
    write(tmp_path / "mine.txt", [example()])
    evidence = read_evidence(tmp_path / "mine.txt")
    scenario = pipeline.as_run(hand_scenario(OPTIONS, end=2028), evidence)
    assert scenario.evidence == ["evidence/mine.txt"]


def test_what_was_superseded_is_told_on_every_page(tmp_path: Path) -> None:
    evidence = read_evidence([DATA / "superseding-anchor.csv"])
    assert evidence.superseded == {"anchors.us_cm_2012_all": "superseding-anchor.csv"}
    scenario = hand_scenario(OPTIONS, end=2028)
    result = pipeline.run(scenario, evidence=evidence, posterior=hand_posterior(evidence))
    assert meta_of(result).warnings[-1].startswith("Own evidence: ")
    assert "and take the place of anchors.us_cm_2012_all" in meta_of(result).warnings[-1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"value": "1e300"}, "GDP per capita a victim; check value, unit, currency"),
        ({"geography": "NAC", "currency": "USD", "unit": "USD/victim"}, "holds no prices for NAC"),
    ],
)
def test_what_cannot_be_meant_is_told_before_the_fit(
    tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    row = {**example(), "source": "mo_2020", "locator": "p. 1", "status": "verified", "role": "train"}
    write(tmp_path / "mine.csv", [{**row, "grade": "B", "note": "", **changes}])
    with pytest.raises(EvidenceError, match=message) as refused:
        scenario_evidence(read_scenario(scenario_with(tmp_path, "mine.csv")))
    assert str(refused.value).startswith("mine.csv, row example_unit: ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id;study;source\na;b;c\n", "cells are separated by semicolons; save the file with commas"),
        ("id\tstudy\tsource\na\tb\tc\n", "cells are separated by tabs; save the file with commas"),
    ],
)
def test_a_table_of_a_spreadsheet_that_separates_otherwise_is_told(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EvidenceError, match=message):
        read_evidence([path])


def test_a_code_that_is_a_name_is_told_in_words(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.csv", [{**example(), "geography": "Netherlands"}])
    with pytest.raises(
        EvidenceError, match="'Netherlands'; write the code of a country or region in capitals, as NLD"
    ):
        read_evidence([path])


def test_a_count_takes_the_place_of_its_own_name_alone(tmp_path: Path, evidence: Evidence) -> None:
    """A Dutch row must not make a German count vanish."""
    mine = {"id": "NLD_2022", "iso3": "NLD", "year": "2022", "children_low": "9", "children_high": "9"}
    mine |= {
        "regime": evidence.counts.at["NLD_2022", "regime"],
        "source": "unodc_glotip_2025",
        "locator": "x",
    }
    row = {**mine, "status": "verified", "supersedes": "NLD_2022 DEU_2022"}
    path = write(tmp_path / "mine.csv", [row], "counts")
    with pytest.raises(EvidenceError, match="supersedes 'DEU_2022', another count"):
        read_evidence([path])


def test_a_total_is_shared_by_victims_of_its_own_place(tmp_path: Path) -> None:
    row = {**example(), "source": "mo_2020", "locator": "p. 1", "status": "verified", "role": "train"}
    row |= {"grade": "B", "note": "", "unit": "EUR total", "value": "1e9", "per": "uk_ms_2018_count"}
    path = write(tmp_path / "mine.csv", [row])
    with pytest.raises(EvidenceError, match="a total of NLD is shared by uk_ms_2018_count, victims of GBR"):
        read_evidence([path])
