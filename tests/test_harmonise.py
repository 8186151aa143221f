"""From figures as printed to model units: each step by hand from the row it starts with."""

import dataclasses

import numpy as np
import pytest

from costmodel.errors import EvidenceError
from costmodel.evidence import harmonise
from costmodel.evidence.harmonise import COMPONENTS, GROUPS
from costmodel.evidence.scope import ratio_data, unit_cost_data


@pytest.fixture(scope="module")
def data(evidence):
    return unit_cost_data(evidence)


def at(data, name):
    return data.ids.index(name)


def anchor(evidence, name, **changes):
    row = evidence.anchors.loc[name].copy()
    for column, value in changes.items():
        row[column] = value
    return row


def test_an_interval_is_the_95_percent_interval_of_a_log_normal(evidence):
    """Conti: 44,896 to 145,508: median sqrt(product) = 80,825; log-SD log(3.241) / 3.92 = 0.30."""
    value, sd = harmonise.level(evidence.anchors.loc["uk_cm_2017_unit"])
    assert value == pytest.approx(80_825, abs=1)
    assert sd == pytest.approx(np.log(145_508 / 44_896) / (2 * 1.959964), rel=1e-3)


def test_a_range_is_read_as_5_to_95_percent(evidence):
    """1 to 4: median 2; log 4 = 1.386 is 2 x 1.645 log-SDs, 0.4214 each."""
    row = anchor(evidence, "eu_thb_2020_eu27_unit", statement="range", low=1.0, high=4.0, value=np.nan)
    assert harmonise.level(row) == pytest.approx((2.0, 0.42140), abs=1e-5)


def test_a_point_keeps_its_value_and_its_own_error(evidence):
    assert harmonise.level(evidence.anchors.loc["eu_thb_2020_eu27_unit"]) == (337_462, 0.2)


def test_a_printed_point_inside_scenarios_stays_the_centre(evidence):
    """100 with scenarios from 90 to 500: the ends say how far, not where."""
    row = anchor(evidence, "eu_thb_2020_eu27_unit", statement="range", low=90.0, value=100.0, high=500.0)
    assert harmonise.level(row)[0] == 100.0


def test_the_wider_of_the_interval_and_the_own_error_counts(evidence):
    """1.36 to 2.52 read as 5-95% is 0.19 in logs; the row says 0.25, because the range is of one input alone."""
    row = evidence.anchors.loc["fang_eap_2015_share"]
    assert np.log(2.52 / 1.36) / (2 * 1.644854) < 0.19
    assert harmonise.level(row)[1] == 0.25


def test_a_one_sided_figure_stands_for_itself(evidence):
    """The Nigerian figure is printed as 'at least 1.07%': the bound is the figure."""
    assert harmonise.level(evidence.anchors.loc["ng_vac_2019_productivity_share"])[0] == 0.0107


def test_a_row_without_any_value_says_what_to_do(evidence):
    row = anchor(evidence, "eu_thb_2020_eu27_unit", value=np.nan)
    with pytest.raises(
        EvidenceError, match=r"row eu_thb_2020_eu27_unit: no value; give value, or low and high"
    ):
        harmonise.level(row)


def test_a_unit_cost_is_divided_by_gdp_per_capita_of_its_own_place_and_year(evidence):
    """USD 210,012 of 2010 over US GDP per capita of 2010, both read here from the tables."""
    row = evidence.anchors.loc["us_cm_2012_all"]
    prices = evidence.prices.loc[("USA", int(row["price_year"]))]
    expected = 210_012 / (prices["gdp_usd"] / prices["population"])
    assert harmonise.gdp_per_capita_multiple(row, evidence=evidence) == pytest.approx(expected, rel=0.01)


def test_every_mix_is_a_whole(data):
    """Shares of the groups of each study sum to 1: a victim is in one group."""
    assert data.mix.sum(axis=1) == pytest.approx(np.ones(len(data.ids)), abs=2e-5)


def test_masks_hold_the_components_of_their_rows(evidence, data):
    for i, name in enumerate(data.ids):
        printed = set(evidence.anchors.at[name, "components"].split())
        inside = {component for component, one in zip(COMPONENTS, data.mask[i], strict=True) if one}
        assert inside == printed - {"transfers"}, name
        assert bool(data.transfers[i]) == ("transfers" in printed), name


def test_only_figures_with_quality_of_life_hold_a_value_of_a_qaly(data):
    quality = data.mask[:, COMPONENTS.index("quality")] == 1
    assert [bool(name) for name in data.value_of_qaly] == quality.tolist()


def test_holdouts_are_not_for_training_and_ratios_are_no_levels(evidence, data):
    roles = {name: evidence.anchors.at[name, "role"] for name in data.ids}
    assert {roles[name] for name, train in zip(data.ids, data.train, strict=True) if train} == {"train"}
    assert {roles[name] for name, train in zip(data.ids, data.train, strict=True) if not train} == {"holdout"}
    assert not {"eu_thb_2020_eu28_female_male_ratio", "us_cm_2018_ratio"} & set(data.ids)


