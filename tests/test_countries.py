"""A code stands for exactly one set of countries, and the facts of a country hang together."""

from __future__ import annotations

import numpy as np
import pytest

from costmodel.errors import EvidenceError
from costmodel.evidence import Evidence, check_country, country, members, read_evidence
from costmodel.evidence.countries import region_codes


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return read_evidence()


def test_a_country_stands_for_itself_and_a_region_for_its_members(evidence: Evidence) -> None:
    assert members("NLD", evidence) == ("NLD",)
    assert len(members("EU27", evidence)) == 27
    assert set(members("EU28", evidence)) - set(members("EU27", evidence)) == {"GBR"}
    assert set(members("EU27", evidence)) == set(evidence.countries.index[evidence.countries["eu27"] == 1])
    assert members("NAC", evidence) == ("CAN", "USA")


def test_developing_east_asia_holds_china_and_no_rich_country(evidence: Evidence) -> None:
    found = members("EAP", evidence)
    assert {"CHN", "PHL", "VNM"} <= set(found)
    assert not {"JPN", "KOR", "AUS", "NZL", "SGP"} & set(found)


@pytest.mark.parametrize("role", ["train", "bound"])
def test_every_anchor_is_for_the_place_its_study_is_about(evidence: Evidence, role: str) -> None:
    """A study of Northern America must not be handed to Namibia, whose code is NAM."""
    anchors = evidence.anchors[evidence.anchors["role"] == role]
    places = {code: members(code, evidence) for code in anchors["geography"].unique()}
    assert "NAM" not in places
    assert all(places.values())


WRITTEN = {
    "Netherlands": "'NLD' (Netherlands)",
    "nld": "'NLD' (Netherlands)",
    "holland": "'NLD' (Netherlands)",
    "UK": "'GBR' (United Kingdom)",
    "Phillipines": "'PHL' (Philippines)",
    "Cote d'Ivoire": "'CIV' (Côte d’Ivoire)",
    "EU": "'EU27' (European Union (27))",
    "EU-27": "'EU27' (European Union (27))",
    "North America": "'NAC' (Northern America)",
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_name_in_place_of_a_code_finds_the_code(evidence: Evidence, written: str) -> None:
    with pytest.raises(EvidenceError) as raised:
        check_country(written, evidence)
    assert str(raised.value) == f"unknown country {written!r}; did you mean {WRITTEN[written]}?"


def test_a_word_like_no_country_is_told_what_to_write(evidence: Evidence) -> None:
    with pytest.raises(EvidenceError) as raised:
        members("qqqqq", evidence)
    assert "use the ISO 3166 alpha-3 code of a country, for example NLD, or a region: EU27, EU28" in str(
        raised.value
    )


def test_a_region_is_not_a_country(evidence: Evidence) -> None:
    assert country("NLD", evidence)["name"] == "Netherlands"
    with pytest.raises(EvidenceError, match="unknown country 'EU27'"):
        country("EU27", evidence)


def test_members_of_a_region_are_countries_and_each_is_there_once(evidence: Evidence) -> None:
    for code in region_codes(evidence):
        found = members(code, evidence)
        assert len(found) == len(set(found)) > 0
        assert set(found) <= set(evidence.countries.index)


def test_children_by_age_add_up_to_all_children(evidence: Evidence) -> None:
    bands = evidence.countries[["children_0_4", "children_5_11", "children_12_14", "children_15_17"]].sum(
        axis=1
    )
    assert (bands == evidence.countries["children_2024"]).all()
    assert (evidence.countries["children_2024"] < evidence.countries["population_2024"]).all()


def test_the_world_and_the_union_have_the_children_the_sources_print(evidence: Evidence) -> None:
    """World 2.403 billion, EU-27 79.3 million, Germany 13.9 million in 2024."""
    children = evidence.countries["children_2024"]
    assert children.sum() == pytest.approx(2.403e9, rel=1e-3)
    assert children.loc[list(members("EU27", evidence))].sum() == pytest.approx(79.3e6, rel=1e-3)
    assert children["DEU"] == pytest.approx(13.9e6, rel=2e-3)


def test_children_of_2030_are_on_the_scale_of_2024(evidence: Evidence) -> None:
    """Germany: two sources differ by 1.2% on its population; unscaled, that would look like a birth wave.

    No country's children change by more than a third in six years, save Ukraine and the smallest states.
    """
    large = evidence.countries[evidence.countries["children_2024"] > 500_000]
    ratio = large["children_2030"] / large["children_2024"]
    assert ratio["DEU"] < 1.0
    assert ratio.between(0.7, 1.34).all(), ratio[~ratio.between(0.7, 1.34)]


def test_every_country_has_an_income_group_and_judgement_is_marked(evidence: Evidence) -> None:
    """The World Bank classifies neither Ethiopia nor Venezuela in fiscal year 2026."""
    assert len(evidence.countries) == 196
    assert evidence.countries.at["ETH", "income_group"] == "Low income"
    assert evidence.countries.at["VEN", "income_group"] == "Upper middle income"
    for iso3 in ("ETH", "VEN", "VAT"):
        assert evidence.countries.at[iso3, "status"] == "elicited"
        assert "by judgement" in evidence.countries.at[iso3, "note"]


def test_output_per_head_is_output_over_the_people_it_covers(evidence: Evidence) -> None:
    """GDP of Cyprus leaves out the north of the island: over all islanders it would be 28% too low."""
    facts = evidence.countries[evidence.countries["gdp_year"] == 2024]
    people = evidence.prices["population"].xs(2024, level="year").reindex(facts.index)
    gap = np.log(facts["gdp_usd"] / people / facts["gdp_per_capita_usd"]).abs()
    assert gap["CYP"] < 0.001
    assert gap.max() < 0.07


def test_survivors_start_at_one_and_only_fall(evidence: Evidence) -> None:
    for iso3 in evidence.lifetables.index.get_level_values("iso3").unique():
        survivors = evidence.lifetables.loc[iso3, "survivors"].to_numpy()
        assert survivors[0] == 1.0
        assert (np.diff(survivors) < 0).all(), iso3


def test_every_country_with_output_has_a_life_table(evidence: Evidence) -> None:
    with_gdp = set(evidence.countries.index[evidence.countries["gdp_usd"].notna()])
    assert with_gdp <= set(evidence.lifetables.index.get_level_values("iso3"))


def test_denominators_agree_with_the_country_table(evidence: Evidence) -> None:
    """Two vintages of population: half within 5%, none of a million children or more off by e^0.5."""
    older = evidence.children["children"].xs(2024, level="year")
    newer = evidence.countries["children_2024"].reindex(older.index)
    gap = np.log(older / newer).abs()
    assert gap.median() < 0.05
    assert gap[newer > 1e6].max() < 0.5
