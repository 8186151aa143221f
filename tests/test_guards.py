"""What may not be counted twice: each guard refuses its file, names both rows and the rule, and says what to do."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from costmodel.errors import EvidenceError
from costmodel.evidence import read_evidence
from costmodel.evidence.guards import RULES, collisions
from costmodel.evidence.ledger import ledgers
from costmodel.evidence.scope import unit_cost_data

DATA = Path(__file__).parent / "data"
MEETS = {
    "total-and-unit": ("eu_thb_2020_eu27_unit", "a total and its own unit cost"),
    "eu27-and-eu28": ("eu_thb_2020_eu27_unit", "EU-27 and EU-28"),
    "nested-regions": ("fang_eap_2015_share", "nested regions"),
    "two-versions": ("us_cm_2012_all", "two versions of a study"),
    "profits": ("eu_thb_2020_eu27_unit", "profits and lost output"),
    "daly-and-earnings": ("ng_vac_2019_daly_share", "DALYs and lost earnings of one study"),
    "annual-and-lifetime": ("eu_thb_2020_eu27_unit", "an annual stock and a lifetime cohort"),
    "same-source": ("eu_thb_2020_eu27_unit", "two versions of a study"),
    "women-of-everybody": ("eu_thb_2020_eu27_unit", "two versions of a study"),
    "member-state": ("eu_thb_2020_eu27_unit", "nested regions"),
    "same-region": ("ace_euna_2019_europe_share", "nested regions"),
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
    "quoted-module": "module prevention is quoted only; set role context, or one of the modules unit_cost, violence, "
    "profits",
    "benefit": "measure benefit cannot enter module unit_cost, which reads incident_lifetime, fiscal, annual_stock, "
    "ratio; correct it, or set role context",
    "death": "unit USD/death cannot enter module unit_cost; give money per victim as EUR/victim, a total with its "
    "count as EUR total, ratio or share, or set role context",
    "victim-year": "unit USD/victim/yr cannot enter module unit_cost; give money per victim as EUR/victim, a total "
    "with its count as EUR total, ratio or share, or set role context",
    "ratio-of-money": "measure ratio and unit USD/victim do not fit; a ratio has unit ratio or share",
    "violence-per-victim": "unit NGN/victim cannot enter module violence; give share of GDP, or money a year as "
    "EUR/yr, or set role context",
    "violence-of-law": "components: 'law' is no part of module violence, which reads daly, daly_ace, productivity, "
    "services",
    "unit-cost-of-daly": "components: 'daly' is no part of module unit_cost, which reads coordination, law, services, "
    "health, output, quality, transfers, community",
    "bound-of-cost": "role bound cannot enter module unit_cost, which reads train, holdout; correct it, or set role "
    "context",
    "bound-as-point": "a bound is at_most or at_least, not point; use role train for a figure",
    "qaly-zero": "qaly_value '0' is neither a number of GDP per capita, above 0 and at most 50, nor one of "
    "value_of_qaly_unknown, value_of_qaly_au, value_of_qaly_us, value_of_qaly_uk",
    "qaly-of-uptake": "qaly_value 'uptake_law' is neither a number of GDP per capita, above 0 and at most 50, nor one "
    "of value_of_qaly_unknown, value_of_qaly_au, value_of_qaly_us, value_of_qaly_uk",
    "no-error": "own_sd is 0; give the error of the figure itself, which no figure is without",
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


def test_a_study_that_is_held_out_may_not_train():
    """The model would be tested on what it has seen."""
    with pytest.raises(EvidenceError) as refused:
        read_evidence([DATA / "bad-guard-held-out.csv"])
    assert str(refused.value) == (
        "bad-guard-held-out.csv, row mine, and anchors.csv, row uk_csa_2021_total: a training row and a held-out row "
        "of one study would test the model on what it has seen; set one role for all rows of the study, or supersede "
        "every row that is held out"
    )


def test_two_independent_studies_of_one_country_are_two_observations(evidence):
    """Another team's earnings beside DALYs, and a second unit cost of the same victims: legitimate evidence."""
    anchors = evidence.anchors.copy()
    second = anchors.loc["us_cm_2012_all"].copy()
    second[["study", "source", "cluster"]] = ["another", "mo_2020", ""]
    earnings = anchors.loc["ng_vac_2019_productivity_share"].copy()
    earnings[["study", "source", "cluster", "role"]] = ["another", "mo_2020", "", "train"]
    anchors.loc["second"], anchors.loc["earnings"] = second, earnings
    assert list(collisions(anchors, evidence.regions, origin={})) == []


def test_rows_without_a_cluster_deviate_each_by_its_study(evidence):
    """Two studies that name no cluster are not one study."""
    anchors = evidence.anchors.copy()
    for name in ("first", "second"):
        row = anchors.loc["us_cm_2012_all"].copy()
        row[["study", "cluster"]] = [name, ""]
        anchors.loc[f"{name}_unit"] = row
    data = unit_cost_data(dataclasses.replace(evidence, anchors=anchors))
    clusters = dict(zip(data.ids, data.cluster, strict=True))
    assert clusters["first_unit"] == "first" and clusters["second_unit"] == "second"


def test_only_a_held_out_total_beside_its_own_unit_cost_is_left_out(evidence):
    """A total of other components says something new, and so does one that trains alone."""
    data = unit_cost_data(evidence)
    assert "uk_csa_2021_total" not in data.ids and "uk_csa_2021_unit" in data.ids
    anchors = evidence.anchors.copy()
    anchors.loc["uk_csa_2021_total", "components"] = "law services health"
    other = unit_cost_data(dataclasses.replace(evidence, anchors=anchors))
    assert "uk_csa_2021_total" in other.ids


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
        "bad-anchor-no-rate.csv, row mine: prices.csv: no exchange rate for PRK in 2010; choose a year or a "
        "country that has one"
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
