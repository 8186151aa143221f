"""A row that does not say what it must is refused in words that say where, what, and what to do."""

from __future__ import annotations

import shutil
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
from changed_tables import problems

from costmodel.errors import EvidenceError
from costmodel.evidence import Evidence, read_evidence
from costmodel.evidence.reading import read_sources, read_table
from costmodel.evidence.register import DATA as TABLE_FOLDER
from costmodel.evidence.register import TABLES

DATA = Path(__file__).parent / "data"
ROW = "row my_study_unit"

ANCHOR_MISTAKES = {
    "no-price-year": f"{ROW}: no price_year; give the year of the source's prices",
    "no-unit": f"{ROW}: no unit; give the unit of the number, for example EUR/victim",
    "no-source": f"{ROW}: no source; give its key in sources.bib, "
    "or the word assumption with the reason beside it",
    "no-currency": f"{ROW}: no currency; give the ISO 4217 code of the money in the source",
    "no-locator": f"{ROW}: no locator; give the page, table or section of the source",
    "no-discount-rate": f"{ROW}: no discount_rate; a unit cost with role train needs this "
    "attribute of the study",
    "duplicate-id": f"{ROW}: there twice; each row needs a name of its own",
    "id-of-the-package": "row us_cm_2012_all: is the name of a row of the package or of another file; give it its own; "
    "to take its place write us_cm_2012_all in supersedes",
    "nan": f"{ROW}: value is 'nan'; write a finite number, or leave it blank if it is not known",
    "number-in-words": f"{ROW}: value is '200,000'; write a number, or leave it blank if it is not known",
    "negative": f"{ROW}: value is -200000; it must be above 0",
    "recalled": f"{ROW}: status recalled cannot be data; read the source and set status, "
    "or leave the row out",
    "unknown-status": f"{ROW}: status is 'verifed'; write one of verified, second-hand, derived, elicited, "
    "assumption, recalled; did you mean 'verified'?",
    "assumption-without-reason": f"{ROW}: an assumption without its reason; say why in note",
    "verified-assumption": f"{ROW}: an assumption cannot be verified; name its source, "
    "or set status to elicited",
    "range-without-high": f"{ROW}: no high; a statement 'range' needs it",
    "falling-range": f"{ROW}: low, value and high do not rise: 300000, 100000",
}

FILE_MISTAKES = {
    "no-column": "no column 'unit'; give the unit of the number, for example EUR/victim",
    "unknown-column": "unknown column 'prise_year'; did you mean 'price_year'?; see data/README.md",
    "ragged": "line 2: 3 cells under 31 columns; quote cells with commas",
}

DISAGREEMENTS = {
    "unknown-source": f"{ROW}: source 'fang_2021' is not in sources.bib; did you mean 'fang_2012'?; "
    "add its entry, or write assumption and the reason",
    "unknown-geography": f"{ROW}: geography 'USB': neither in countries.csv nor in regions.csv; "
    "did you mean 'USA'?",
    "unknown-mix": f"{ROW}: mix 'maltreatments': not in mixes.csv; did you mean 'maltreatment'?",
}

COUNT_MISTAKES = {
    "negative": "children_low is -3; it must be 0 or more",
    "nan": "children_low is 'NaN'; write a whole number, or leave it blank if it is not known",
    "half": "children_low is '2.5'; write a whole number, or leave it blank if it is not known",
    "masked-as-printed": "children_low is '<5'; a masked cell is an interval: write 0 in the column "
    "_low and 4 in _high",
    "one-end": "children has one end only; give children_low and children_high, equal for an exact count",
    "falling": "children_low 4 is above children_high 0",
    "recalled": "status recalled cannot be data; read the source and set status, or leave the row out",
}

EFFECT_MISTAKES = {
    "prior": "the study gives a prior with mean -0.139 and SD 0.139; write these",
    "without-study": "basis trial without log_rr_study, se_study, kappa, rho or transfer_sd; "
    "fill in all five",
    "half-on-violence": "give rr_violence_log_mean, rr_violence_log_se and violence_types together, "
    "or none of them",
    "no-sentence": "no sentence; give one sentence that says what the evidence is and is not",
}


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return read_evidence()


