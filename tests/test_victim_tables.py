"""Tables of victims beside those that are fitted: parts of counts, other estimands, durations, exposures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from changed_tables import problems

from costmodel.errors import EvidenceError
from costmodel.evidence import Evidence, read_evidence
from costmodel.evidence.reading import read_table
from costmodel.evidence.register import TABLES
from costmodel.evidence.rows.victims import COUNTS, WHOLE, VictimCount
from costmodel.programme_inputs import latest_exposures, target_share

DATA = Path(__file__).parent / "data"

MISTAKES = {
    ("counts", "count-girls-above-children", "NAM_2020"): "girls_low 5 is above children_high 4; "
    "leave girls blank and write girls_above_children in flag",
    ("counts", "count-adults-above-victims", "NAM_2020"): "adults_low 13 is above victims_high 12; "
    "leave adults blank and write adults_above_victims in flag",
    ("counts", "count-adults-one-end", "NAM_2020"): "adults has one end only; "
    "give adults_low and adults_high, equal for an exact count",
    ("estimates", "estimate-fitted-survey", "my_survey"): "estimand C with role train; "
    "only A is fitted: write context",
    ("estimates", "estimate-fitted-stock", "my_survey"): "estimand B with role train; "
    "only A is fitted: write context",
    ("estimates", "estimate-other-unit", "my_survey"): "unit 'share of population' with estimand B; "
    "write one of persons, per 1,000 people",
    ("estimates", "estimate-percent", "my_survey"): "a share of 11.9; it must be 1 or less",
    ("estimates", "estimate-no-window", "my_survey"): "no window_years; "
    "give the time over which the counted victims were seen",
    ("estimates", "estimate-unknown-estimand", "my_survey"): "estimand is 'D'; write one of A, B, C",
    ("durations", "duration-fitted", "my_study"): "role is 'train'; write one of context",
    ("durations", "duration-years", "my_study"): "unit is 'years'; write one of months",
    ("durations", "duration-no-interval", "my_study"): "no low; a statement 'interval' needs it",
    ("exposures", "exposure-other-name", "nld_2024"): "id does not name its area, group and year; "
    "write nld_migrants_2024",
    ("exposures", "exposure-unknown-group", "nld_on_move_2024"): "group is 'on_move'; write one of "
    "refugees_and_asylum_seekers, internally_displaced, migrants, residential_care",
    ("exposures", "exposure-percent", "nld_migrants_2024"): "child_share is 39.6; it must be 1 or less",
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


# --- estimates of other things


def test_only_estimates_of_the_national_definition_are_fitted(evidence: Evidence) -> None:
    """9 of A, of which 7 are fitted; 42 of B and 25 of C are quoted and nothing else."""
    table = evidence.estimates
    assert table.groupby("estimand").size().to_dict() == {"A": 9, "B": 42, "C": 25}
    assert set(table.loc[table["role"] == "train", "estimand"]) == {"A"}
    assert not (table["status"] == "recalled").any()


#: Row -> low, value, high; None is blank.
ESTIMATES = {
    "gems_arab_states_2021_modern_slavery": (None, 10.1, None),
    "gems_eca_2016_forced_marriage": (None, 0.4, None),
    "gems_world_2021_modern_slavery_n": (None, 49_600_000, None),
    "gems_world_2021_modern_slavery_children_n": (12_000_000, None, None),
    "survey_khm_2020_2021_online_abuse": (0.099, 0.119, 0.141),
    "survey_phl_2020_2021_online_abuse": (0.231, 0.271, 0.306),
    "survey_who_europe_2013_sexual_abuse_girls": (None, 0.134, None),
}


@pytest.mark.parametrize("row", ESTIMATES)
def test_an_estimate_is_the_one_printed(evidence: Evidence, row: str) -> None:
    cells = evidence.estimates.loc[row, ["low", "value", "high"]]
    assert tuple(None if np.isnan(cell) else cell for cell in cells) == ESTIMATES[row]


def test_regional_rates_and_the_world_total_are_of_one_size(evidence: Evidence) -> None:
    """10.1, 6.9, 6.8, 5.2 and 5.0 per 1,000 enclose the world's 49.6 million of about 8 billion, 6.2."""
    table = evidence.estimates
    rates = table[table.index.str.match(r"gems_.*_2021_modern_slavery$")]["value"]
    world = table.at["gems_world_2021_modern_slavery_n", "value"] / 8e6
    assert len(rates) == 5
    assert rates.min() < world < rates.max()


