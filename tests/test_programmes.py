"""From coverage to remaining incidence: each step by hand, and the laws that no number may break."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.programme_inputs import exchange, unit_cost_draws
from costmodel.programmes import (
    combine_factors,
    delay_start,
    delivery_cost,
    effective_coverage,
    incidence_share,
    programme_factor,
    remaining_incidence,
)

SHARES = st.floats(0, 1)
PATHS = st.lists(SHARES, min_size=1, max_size=25)


def acting_slowly(path, *, lag, ramp, half_life):
    """Year by year and start by start, as one would on paper; a start is one rise of coverage."""
    starts, fading, acting = {}, 0.0, []
    decay = 0.5 ** (1 / half_life) if half_life == half_life and half_life > 0 else 0.0
    before = 0.0

    def built(age):
        return min(max((age + 1 - lag) / max(ramp, 1.0), 0.0), 1.0)

    for year, now in enumerate(path):
        if now >= before:
            starts[year] = now - before
        else:
            stopped = 1 - now / before
            fading += sum(stopped * size * built(year - 1 - start) for start, size in starts.items())
            starts = {start: size * (1 - stopped) for start, size in starts.items()}
        fading *= decay
        acting.append(fading + sum(size * built(year - start) for start, size in starts.items()))
        before = now
    return [min(value, max(path[: i + 1])) for i, value in enumerate(acting)]


@settings(deadline=None)  # the machine may be busy
@given(path=PATHS, lag=st.floats(0, 3), ramp=st.floats(0, 5), half_life=st.sampled_from([np.nan, 0.5, 2, 8]))
def test_acting_coverage_is_what_a_year_by_year_account_gives(path, lag, ramp, half_life):
    slow = acting_slowly(path, lag=lag, ramp=ramp, half_life=half_life)
    assert effective_coverage(path, lag=lag, ramp=ramp, half_life=half_life) == pytest.approx(slow, abs=1e-12)


@settings(deadline=None)  # the machine may be busy
@given(path=PATHS, lag=st.floats(0, 3), ramp=st.floats(0, 5), half_life=st.sampled_from([np.nan, 0.5, 2, 8]))
def test_nothing_acts_that_was_never_covered(path, lag, ramp, half_life):
    acting = effective_coverage(path, lag=lag, ramp=ramp, half_life=half_life)
    assert (acting >= 0).all()
    assert (acting <= np.maximum.accumulate(path) + 1e-12).all()


def test_effect_waits_for_the_lag_and_grows_over_the_ramp():
    """Coverage 0.4 from year 0, lag 1, ramp 2: nothing in year 0, half in year 1, all from year 2."""
    assert effective_coverage([0.4] * 4, lag=1, ramp=2, half_life=0).tolist() == pytest.approx(
        [0, 0.2, 0.4, 0.4]
    )


def test_a_fractional_lag_takes_its_part_of_the_first_year():
    """Lag of half a year, full effect at once: half of 0.4 in the first year."""
    assert effective_coverage([0.4, 0.4], lag=0.5, ramp=1, half_life=0).tolist() == pytest.approx([0.2, 0.4])


def test_coverage_that_is_cut_in_steps_acts_on_what_is_left():
    """0.4, 0.2, 0.1 with effects at once and none after a stop: 0.4, 0.2, 0.1, not 0."""
    assert effective_coverage([0.4, 0.2, 0.1], lag=0, ramp=1, half_life=np.nan).tolist() == pytest.approx(
        [0.4, 0.2, 0.1]
    )


def test_an_effect_with_a_half_life_of_one_year_halves_every_year_after_the_stop():
    assert effective_coverage([0.4, 0, 0, 0], lag=0, ramp=1, half_life=1).tolist() == pytest.approx(
        [0.4, 0.2, 0.1, 0.05]
    )


@settings(deadline=None)  # the machine may be busy
@given(low=PATHS, extra=PATHS, lag=st.floats(0, 2), ramp=st.floats(0, 4))
def test_more_coverage_while_funded_never_acts_less(low, extra, lag, ramp):
    """Law for paths that only rise: coverage at least as high in every year acts at least as much."""
    size = min(len(low), len(extra))
    less = np.sort(low[:size])
    more = np.maximum.accumulate(np.minimum(1, less + np.array(extra[:size])))
    acting = [effective_coverage(path, lag=lag, ramp=ramp, half_life=0) for path in (less, more)]
    assert (acting[1] >= acting[0] - 1e-12).all()


def test_a_later_start_ends_on_the_same_date():
    """0.1, 0.2, 0.3, then nothing: one year later 0, 0.1, 0.2, and nothing in the fourth year still."""
    assert delay_start([0.1, 0.2, 0.3, 0.0], years=1).tolist() == [0, 0.1, 0.2, 0]


def test_a_delay_as_long_as_the_horizon_leaves_nothing():
    assert delay_start([0.1, 0.2], years=2).tolist() == [0, 0]
    assert delay_start([0.3], years=1).tolist() == [0]


@pytest.mark.parametrize("years", [0, 1, 3])
def test_the_horizon_keeps_its_length(years):
    assert delay_start([0.5] * 5, years=years).tolist() == [0] * years + [0.5] * (5 - years)


def test_share_of_incidence_is_bayes_rule():
    """Of 1,000 children 100 at risk 3 and 900 at risk 1: 300 of 1,200 cases, a quarter."""
    assert incidence_share(0.1, relative_risk=3.0) == pytest.approx(0.25)


def test_a_group_at_ordinary_risk_has_its_share_of_children_and_everybody_has_all():
    assert incidence_share(0.3, relative_risk=1.0) == pytest.approx(0.3)
    assert incidence_share(1.0, relative_risk=5.0) == pytest.approx(1)


def test_displacement_takes_its_part_of_what_was_averted():
    """RR 0.6 averts 0.4, of which a quarter moves: 0.3 at full coverage, 0.15 at half."""
    factor = programme_factor([0, 0.5, 1], rr=[0.6], displacement=[0.25])
    assert factor[0].tolist() == pytest.approx([1, 0.85, 0.7])


def test_draws_in_which_a_programme_harms_are_kept():
    """RR 1.2 without displacement: 20% more at full coverage."""
    assert programme_factor([1.0], rr=[1.2], displacement=[0.0]).item() == pytest.approx(1.2)


@settings(deadline=None)  # the machine may be busy
@given(factor=st.floats(0.1, 1.5), overlap=SHARES)
def test_a_lone_programme_is_not_shrunk(factor, overlap):
    assert combine_factors([[[factor]]], overlap=[overlap]).item() == pytest.approx(factor)


def test_the_strongest_counts_in_full_and_the_other_to_the_power_of_overlap():
    """0.5 and 0.81 with overlap 1/2: 0.5 x 0.9 = 0.45; with 0: 0.5; with 1: 0.405."""
    found = [combine_factors([[[0.81]], [[0.5]]], overlap=[power]).item() for power in (0.5, 0.0, 1.0)]
    assert found == pytest.approx([0.45, 0.5, 0.405])


@settings(deadline=None)  # the machine may be busy
@given(factors=st.lists(st.floats(0.1, 1), min_size=1, max_size=5), overlap=SHARES)
def test_a_further_programme_that_protects_never_leaves_more(factors, overlap):
    stacked = np.array(factors)[:, None, None]
    all_of_them = combine_factors(stacked, overlap=[overlap]).item()
    assert all_of_them <= combine_factors(stacked[:1], overlap=[overlap]).item() + 1e-12
    assert all_of_them >= np.prod(factors) - 1e-12


def test_disjoint_groups_add_up():
    """A quarter of cases halved and a tenth cut by 20%: 1 - 0.125 - 0.02 = 0.855."""
    left = remaining_incidence([[0.25], [0.1]], [[[0.5]], [[0.8]]], cap=0.8)
    assert left.item() == pytest.approx(0.855)


def test_no_more_than_the_cap_is_averted():
    """Everybody reached by something perfect: 20% are left, since no country has shown a larger fall."""
    assert remaining_incidence([[1.0]], [[[0.0]]], cap=0.8).item() == pytest.approx(0.2)


def test_groups_that_claim_more_than_all_cases_count_where_most_is_changed():
    """Shares 0.8 and 0.6, halved and cut by 20%: 1 - 0.8 x 0.5 - (what is left) 0.2 x 0.2 = 0.56."""
    assert remaining_incidence([[0.8], [0.6]], [[[0.5]], [[0.8]]], cap=0.8).item() == pytest.approx(0.56)


@settings(deadline=None)  # the machine may be busy
@given(
    groups=st.lists(st.tuples(SHARES, SHARES), min_size=1, max_size=5),
    more=st.tuples(SHARES, SHARES),
    reach=SHARES,
)
def test_a_programme_for_a_further_group_never_undoes_what_the_others_do(groups, more, reach):
    """Law in draws that protect: one more group, or more of it, leaves no more; idle it changes nothing."""

    def left(rows):
        shares, factors = zip(*rows, strict=True)
        return remaining_incidence(
            np.array(shares)[:, None], np.array(factors)[:, None, None], cap=0.8
        ).item()

    share, factor = more
    weaker = (share, 1 - (1 - factor) * reach)
    assert left([*groups, more]) <= left([*groups, weaker]) + 1e-12
    assert left([*groups, weaker]) <= left(groups) + 1e-12
    assert left([*groups, (share, 1.0)]) == pytest.approx(left(groups))


def test_harm_is_not_crowded_out_by_what_protects_less():
    """Everybody claimed twice: a harm of 30% outweighs a benefit of 10% and counts in full: 1.3."""
    assert remaining_incidence([[1.0], [1.0]], [[[0.9]], [[1.3]]], cap=0.8).item() == pytest.approx(1.3)


def test_the_last_mile_costs_more():
    """100 a child and one extra multiple at full reach: half of 0.8 costs 100 (1 + 1/8) 0.4 = 45."""
    cost = delivery_cost([0.4, 0.8, 0.0], coverage_max=0.8, unit_cost=[100.0], last_mile=[1.0])
    assert cost[0].tolist() == pytest.approx([45, 160, 0])


def test_nothing_covered_costs_exactly_nothing():
    assert (delivery_cost([0.0, 0.0], coverage_max=0.5, unit_cost=[1e9], last_mile=[2.0]) == 0).all()


def cost_row(evidence, name, group):
    table = evidence.programmes
    return table[(table["id"] == name) & (table["income_group"] == group)].iloc[0]


def test_unit_cost_has_the_quantiles_of_its_row(evidence):
    """Median at mid, 5% below low, 5% above high: within 4 standard errors of 100,000 draws."""
    row = cost_row(evidence, "family_strengthening", "Low income")
    cost = unit_cost_draws(row, n_draws=100_000, seed=1, z=1.645)
    below = [np.mean(cost < row[f"unit_cost_{name}"]) for name in ("low", "mid", "high")]
    assert below == pytest.approx([0.05, 0.5, 0.95], abs=4 * np.sqrt(0.25 / 100_000))


def test_every_row_of_every_programme_has_ordered_costs_and_finite_draws(evidence):
    for _, row in evidence.programmes.iterrows():
        assert np.isfinite(unit_cost_draws(row, n_draws=10, seed=1, z=1.645)).all(), row["id"]


def test_a_euro_of_the_price_year_is_a_euro(evidence):
    """A cost in euro of the price year, delivered in the Netherlands, wanted in euro: no factor at all."""
    row = cost_row(evidence, "family_strengthening", "High income").copy()
    row["currency"], row["price_year"] = "EUR", 2024
    assert exchange(row, country="NLD", currency="EUR", price_year=2024, evidence=evidence) == pytest.approx(
        1
    )


def test_a_cost_is_deflated_where_it_is_delivered(evidence):
    """Euro of 2014 in the Netherlands, euro wanted: the rise of Dutch prices to 2024, nothing else."""
    row = cost_row(evidence, "family_strengthening", "High income").copy()
    row["currency"], row["price_year"] = "EUR", 2014
    index = evidence.prices["gdp_deflator"]
    expected = index["NLD", 2024] / index["NLD", 2014]
    found = exchange(row, country="NLD", currency="EUR", price_year=2024, evidence=evidence)
    assert found == pytest.approx(expected)