def _message(file: str) -> str:
    """What reading anchors of one's own from a bad file says."""
    with pytest.raises(EvidenceError) as raised:
        read_evidence([DATA / file])
    return str(raised.value)


@pytest.mark.parametrize("name", ANCHOR_MISTAKES)
def test_an_anchor_that_says_too_little_is_refused_with_file_row_and_remedy(name: str) -> None:
    file = f"bad-anchor-{name}.csv"
    assert f"{file}, {ANCHOR_MISTAKES[name]}" in _message(file).splitlines()


@pytest.mark.parametrize("name", FILE_MISTAKES)
def test_a_table_of_the_wrong_shape_is_refused(name: str) -> None:
    file = f"bad-anchor-{name}.csv"
    assert FILE_MISTAKES[name] in _message(file)
    assert _message(file).startswith(file)


@pytest.mark.parametrize("name", DISAGREEMENTS)
def test_an_anchor_that_names_what_does_not_exist_is_refused_with_the_nearest_name(name: str) -> None:
    assert DISAGREEMENTS[name] in _message(f"bad-anchor-{name}.csv")


@pytest.mark.parametrize("name", COUNT_MISTAKES)
def test_a_count_that_is_no_count_is_refused(name: str) -> None:
    with pytest.raises(EvidenceError) as raised:
        read_table(DATA / f"bad-count-{name}.csv", TABLES["counts"])
    assert f"bad-count-{name}.csv, row NAM_2020: {COUNT_MISTAKES[name]}" in str(raised.value).splitlines()


def test_a_count_is_named_after_its_country_and_year() -> None:
    with pytest.raises(
        EvidenceError, match="row NAM_2021: id does not name its country and year; write NAM_2020"
    ):
        read_table(DATA / "bad-count-other-year.csv", TABLES["counts"])


@pytest.mark.parametrize("name", EFFECT_MISTAKES)
def test_an_effect_must_follow_from_its_study_and_say_so(name: str) -> None:
    """0.9 x 0.35 x -0.44 = -0.139; sqrt((0.315 x 0.22)^2 + 0.12^2) = 0.139: -0.44 unshrunk is refused."""
    with pytest.raises(EvidenceError) as raised:
        read_table(DATA / f"bad-effect-{name}.csv", TABLES["effects"])
    assert str(raised.value) == f"bad-effect-{name}.csv, row parenting: {EFFECT_MISTAKES[name]}"


def test_many_problems_are_listed_and_the_rest_is_counted() -> None:
    lines = _message("bad-anchor-several.csv").splitlines()
    assert [line.split(":")[0] for line in lines[:5]] == [
        f"bad-anchor-several.csv, row row_{i}" for i in range(5)
    ]
    assert lines[5] == "… and 2 more"


def test_a_file_that_is_not_there_empty_or_not_text_is_refused() -> None:
    assert "no such file; give the path of a table" in _message("no-such-file.csv")
    assert "empty; the first line must name the columns" in _message("bad-anchor-empty.csv")
    assert "near line 2: is not UTF-8 text; save it as CSV UTF-8" in _message("bad-anchor-not-utf8.csv")


def test_anchors_of_ones_own_join_those_of_the_package(evidence: Evidence) -> None:
    """Two rows more; a remembered one may be quoted (context) though it may not be fitted."""
    joined = read_evidence([DATA / "anchors-of-ones-own.csv"])
    assert len(joined.anchors) == len(evidence.anchors) + 2
    assert joined.anchors.at["my_study_unit", "value"] == 200_000
    assert joined.anchors.at["my_study_note", "status"] == "recalled"
    pd.testing.assert_frame_equal(joined.anchors.iloc[:-2], evidence.anchors, check_dtype=False)


def test_sources_beside_a_file_of_ones_own_are_found(tmp_path: Path) -> None:
    mine = tmp_path / "mine.csv"
    shutil.copy(DATA / "bad-anchor-unknown-source.csv", mine)
    with pytest.raises(EvidenceError, match="fang_2021"):
        read_evidence([mine])
    (tmp_path / "sources.bib").write_text("@misc{fang_2021,\n  title = {A study}\n}\n", encoding="utf-8")
    assert "fang_2021" in read_evidence([mine]).sources


