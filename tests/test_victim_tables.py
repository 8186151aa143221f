"""Tables of victims: parts of registered counts as printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from costmodel.errors import EvidenceError
from costmodel.evidence import Evidence, read_evidence
from costmodel.evidence.register import TABLES, read_table
from costmodel.evidence.rows.victims import COUNTS, WHOLE, VictimCount

DATA = Path(__file__).parent / "data"

MISTAKES = {
    ("counts", "count-girls-above-children", "NAM_2020"): "girls_low 5 is above children_high 4; "
    "leave girls blank and write girls_above_children in flag",
    ("counts", "count-adults-above-victims", "NAM_2020"): "adults_low 13 is above victims_high 12; "
    "leave adults blank and write adults_above_victims in flag",
    ("counts", "count-adults-one-end", "NAM_2020"): "adults has one end only; "
    "give adults_low and adults_high, equal for an exact count",
}


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return read_evidence()


@pytest.mark.parametrize(("table", "name", "row"), MISTAKES)
def test_a_row_that_cannot_hold_is_refused_with_what_to_do(table: str, name: str, row: str) -> None:
    with pytest.raises(EvidenceError) as raised:
        read_table(DATA / f"bad-{name}.csv", TABLES[table])
    assert str(raised.value) == f"bad-{name}.csv, row {row}: {MISTAKES[table, name, row]}"


# --- registered victims by age, sex and form


def test_every_count_is_a_pair_of_columns() -> None:
    """The validator and the table name the same counts: a column that no check reads would slip through."""
    columns = {name for name in VictimCount.model_fields if name.endswith(("_low", "_high"))}
    assert columns == {f"{name}_{end}" for name in COUNTS for end in ("low", "high")}


#: Country and year -> girls, boys, adults; sexual exploitation, forced labour, other forms; None is blank.
PRINTED = {
    "DEU_2022": (157, 36, 1096, 476, 1019, 47),
    "BOL_2007": (None, None, 35, None, None, None),
    "HUN_2017": (None, None, 6, 367, 10, 9),
    "MDA_2021": (21, None, None, 35, 272, 12),
}


def _exact(evidence: Evidence, row: str, who: str) -> int | None:
    """Count of a row where both ends agree, None where it is blank or masked."""
    low, high = evidence.counts.at[row, f"{who}_low"], evidence.counts.at[row, f"{who}_high"]
    return int(low) if low == high else None


@pytest.mark.parametrize("row", PRINTED)
def test_parts_of_a_count_are_those_printed(evidence: Evidence, row: str) -> None:
    """Germany 2022 prints 157 girls, 36 boys and 1,096 adults beside a total that is a placeholder."""
    names = ("girls", "boys", "adults", "sexual_victims", "labour_victims", "other_victims")
    assert tuple(_exact(evidence, row, who) for who in names) == PRINTED[row]


def test_a_masked_part_is_the_interval_from_0_to_4(evidence: Evidence) -> None:
    """Cyprus 2021 prints <5 girls, <5 boys, 16 adults and 11 victims of sexual exploitation."""
    row = evidence.counts.loc["CYP_2021"]
    assert (row["girls_low"], row["girls_high"], row["boys_low"], row["boys_high"]) == (0, 4, 0, 4)
    assert (row["adults_low"], row["adults_high"], row["sexual_victims_low"]) == (16, 16, 11)
    for who in COUNTS:
        masked = evidence.counts[evidence.counts[f"{who}_low"] < evidence.counts[f"{who}_high"]]
        assert set(masked[f"{who}_low"]) == {0} and set(masked[f"{who}_high"]) == {4}, who


def test_a_masked_part_beside_a_placeholder_is_blank(evidence: Evidence) -> None:
    """Bolivia 2007 prints 36 victims, 35 adults and <5 of everything else, which then cannot be trusted."""
    flagged = evidence.counts[evidence.counts["flag"].str.contains("placeholder")]
    assert len(flagged) == 128
    for who in ("girls", "boys", "adults", "sexual_victims", "labour_victims", "other_victims"):
        assert not (flagged[f"{who}_low"] < flagged[f"{who}_high"]).any(), who


def test_a_part_above_its_whole_is_blank_and_marked(evidence: Evidence) -> None:
    """25 cells of 23 rows: Japan 2011 prints 45 adults among 25 victims, Serbia 2021 16 girls among <5."""
    marked = 0
    for part, whole in WHOLE.items():
        rows = evidence.counts[evidence.counts["flag"].str.contains(f"{part}_above_{whole}")]
        assert np.isnan(rows[[f"{part}_low", f"{part}_high"]].to_numpy(dtype=float)).all()
        marked += len(rows)
    assert marked == 25
    assert evidence.counts.at["JPN_2011", "flag"] == "adults_above_victims"
