"""When the costs of a victim fall: profiles sum to one, and discounting them agrees with the closed form."""

import numpy as np
import pytest

from costmodel.lifetime import (
    N_YEARS,
    average_discount,
    earnings_weights,
    profile_discount,
    single_ages,
    uniform_profile,
)


@pytest.mark.parametrize("rate", [-0.02, 0.005, 0.03, 0.1])
def test_average_discount_is_the_integral_of_exp(rate):
    """(1/T) times the integral of exp(-r t) over T = 20 years, by the midpoint rule on 20,000 steps."""
    middle = (np.arange(20_000) + 0.5) / 1000
    assert average_discount(rate, 20.0) == pytest.approx(np.exp(-rate * middle).mean(), rel=1e-6)


def test_average_discount_has_no_hole_at_rate_zero():
    """1 - rT/2 for a tiny rT: at r = 1e-12 the naive formula divides rounding errors."""
    assert average_discount(0.0, 20.0) == 1
    assert average_discount(1e-12, 20.0) == pytest.approx(1 - 1e-11, abs=1e-14)
    assert average_discount([1e-9, 1e-8], 1.0) == pytest.approx([1 - 5e-10, 1 - 5e-9], abs=1e-13)


def test_a_flow_of_two_and_a_half_years_has_its_last_half_in_the_third():
    """1, 1 and 0.5 of 2.5: 0.4, 0.4, 0.2."""
    assert uniform_profile([2.5])[0, :4].tolist() == [0.4, 0.4, 0.2, 0]


def test_every_profile_sums_to_one_even_beyond_the_years_followed():
    """0.3 years fall in the first year whole; 500 years are cut at the last year followed."""
    profiles = uniform_profile([0.3, 7.7, 500.0])
    assert profiles.sum(axis=1) == pytest.approx([1, 1, 1])
    assert profiles[0, 0] == 1
    assert profiles[2] == pytest.approx(np.full(N_YEARS, 1 / N_YEARS))


def test_earnings_are_weighted_by_survival_from_the_age_of_exit():
    """Half of those alive at 1 reach 2, and earn 1 from age 2 on to 3: 0, 0.5, 0.25 x 1 ... from age 1 on."""
    survivors, earnings = [1.0, 0.8, 0.4, 0.2], [0.0, 0.0, 1.0, 1.0]
    assert earnings_weights(1, survivors=survivors, earnings=earnings)[:4].tolist() == [0, 0.5, 0.25, 0]


def test_who_exits_later_has_fewer_years_of_earnings_left():
    """Nobody dies and everybody earns from 15 to 64: 50 years at exit 15, 37 at exit 28."""
    alive, pay = np.ones(101), np.where((np.arange(101) >= 15) & (np.arange(101) < 65), 1.0, 0.0)
    totals = [earnings_weights(age, survivors=alive, earnings=pay).sum() for age in (8, 15, 28)]
    assert totals == [50, 50, 37]


def test_single_ages_are_flat_outside_what_is_given():
    assert single_ages([1, 3], [0.8, 0.4], n_ages=5).tolist() == [0.8, 0.8, pytest.approx(0.6), 0.4, 0.4]


def test_profile_discount_falls_in_mid_year():
    """Equal parts in years 1 and 2 at 10%: (exp(-0.05) + exp(-0.15)) / 2, whatever the scale of the weights."""
    expected = (np.exp(-0.05) + np.exp(-0.15)) / 2
    assert profile_discount([7.0, 7.0, 0.0], 0.1) == pytest.approx(expected)


def test_a_long_uniform_profile_agrees_with_the_closed_form():
    """Yearly midpoints against the integral over 30 years at 4%: off by r^2/24 = 0.007%."""
    assert profile_discount(uniform_profile([30.0]), 0.04)[0] == pytest.approx(
        average_discount(0.04, 30.0), rel=1e-4
    )


def test_rates_are_paired_with_profiles():
    """One rate a row: the undiscounted row stays 1, the other is the one computed alone."""
    profiles = uniform_profile([10.0, 10.0])
    found = profile_discount(profiles, np.array([0.0, 0.05]))
    assert found == pytest.approx([1, profile_discount(profiles[:1], 0.05)[0]])
