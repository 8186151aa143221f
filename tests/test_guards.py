"""What may not be counted twice: each guard refuses its file, names both rows and the rule, and says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import EvidenceError
from costmodel.evidence import read_evidence
from costmodel.evidence.guards import RULES, collisions
from costmodel.evidence.ledger import ledgers

DATA = Path(__file__).parent / "data"
MEETS = {
    "total-and-unit": ("eu_thb_2020_eu27_unit", "a total and its own unit cost"),
    "eu27-and-eu28": ("eu_thb_2020_eu27_unit", "EU-27 and EU-28"),
    "nested-regions": ("fang_eap_2015_share", "nested regions"),
    "two-versions": ("us_cm_2012_all", "two versions of a study"),
    "profits": ("eu_thb_2020_eu27_unit", "profits and lost output"),
    "daly-and-earnings": ("ng_vac_2019_daly_share", "DALYs and lost earnings"),
    "annual-and-lifetime": ("eu_thb_2020_eu27_unit", "an annual stock and a lifetime cohort"),
}
MISTAKES = {
    "daly-plus-earnings": "the figure adds DALYs and earnings, which hold the same lost production; enter one of them",
    "grade": "grade A is not for a figure that is second-hand; grade it C or D, or read the source and set status",
    "ages": "ages is children, but mix eu27_2016 holds the others; name a mix of children",
    "no-conversion": "money of NGA in USD, whose own currency is NGN; set conversion to market or ppp, or enter the "
    "figure in NGN",
    "old-currency": "no country uses the currency DEM; convert money that the euro replaced at its fixed rate and "
    "write EUR, or correct the code",
    "unit": "unit is 'dollars'; write ratio, share, share of GDP, persons, or money as EUR/victim, EUR total or EUR/yr",
    "component": "components 'helth' is not one of coordination, law, services, health, output, quality, transfers, "
    "community, daly, daly_ace, productivity, profits; did you mean 'health'?",
    "no-per": "no per; a total is compared per victim: name the row that counts its victims",
    "unknown-per": "per 'eu_thb_2020_eu27_counts': no row of measure count; add one with its victims; did you mean "
    "'eu_thb_2020_eu27_count'?",
    "two-currencies": "currency is USD and unit is EUR/victim; both must name the same money",
    "supersedes-nothing": "supersedes 'us_cm_2012_al', which is no row; did you mean 'us_cm_2012_all'?; correct its "
    "name",
}


@pytest.mark.parametrize("name", MEETS)
def test_a_pair_that_counts_one_thing_twice_is_refused(name):
    other, rule = MEETS[name]
    with pytest.raises(EvidenceError) as refused:
        read_evidence([DATA / f"bad-guard-{name}.csv"])
    assert str(refused.value) == (
        f"bad-guard-{name}.csv, row mine, and anchors.csv, row {other}: {rule} cannot both train the model; "
        f"{RULES[rule][1]}"
    )


def test_every_guard_has_a_file():
    assert {rule for _, rule in MEETS.values()} == set(RULES)


@pytest.mark.parametrize("name", MISTAKES)
def test_a_row_that_cannot_be_compared_is_refused(name):
    file = f"bad-anchor-{name}.csv"
    with pytest.raises(EvidenceError) as refused:
        read_evidence([DATA / file])
    assert str(refused.value) == f"{file}, row mine: {MISTAKES[name]}"


def test_a_missing_rate_is_told_before_any_fit():
    evidence = read_evidence([DATA / "bad-anchor-no-rate.csv"])
    with pytest.raises(EvidenceError) as refused:
        ledgers(evidence)
    assert str(refused.value) == (
        "anchors, row mine: prices.csv: no exchange rate for PRK in 2010; choose a year or a country that has one"
    )


def test_the_rows_of_the_package_collide_nowhere(evidence):
    assert list(collisions(evidence.anchors, evidence.regions, origin={})) == []


def test_ratios_within_a_study_and_rows_that_move_nothing_are_exempt(evidence):
    """EU-28 enters as ratios beside the level of EU-27; its levels are there as context."""
    table = evidence.anchors[evidence.anchors["geography"] == "EU28"]
    assert set(table.loc[table["measure"] == "ratio", "role"]) == {"train"}
    assert set(table.loc[table["measure"] != "ratio", "role"]) == {"context"}
    levels = evidence.anchors.copy()
    levels.loc["eu_thb_2020_eu28_female_male_ratio", "measure"] = "incident_lifetime"
    found = list(collisions(levels, evidence.regions, origin={}))
    assert len(found) == 1 and "EU-27 and EU-28" in found[0]


def test_the_order_of_rows_does_not_hide_a_collision(evidence):
    levels = evidence.anchors.copy()
    levels.loc["eu_thb_2020_eu28_unit", "role"] = "train"
    turned = levels.iloc[::-1]
    assert any("EU-27 and EU-28" in line for line in collisions(turned, evidence.regions, origin={}))


def test_a_superseded_row_is_context_and_says_by_whom():
    evidence = read_evidence([DATA / "superseding-anchor.csv"])
    old, new = evidence.anchors.loc["us_cm_2012_all"], evidence.anchors.loc["mine"]
    assert old["role"] == "context" and old["note"].startswith("Superseded by mine (superseding-anchor.csv).")
    assert new["role"] == "train" and new["value"] == 250_000