def test_totals_of_a_country_are_no_unit_costs(evidence, data):
    assert all("/" in evidence.anchors.at[name, "unit"] for name in data.ids)


def test_lost_output_of_a_child_is_one_where_nothing_is_discounted(data):
    """The reference itself: every child group of the EU study, net rate 0."""
    row = data.output_factor[at(data, "eu_thb_2020_eu27_unit")]
    child = [age == "child" for _, _, age in GROUPS]
    assert row[child] == pytest.approx(np.ones(sum(child)))


def test_an_adult_has_a_shorter_working_life_left(evidence, data):
    """Earnings after 28 over earnings after 15, survivors of each age taken as given, by a loop over ages."""
    alive, pay = harmonise.survivors(evidence, "GBR"), harmonise.earnings(evidence)

    def years_of_earnings(age):
        return sum(alive[a] / alive[age] * pay[a] for a in range(age, 101))

    adult = data.output_factor[at(data, "eu_thb_2020_eu27_unit"), GROUPS.index(("sexual", "female", "adult"))]
    assert adult == pytest.approx(years_of_earnings(28) / years_of_earnings(15))
    assert 0.5 < adult < 1


def test_discounted_output_of_a_maltreated_child_against_a_loop_over_ages(evidence, data):
    """US study, age 8, net rate 2%: survival x earnings x exp(-0.02 (age - 8 + 0.5)) over the same undiscounted."""
    alive, pay = harmonise.survivors(evidence, "GBR"), harmonise.earnings(evidence)
    top = bottom = 0.0
    for age in range(8, 101):
        weight = alive[age] * pay[age]
        bottom += weight
        top += weight * np.exp(-0.02 * (age - 8 + 0.5))
    factor = data.output_factor[at(data, "us_cm_2012_all"), GROUPS.index(("any", "female", "child"))]
    assert factor == pytest.approx(top / bottom)


def test_earnings_are_none_before_work_and_after_retirement(evidence):
    pay = harmonise.earnings(evidence)
    assert (pay[[0, 14, 15, 30, 55, 65, 80]] == [0, 0, 0, 1, 1, 0, 0]).all()
    assert pay[60] == pytest.approx(0.5)


def test_female_over_male_is_the_printed_contrast(evidence):
    """log(337,999 / 256,184) = 0.2772; each side weighs the victims of its sex alone."""
    ratios = ratio_data(evidence)
    row = at(ratios, "eu_thb_2020_eu28_female_male_ratio")
    assert ratios.log_ratio[row] == pytest.approx(np.log(337_999 / 256_184), abs=1e-5)
    assert ratios.own_sd[row] == 0.08
    for side, sex in ((ratios.numerator, "female"), (ratios.denominator, "male")):
        assert side.mix[row].sum() == pytest.approx(1, abs=2e-6)
        assert {GROUPS[g][1] for g in np.flatnonzero(side.mix[row])} == {sex}


def test_a_share_is_its_component_over_the_whole(evidence):
    """Services 9,614 and coordination 2,059 of 312,756; below the line all six components."""
    ratios = ratio_data(evidence)
    for name, money in (("services", 9_614), ("coordination", 2_059)):
        row = at(ratios, f"eu_thb_2020_eu28_{name}_share")
        assert ratios.log_ratio[row] == pytest.approx(np.log(money / 312_756), abs=1e-4)
        assert ratios.numerator.mask[row].sum() == 1
        assert ratios.numerator.mask[row, COMPONENTS.index(name)] == 1
        assert ratios.denominator.mask[row].all()


def test_the_us_ratio_of_intangible_to_tangible_is_its_arithmetic(evidence):
    """(830,928 - 210,012 x 1.087) / (210,012 x 1.087) = 2.64; part of the numerator is the community's."""
    ratios = ratio_data(evidence)
    row = at(ratios, "us_cm_2018_ratio")
    assert np.exp(ratios.log_ratio[row]) == pytest.approx(830_928 / (210_012 * 1.087) - 1, abs=0.005)
    assert ratios.numerator.community[row] == 1 and ratios.denominator.community[row] == 0


def test_evidence_without_a_training_row_is_refused(evidence):
    table = evidence.anchors.copy()
    table.loc[table["module"] == "unit_cost", "role"] = "holdout"
    with pytest.raises(EvidenceError, match="no unit-cost row has role train"):
        unit_cost_data(dataclasses.replace(evidence, anchors=table))


def test_a_mix_that_no_row_describes_is_named(evidence):
    table = evidence.anchors.copy()
    table.loc["us_cm_2012_all", "mix"] = "martians"
    with pytest.raises(EvidenceError, match=r"mixes\.csv: no mix 'martians'"):
        unit_cost_data(dataclasses.replace(evidence, anchors=table))


def test_a_country_without_a_life_table_is_named(evidence):
    with pytest.raises(EvidenceError, match="no life table for QQQ"):
        harmonise.survivors(evidence, "QQQ")
