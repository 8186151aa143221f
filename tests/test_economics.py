"""Present values, ratios, delay and break-even: by hand, and the laws between them."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel import appraisal, economics
from costmodel.evidence.harmonise import COMPONENTS


def test_costs_fall_in_mid_year():
    """21% a year: 1 / 1.21^0.5 = 0.9091 in the first year, 1 / 1.21^1.5 = 0.7513 in the second."""
    factors = economics.discount_factors([(0, 0.21)], n_years=2)
    assert factors.tolist() == pytest.approx([1 / 1.1, 1 / 1.331])


def test_a_rate_that_declines_applies_from_its_year_on():
    """21% for two years, then 0: the third year is discounted by both years and no more."""
    factors = economics.discount_factors([(0, 0.21), (2, 0.0)], n_years=4)
    assert factors.tolist() == pytest.approx([1 / 1.1, 1 / 1.331, 1 / 1.4641, 1 / 1.4641])


def test_green_book_rate_falls_after_thirty_years(evidence):
    """3.5% in years 0-30, then 3%: the factor of year 31 is 1.035^-31 x 1.03^-0.5."""
    steps = [
        tuple(row)
        for row in evidence.discounting.query("preset == 'green_book_2026'")[["from_year", "rate"]].to_numpy()
    ]
    factors = economics.discount_factors([(int(year), rate) for year, rate in steps], n_years=100)
    assert factors[30] == pytest.approx(1.035**-30.5)
    assert factors[31] == pytest.approx(1.035**-31 * 1.03**-0.5)
    assert factors[77] == pytest.approx(1.035**-31 * 1.03**-45 * 1.025**-1.5)


def test_zero_rate_discounts_nothing():
    assert (economics.discount_factors([(0, 0.0)], n_years=50) == 1).all()


@pytest.mark.parametrize("schedule", [[(0, -1.0)], [(1, 0.03)]])
def test_a_schedule_without_meaning_is_refused(schedule):
    with pytest.raises(ValueError, match="rate"):
        economics.discount_factors(schedule, n_years=2)


def test_present_value_sums_years_and_keeps_draws_and_components():
    """100 and 50 at factors 1 and 0.5: 125; the second component is ten times the first."""
    costs = np.array([[[100.0, 1000.0], [50.0, 500.0]]])
    assert economics.present_value(costs, factors=[1.0, 0.5]).tolist() == [[125.0, 1250.0]]


@settings(deadline=None)  # the machine may be busy
@given(rate=st.floats(0, 0.2), years=st.integers(1, 60))
def test_lifetime_factor_is_one_where_values_grow_at_the_rate(rate, years):
    """Growth by calendar year cancels discounting whenever the harm and whenever the cost."""
    factors = economics.discount_factors([(0, rate)], n_years=years + 40)
    value = (1 + rate) ** np.arange(years + 40.0)
    timing = np.full((1, 40), 1 / 40)
    found = economics.lifetime_factor(timing, value_index=value, factors=factors, n_years=years)
    assert found == pytest.approx(np.ones((1, years)))


def test_a_cost_two_years_later_is_discounted_twice_and_grown_twice():
    """All in the second year after the harm at 10%, values up 5% a year: (1.05 / 1.1)^2."""
    factors = economics.discount_factors([(0, 0.1)], n_years=10)
    found = economics.lifetime_factor(
        [[0, 0, 1]], value_index=1.05 ** np.arange(10), factors=factors, n_years=3
    )
    assert found[0].tolist() == pytest.approx([(1.05 / 1.1) ** 2] * 3)


def test_burden_against_a_loop_over_draws_years_and_components():
    rng = np.random.default_rng(3)
    cost, factors = rng.lognormal(size=(4, 5, 3)), economics.discount_factors([(0, 0.03)], n_years=5)
    lifetime = [rng.uniform(size=(1 if k == 0 else 4, 5)) for k in range(3)]
    found = economics.burden(cost, lifetime=lifetime, factors=factors)
    for d in range(4):
        for k in range(3):
            slow = 0.0
            for year in range(5):
                slow += cost[d, year, k] * lifetime[k][0 if k == 0 else d, year] * factors[year]
            assert found[d, k] == pytest.approx(slow)


def test_cost_of_inaction_is_the_avoidable_part_not_the_burden():
    """A burden of 10 that an option brings to 7 makes inaction cost 3; what harms makes it negative."""
    assert economics.cost_of_inaction([10.0, 10.0], [7.0, 11.0]).tolist() == [3, -1]


def test_ratio_is_of_means():
    """(1 + 5) / (2 + 1) = 2; the mean of ratios would be (0.5 + 5) / 2 = 2.75."""
    assert economics.benefit_cost_ratio([1.0, 5.0], spend=[2.0, 1.0]) == 2


def test_ratio_without_spend_is_missing_and_not_infinite():
    assert np.isnan(economics.benefit_cost_ratio([1.0], spend=[0.0]))


def test_a_net_benefit_of_exactly_zero_is_not_positive():
    assert economics.probability_positive([-1.0, 0.0, 1.0, 2.0]) == 0.5


@settings(deadline=None)  # the machine may be busy
@given(
    benefit=st.lists(st.floats(0.1, 1e6), min_size=1, max_size=20),
    cost=st.floats(0.1, 1e6),
)
def test_at_break_even_the_mean_net_benefit_is_zero(benefit, cost):
    multiple = economics.break_even_multiplier(benefit, spend=[cost])
    assert np.mean(np.array(benefit) * multiple) == pytest.approx(cost)


def test_an_option_that_averts_nothing_never_breaks_even():
    assert math.isnan(economics.break_even_multiplier([-1.0, 0.5], spend=[1.0]))


@pytest.mark.parametrize(
    ("gain", "cost", "follows", "side", "multiple"),
    [
        (4.0, 1.0, 0.0, "from", 1 / 4),
        (4.0, -1.0, 0.0, "always", None),
        (-4.0, -1.0, 0.0, "up to", 1 / 4),
        (-4.0, 1.0, 0.0, "never", None),
        (0.0, -1.0, 0.0, "always", None),
        (0.0, 0.0, 0.0, "never", None),
        (4.0, 3.0, 3.0, "always", None),
        (2.0, 3.0, 3.0, "never", None),
        (2.0, 1.0, 3.0, "up to", 2.0),
    ],
)
def test_repaying_at_any_value_is_not_repaying_at_none(gain, cost, follows, side, multiple):
    """Net benefit m gain - cost, of which a part is m times; at 0.01 and at 100 as said, at the multiple 0."""

    def net(m):
        return m * gain - (cost - follows) - m * follows

    terms = {"spend": [cost], "following": [follows]}
    assert economics.repays([gain], **terms) == side
    found = economics.break_even_multiplier([gain], **terms)
    assert math.isnan(found) if multiple is None else net(found) == pytest.approx(0, abs=1e-12)
    assert multiple is None or found == pytest.approx(multiple)
    ends = {"from": (False, True), "always": (True, True), "up to": (True, False), "never": (False, False)}
    assert (net(0.01) > 0, net(100) > 0) == ends[side]


def test_care_paid_by_victim_has_no_break_even_incidence():
    """Incidence x m: benefit 4 m, spend 3 m, net m (4 - 3): 0 at no positive m. With 1 fixed beside m of care: 1/3."""
    assert math.isnan(economics.break_even_multiplier([4.0], spend=[3.0], following=[3.0]))
    multiple = economics.break_even_multiplier([4.0], spend=[2.0], following=[1.0])
    assert multiple * 4.0 == pytest.approx(1.0 + multiple * 1.0)


def test_delay_costs_what_the_later_start_forgoes():
    assert economics.cost_of_delay([5.0, -2.0], [3.0, -1.0]).tolist() == [2, -1]


def test_payers_bear_each_component_whole(evidence):
    """Rows of the share matrix sum to 1, so that what payers bear adds up to the burden."""
    payers, shares, public = appraisal.payer_rows(evidence)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(COMPONENTS)))
    assert len(payers) == len(set(payers)) == shares.shape[1]
    assert ((public >= 0) & (public <= 1)).all()


def test_quality_of_life_is_no_public_cost(evidence):
    public = dict(zip(COMPONENTS, appraisal.payer_rows(evidence)[2], strict=True))
    assert public["quality"] == 0
    assert public["law"] == 1


def test_shares_that_leave_a_rest_are_refused():
    with pytest.raises(ValueError, match=r"payers\.csv: the shares of a component must sum to 1"):
        economics.payer_matrix(["law"], [("law", "justice", 0.9)])


def test_public_shares_sum_public_payers_only():
    rows = [("health", 0.7, 1), ("health", 0.2, 1), ("health", 0.1, 0)]
    assert economics.public_shares(["health", "law"], rows).tolist() == pytest.approx([0.9, 0])