def test_an_estimate_of_an_unknown_place_is_refused(evidence: Evidence) -> None:
    estimates = evidence.estimates.replace({"area": {"GEMS_AFRICA": "GEMS_AFRIKA", "AUS": "AUD"}})
    assert problems(evidence, estimates=estimates) == [
        "estimates.csv, row mse_aus_2015_2017: area 'AUD': no such country in countries.csv; "
        "did you mean 'AUT'?",
        "estimates.csv, row gems_africa_2021_modern_slavery: area 'GEMS_AFRIKA': "
        "no country, region or area that data/README.md names; did you mean 'GEMS_AFRICA'?",
    ]


def test_a_fitted_estimate_is_of_a_country(evidence: Evidence) -> None:
    estimates = evidence.estimates.copy()
    estimates.loc["mse_aus_2015_2017", "area"] = "WLD"
    assert "row mse_aus_2015_2017: area 'WLD': no such country" in problems(evidence, estimates=estimates)[0]


# --- durations


def test_no_duration_is_fitted(evidence: Evidence) -> None:
    """3 years on average are 36 months; the prior of durations stays a judgement."""
    assert set(evidence.durations["role"]) == {"context"}
    assert evidence.durations.at["iom_assisted_2015", "value"] == 36


# --- children exposed, and the target groups they make


def test_exposed_children_are_the_people_displaced_times_their_share_of_children(evidence: Evidence) -> None:
    """Netherlands: (283,935 refugees + 49,662 asylum-seekers) x 0.21137 = 70,512, to the digits of the share."""
    row = evidence.exposures.loc["nld_refugees_and_asylum_seekers_2025"]
    assert row["value"] == pytest.approx((283_935 + 49_662) * row["child_share"], abs=2)
    assert evidence.exposures.groupby("group").size().to_dict() == {
        "internally_displaced": 40,
        "migrants": 1,
        "refugees_and_asylum_seekers": 165,
        "residential_care": 8,
    }


@pytest.mark.parametrize("group", ["refugees_and_asylum_seekers", "internally_displaced"])
def test_the_world_is_the_sum_of_its_countries(evidence: Evidence, group: str) -> None:
    """17.3 and 27.0 million, to the last digit printed."""
    latest = latest_exposures(group, evidence=evidence)["value"]
    assert latest["WLD"] == pytest.approx(latest.drop("WLD").sum(), abs=50_000)


def test_no_country_has_more_displaced_children_than_children(evidence: Evidence) -> None:
    groups = ("refugees_and_asylum_seekers", "internally_displaced")
    displaced = sum(
        latest_exposures(group, evidence=evidence)["value"].reindex(evidence.countries.index, fill_value=0.0)
        for group in groups
    )
    assert (displaced < 0.3 * evidence.countries["children_2024"]).all()


def test_an_exposure_of_an_unknown_place_is_refused(evidence: Evidence) -> None:
    exposures = evidence.exposures.replace({"area": {"NLD": "NLT"}})
    assert (
        "exposures.csv, row nld_refugees_and_asylum_seekers_2025: area 'NLT'"
        in problems(evidence, exposures=exposures)[0]
    )


#: Programme, country -> share of its children in the target group.
TARGET_SHARES = {
    ("guardianship", "NLD"): 70_511 / 3_291_385,
    ("end_detention", "NLD"): 0.0001 * (70_511 / 3_291_385) / (17.3 / 2_402.73),
    ("guardianship", "EST"): 0.0072,
    ("parenting", "NLD"): 0.04,
}


@pytest.mark.parametrize(("name", "country"), TARGET_SHARES)
def test_children_on_the_move_are_those_of_the_country(evidence: Evidence, name: str, country: str) -> None:
    """70,511 of 3,291,385 Dutch children are displaced, 2.1%; 17.3 of 2,402.7 million in the world, 0.72%.

    Guardianship reaches the displaced: 0.72% of the row becomes 2.1%. Detention, 0.01%, grows in proportion.
    Estonia has no row and keeps the share of the world; families are no group of exposures.csv.
    """
    table = evidence.programmes
    row = table[(table["id"] == name) & (table["income_group"] == "High income")].iloc[0]
    found = target_share(row, country=country, evidence=evidence)
    assert found == pytest.approx(TARGET_SHARES[name, country], rel=1e-4)


def test_a_target_group_is_never_more_than_all_children(evidence: Evidence) -> None:
    """A row that holds every child of the world cannot hold thrice the children of the Netherlands."""
    row = evidence.programmes[evidence.programmes["id"] == "guardianship"].iloc[0].copy()
    row["target_share"] = 1.0
    assert target_share(row, country="NLD", evidence=evidence) == 1.0
