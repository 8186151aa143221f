"""Numbers that are printed: right by hand, and with no more digits than their Monte Carlo error supports."""

import math

import numpy as np
import pytest
import xarray as xr

from costmodel.summary import (
    Estimate,
    binned,
    central,
    interval,
    is_skewed,
    percent,
    printed,
    spoken,
    stated,
    summarise,
    summarise_ratio,
)

SAMPLE = ("chain", "draw")


def normal_draws(*, mean=0.0, sd=1.0, shape=(4, 1000), seed=1):
    return xr.DataArray(np.random.default_rng(seed).normal(mean, sd, shape), dims=SAMPLE)


def test_quantiles_are_the_5_50_and_95_percent():
    """0, 1, ... 100: the 5% quantile is 5, the median 50, the 95% quantile 95, the mean 50."""
    row = summarise(xr.DataArray([np.arange(101.0)], dims=SAMPLE)).iloc[0]
    assert row[["mean", "low", "mid", "high"]].tolist() == [50, 5, 50, 95]


def test_error_of_independent_draws_is_sd_over_root_n():
    """4,000 independent draws of sd 1: 1 / sqrt(4000) = 0.0158; the estimate of ESS is good to a tenth."""
    assert summarise(normal_draws()).mcse.item() == pytest.approx(1 / math.sqrt(4000), rel=0.1)


def test_repeating_draws_does_not_shrink_the_error():
    """Each draw written five times carries no more than one: the error stays, not 1 / sqrt(5) of it."""
    once = normal_draws(shape=(4, 400))
    five = xr.DataArray(np.repeat(once.to_numpy(), 5, axis=1), dims=SAMPLE)
    assert summarise(five).mcse.item() == pytest.approx(summarise(once).mcse.item(), rel=0.25)


def test_equal_draws_have_no_error_whatever_their_value():
    """A null option costs exactly 0 in every draw; 3.1 in every draw is known exactly too."""
    cells = xr.DataArray(np.broadcast_to([0.0, 3.1], (2, 50, 2)), dims=(*SAMPLE, "option"))
    table = summarise(cells.assign_coords(option=["null", "fixed"]))
    assert table["mcse"].tolist() == [0, 0]
    assert table["high"].tolist() == [0, 3.1]


def test_labels_of_the_other_dims_become_columns_and_scalar_labels_do_not():
    draws = normal_draws().expand_dims(year=[2026, 2027]).assign_coords(discount="zero")
    assert list(summarise(draws)) == ["year", "mean", "low", "mid", "high", "mcse"]


def test_a_missing_draw_is_refused_rather_than_passed_over():
    draws = normal_draws().rename("burden").copy()
    draws[0, 0] = np.nan
    with pytest.raises(ValueError, match="draws of burden: 1 of 4000 values are missing"):
        summarise(draws)


def test_ratio_is_of_means_and_not_the_mean_of_ratios():
    """Benefits 1 and 9 at costs 1 and 3: 10 / 4 = 2.5; the mean of the ratios 1 and 3 would be 2."""
    benefit, spend = (xr.DataArray([values], dims=SAMPLE) for values in ([1.0, 9.0], [1.0, 3.0]))
    assert summarise_ratio(benefit, spend)["mean"].item() == 2.5


def test_ratio_of_nothing_to_nothing_is_missing_and_disturbs_no_other_cell():
    """The second option costs and brings nothing: no ratio; the first has 8 / 2 = 4, without error."""
    benefit = xr.DataArray(np.broadcast_to([8.0, 0.0], (2, 50, 2)), dims=(*SAMPLE, "option"))
    spend = xr.DataArray(np.broadcast_to([2.0, 0.0], (2, 50, 2)), dims=(*SAMPLE, "option"))
    table = summarise_ratio(benefit, spend).set_index("option")
    assert table.loc[0, ["mean", "low", "mid", "high", "mcse"]].tolist() == [4, 4, 4, 4, 0]
    assert table.loc[1, ["mean", "low", "mid", "high", "mcse"]].isna().all()


def test_error_of_a_ratio_is_that_of_its_numerator_where_the_denominator_is_fixed():
    """With every cost 2, the ratio is benefit / 2, and so is its error."""
    benefit = normal_draws(mean=10)
    found = summarise_ratio(benefit, xr.full_like(benefit, 2.0)).iloc[0]
    assert found["mcse"] == pytest.approx(summarise(benefit / 2).iloc[0]["mcse"])


@pytest.mark.parametrize("shift", [-4.0, -1.0, 0.0, 2.6, 9.0])
def test_bins_break_at_zero_so_that_the_share_below_is_exact(shift):
    """No bin lies on both sides of 0: what lies below is counted, not interpolated; all shares make 1."""
    draws = normal_draws(mean=shift, seed=3)
    table = binned(draws, n_bins=40)
    assert not ((table["bin_low"] < 0) & (table["bin_high"] > 0)).any()
    below = table.loc[table["bin_high"] <= 0, "share"].sum()
    assert below == pytest.approx(float((draws < 0).mean()), abs=1e-12)
    assert table["share"].sum() == pytest.approx(1)