def test_two_sources_of_one_key_are_refused(tmp_path: Path) -> None:
    entry = "@misc{twice,\n  title = {A study}\n}\n"
    (tmp_path / "sources.bib").write_text(entry * 2, encoding="utf-8")
    with pytest.raises(EvidenceError, match=r"sources\.bib: two entries with the key 'twice'; merge them"):
        read_sources(tmp_path / "sources.bib")


def test_the_tables_of_the_package_agree(evidence: Evidence) -> None:
    assert problems(evidence) == []


def test_shares_that_do_not_add_up_are_refused(evidence: Evidence) -> None:
    """A mix of two halves without one half is 0.5; the types without neglect are 1.0001 - 0.1552 = 0.8449."""
    mixes = evidence.mixes.drop(index=evidence.mixes.index[evidence.mixes["mix"] == "maltreatment"][0])
    assert problems(evidence, mixes=mixes) == [
        "mixes.csv, maltreatment: shares add up to 0.5, not to 1; correct them"
    ]
    types = evidence.violence_types.drop(index="neglect")
    assert "violence_types.csv, all: shares add up to 0.8449" in problems(evidence, violence_types=types)[0]


def test_a_region_must_not_have_the_code_of_a_country(evidence: Evidence) -> None:
    """NAM is Namibia: a region NAM would hand the GDP of Namibia to studies of Northern America."""
    regions = evidence.regions.replace({"region": {"NAC": "NAM"}})
    assert (
        "regions.csv, row NAM: is the code of a country too; choose another code for the region"
        in problems(evidence, regions=regions)
    )


def test_a_discount_preset_begins_at_once(evidence: Evidence) -> None:
    later = evidence.discounting[evidence.discounting["from_year"] > 0]
    assert problems(evidence, discounting=later) == [
        f"discounting.csv, row {name}: begins in year 31; give the rate from year 0"
        for name in ("green_book_2026", "green_book_2026_health")
    ]


def test_a_programme_without_an_effect_is_refused(evidence: Evidence) -> None:
    effects = evidence.effects.drop(index="parenting")
    assert problems(evidence, effects=effects) == [
        "programmes.csv, row parenting: id 'parenting': no effect in effects.csv; add one"
    ]


def test_a_count_of_an_unknown_country_is_refused(evidence: Evidence) -> None:
    counts = evidence.counts.replace({"iso3": {"NLD": "NLT"}})
    found = problems(evidence, counts=counts)
    assert len(found) == 1
    assert "victims.csv, row NLD_2007: iso3 'NLT': no such country in countries.csv" in found[0]


def test_blank_numbers_are_nan_and_blank_words_are_empty(evidence: Evidence) -> None:
    """No cell of any table is None or a missing word: both would slip through a comparison unnoticed."""
    for name in TABLES:
        frame = getattr(evidence, name).reset_index()
        words = frame.select_dtypes(exclude="number")
        assert not words.isna().any().any(), name
        assert all(isinstance(cell, str) for cell in words.to_numpy().ravel()), name


def test_namibia_is_not_a_missing_value(evidence: Evidence) -> None:
    """A reader of CSV files that takes NA for missing loses the currency area and the counts of Namibia."""
    assert evidence.countries.at["NAM", "currency"] == "NAD"
    assert "NAM_2018" in evidence.counts.index


def test_every_table_of_the_folder_is_read_and_every_field_is_filled(evidence: Evidence) -> None:
    on_disk = {path.name for path in TABLE_FOLDER.glob("*.csv")}
    assert on_disk == {table.file for table in TABLES.values()}
    assert {field.name for field in fields(evidence)} == {
        *TABLES,
        "sources",
        "lists",
        "own",
        "own_lists",
        "origin",
        "superseded",
        "own_priors",
    }
    assert all(len(getattr(evidence, name)) for name in TABLES)