def test_bins_of_equal_draws_hold_them_all():
    assert binned(xr.zeros_like(normal_draws()))["share"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("value", "mcse", "said"),
    [
        (1234.0, 0.0, "1,230"),  # never more than three digits
        (1234.0, 6.0, "1,230"),  # 10 is about twice 6
        (1234.0, 9.0, "1,200"),  # 10 is about once 9: the tens are noise
        (1234.0, 60.0, "1,200"),
        (1234.0, 90.0, "1,000"),
        (-1234.0, 60.0, "-1,200"),
        (0.01234, 0.0, "0.0123"),
        (999.9, 0.0, "1,000"),  # rounding up doesn't add a digit
        (3.0, 5.0, "about 0"),  # drowned in error, and yet not the exact zero of a null option
        (0.0, 5.0, "0"),
        (42.0, math.nan, "40"),  # an unknown error supports one digit
        (math.nan, 0.0, "n/a"),
        (math.inf, 1.0, "n/a"),
    ],
)
def test_digits_stop_where_the_error_begins(value, mcse, said):
    assert printed(value, mcse) == said


def test_rounding_never_moves_a_number_by_more_than_the_digits_dropped():
    """Law: what is printed is off by at most half a unit of the last digit that the error allows.

    That unit is below 10 x 2 x mcse, since the next finer one is too small; half of it is 10 mcse.
    """
    rng = np.random.default_rng(5)
    for value, error in zip(rng.lognormal(5, 4, 500), rng.lognormal(-3, 1, 500), strict=True):
        said = printed(float(value), float(value * error)).replace(",", "").replace("about ", "")
        assert abs(float(said) - value) <= max(10 * value * error, value / 100)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1_234_000_000.0, "EUR", "EUR 1.23 billion"),
        (1_234_000_000.0, "EUR2024", "EUR 1.23 billion"),
        (1_234_000_000.0, "EUR2024/year", "EUR 1.23 billion a year"),
        (999_900_000.0, "EUR", "EUR 1.00 billion"),
        (2.5e12, "USD", "USD 2.50 trillion"),
        (-52_140.0, "EUR", "minus EUR 52,100"),
        (52_140.0, "children", "52,100 children"),
        (2.34, "ratio", "2.34"),
        (0.0, "EUR", "EUR 0"),
    ],
)
def test_amounts_are_said_as_aloud(value, unit, said):
    assert spoken(value, unit) == said


def test_an_amount_that_its_error_hides_is_about_zero_and_not_zero():
    assert spoken(3.0, "EUR", mcse=40) == "about EUR 0"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (4.31e7, 4.13e9, "EUR 43 million to EUR 4.1 billion"),
        (4.31e8, 9.13e8, "EUR 430 to 910 million"),
        (-3.1e8, 4.1e9, "minus EUR 310 million to EUR 4.1 billion"),
        (0.0, 0.0, "exactly EUR 0"),
        (math.nan, 1.0, "n/a"),
    ],
)
def test_intervals_say_shared_words_once_and_carry_two_digits(low, high, said):
    assert interval(Estimate(1.2e9, low, 8e8, high, 1e7), "EUR") == said


def test_interval_has_one_digit_where_the_mean_has_one():
    """A mean of 1.2bn with an error of 0.3bn keeps one digit; so do the ends of the interval."""
    assert interval(Estimate(1.2e9, 4.31e8, 8e8, 9.13e8, 3e8), "EUR") == "EUR 400 to 900 million"


def test_mean_and_median_are_both_printed_beyond_a_factor_of_one_and_a_half():
    """1.6 / 1 is above 1.5, 1.4 / 1 is not; opposite signs always are."""
    skewed, even, opposed = (Estimate(mean, -1, 1.0, 9.0, 0.0) for mean in (1.6, 1.4, -0.1))
    assert [is_skewed(one) for one in (skewed, even, opposed)] == [True, False, True]
    assert central(skewed) == "1.60 (median 1.0)"
    assert central(even) == "1.40"


def test_statement_has_one_pair_of_brackets():
    said = stated(Estimate(1.2e9, 4e7, 6.4e8, 4e9, 2e7), "EUR")
    assert said == "EUR 1.2 billion (median EUR 640 million; 90% interval EUR 40 million to EUR 4.0 billion)"
    assert stated(Estimate(0, 0, 0, 0, 0), "EUR") == "exactly EUR 0"


@pytest.mark.parametrize(
    ("share", "mcse", "said"),
    [
        (0.314, 0.0, "31%"),
        (0.314, 0.005, "31%"),
        (0.314, 0.02, "30%"),  # steps of 5
        (0.366, 0.02, "35%"),
        (0.366, 0.05, "40%"),  # steps of 10
        (0.0, 0.0, "0%"),
        (1.0, 0.0, "100%"),
        (0.0004, 0.0, "less than 1%"),
        (0.9996, 0.0, "more than 99%"),
        (0.98, 0.02, "98%"),  # never rounded to a certainty
        (0.02, 0.02, "2%"),
        (math.nan, 0.0, "n/a"),
    ],
)
def test_percents_never_claim_certainty_or_digits_they_lack(share, mcse, said):
    assert percent(share, mcse) == said
