"""Value of information: against closed forms, with errors that say how far off it may be, and laws it must keep."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from voi_cases import CASES, against_nothing, loss

from costmodel.decision.voi import evpi, evppi, variance_reduction


def draws(*shape, name=1):
    return np.random.default_rng(name).normal(size=shape)


def covered(case, *, n, seeds):
    """Share of seeds in which the value of knowing all parameters of a case is within two standard errors."""
    draw, truth = CASES[case]
    hits = 0
    for seed in range(seeds):
        net_benefit, known = draw(n, np.random.default_rng(seed))
        found = evppi(net_benefit, known, {"known": range(known.shape[1])}).iloc[0]
        hits += abs(found.evppi - truth) <= 2 * found.standard_error
    return hits / seeds


@pytest.mark.parametrize("case", CASES)
def test_the_closed_form_is_within_two_standard_errors(case):
    """Of 40 seeds in 34 or more: 0.9 less a standard error of such a share, sqrt(0.9 x 0.1 / 40) = 0.05."""
    n = 400 if case in {"everything", "three_apart"} else 1000  # features, and seconds, grow with the draws
    assert covered(case, n=n, seeds=40) >= 0.85


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_the_closed_form_is_within_two_standard_errors_in_200_seeds(case):
    """In nine of ten or more, with 10,000 draws."""
    assert covered(case, n=10_000, seeds=200) >= 0.9


@pytest.mark.parametrize("case", ["linear", "heavy_tail", "three_on_a_line"])
def test_the_standard_error_is_no_larger_than_it_must_be(case):
    """An error that is stated too large covers everything: it is within a third of the spread between seeds."""
    draw, _ = CASES[case]
    found = [evppi(*draw(600, np.random.default_rng(seed))).iloc[0] for seed in range(50)]
    assert np.mean([row.standard_error for row in found]) == pytest.approx(
        np.std([row.raw for row in found]), rel=1 / 3
    )


def test_the_value_of_knowing_everything_by_hand():
    """Options 0 and -5, 5, -1, 3 (mean 0.5): without knowing 0.5, knowing (0 + 5 + 0 + 3) / 4 = 2."""
    found = evpi(against_nothing(np.array([-5.0, 5.0, -1.0, 3.0])))
    assert (found.value, found.switching) == (1.5, 0.5)


def test_the_error_of_the_value_of_knowing_everything_is_that_of_a_mean():
    """Against nothing at a gain of mean -1, it is the mean of max(gain, 0)."""
    gain = draws(500) - 1
    found = evpi(against_nothing(gain))
    assert found.standard_error == pytest.approx(np.maximum(gain, 0).std() / np.sqrt(500))


def test_a_parameter_that_is_the_gain_is_worth_knowing_everything():
    """Whatever the curve between them, and never more: no draw can do better than its best option."""
    z = draws(3000)
    net_benefit = against_nothing(np.sinh(2 * z) + 0.5)
    everything, found = evpi(net_benefit), evppi(net_benefit, {"z": np.exp(z)}).iloc[0]
    assert found.evppi <= everything.value
    assert found.evppi == pytest.approx(everything.value, abs=2 * found.standard_error)


def test_all_parameters_are_worth_knowing_everything():
    """A product of five at 1,000 draws: the regression finds the sign of the gain in nearly every draw."""
    net_benefit, known = CASES["everything"].draw(1000, np.random.default_rng(3))
    found = evppi(net_benefit, known, {"all": range(5)}).iloc[0]
    assert found.evppi == pytest.approx(evpi(net_benefit).value, rel=0.01)


def test_a_product_of_many_parameters_is_worth_knowing_everything_but_little():
    """Of 25 pairs say too little: without powers of the direction of all it is 0.77 to 0.80 of everything."""
    x = draws(500, 25)
    net_benefit = against_nothing(np.exp(0.3 * x.sum(axis=1)) - 3)
    assert evppi(net_benefit, x, {"all": range(25)}).evppi[0] > 0.93 * evpi(net_benefit).value


@pytest.mark.parametrize("seed", [1, 2])
def test_a_larger_group_is_never_worth_less(seed):
    """Groups that hold one another, of which the last adds forty parameters that say nothing: within two errors."""
    x = draws(800, 45, name=seed)
    net_benefit = np.column_stack(
        [np.zeros(800), np.exp(x[:, 0] + 0.5 * x[:, 1]) - 2, x[:, 2] * x[:, 0] + x[:, 3]]
    )
    sizes = (1, 2, 4, 45)
    found = evppi(net_benefit, x, {str(k): range(k) for k in sizes})
    value, error = found.evppi.to_numpy(), found.standard_error.to_numpy()
    assert (np.diff(value) >= -2 * np.hypot(error[1:], error[:-1])).all()
    assert value.max() <= evpi(net_benefit).value


def test_what_is_below_zero_is_shown_as_it_came_out():
    """Of parameters that say nothing some raw values are negative: the value is 0 then, and raw is still there."""
    net_benefit, _ = CASES["irrelevant"].draw(500, np.random.default_rng(1))
    found = evppi(net_benefit - [0, 0.1], draws(500, 20))
    assert (found.raw < 0).any()
    assert found.evppi.tolist() == found.raw.clip(lower=0).tolist()
    assert (found.raw.abs() <= 3 * found.standard_error).all()


def noise(n, p, seed):
    """A gain that is worth as much as nothing on average, and parameters that say nothing of it."""
    return against_nothing(draws(n, name=seed)), draws(n, p, name=100 + seed)


def test_noise_that_fits_is_not_worth_anything():
    """Twenty parameters and 300 draws, twelve times: decided in sample their mean is 0.06, three errors above 0."""
    raw = [evppi(*noise(300, 20, seed), {"all": range(20)}).raw[0] for seed in range(12)]
    assert np.mean(raw) <= 2 * np.std(raw) / np.sqrt(12)


def test_the_error_holds_where_the_fit_cannot_tell_options_apart():
    """Two options even and a parameter that says nothing: what decisions by chance lose is part of the error."""
    found = [evppi(*noise(1000, 1, seed)).iloc[0] for seed in range(40)]
    assert np.mean([abs(row.raw) <= 2 * row.standard_error for row in found]) >= 0.9


def test_no_draw_that_switches_does_not_mean_that_none_can():
    """A gain of 6 sd below 0: worth 0 as far as 500 draws show, with an error of sd / 500 and not of 0."""
    x = draws(500)
    found = evppi(against_nothing(x - 6), {"x": x}).iloc[0]
    assert (found.evppi, found.switching) == (0, 0)
    assert found.standard_error == pytest.approx(x.std() / 500, rel=1e-3)


def test_only_the_order_of_a_parameter_matters():
    """A parameter, its exponential and its logarithm are one piece of knowledge."""
    z = draws(500)
    net_benefit = against_nothing(z + draws(500, name=2))
    found = evppi(net_benefit, {"log": z, "raw": np.exp(z), "tail": np.exp(5 * z)})
    assert found.evppi.nunique() == 1


def test_a_parameter_given_twice_and_a_constant_add_nothing():
    """Directions that others foretell fully are no directions."""
    z = draws(500)
    net_benefit = against_nothing(z + draws(500, name=2))
    known = {"z": z, "twin": 2 * z, "constant": np.ones(500)}
    found = evppi(net_benefit, known, {"alone": ["z"], "all": list(known), "none": ["constant"]}).evppi
    assert found[1] == pytest.approx(found[0], rel=0.05)
    assert found[2] == 0


def test_a_coin_is_a_parameter_beside_others():
    """Known heads or tails, gains 1 and -1 by even chances: worth 1/2, as true and false or as labelled draws."""
    coin = np.random.default_rng(1).integers(2, size=1000).astype(bool)
    known = {"coin": coin, "other": xr.DataArray(draws(1000), dims="sample")}
    found = evppi(against_nothing(2.0 * coin - 1), known, {"coin": ["coin"], "both": list(known)}).evppi
    assert found.to_numpy() == pytest.approx(0.5, abs=0.05)


def test_adding_to_every_option_changes_nothing_and_money_scales():
    """Only differences between options matter; in cents all is a hundred times as much."""
    net_benefit, known = CASES["three_on_a_line"].draw(500, np.random.default_rng(1))
    first = evppi(net_benefit, known)
    again = evppi(100 * (net_benefit + 7), known)
    columns = ["evppi", "raw", "standard_error", "in_sample"]
    assert again[columns].to_numpy() == pytest.approx(100 * first[columns].to_numpy(), rel=1e-6)


def test_chains_that_move_slowly_have_larger_errors_that_hold():
    """AR(1) with 0.9: a mean of 4 x 1,000 draws is worth one of about 4,000 x 0.1 / 1.9 = 210."""
    innovations = np.random.default_rng(5).normal(size=(20, 2, 4, 1000)) * np.sqrt(1 - 0.81)
    chains = np.zeros_like(innovations)
    for at in range(1000):
        chains[..., at] = 0.9 * chains[..., at - 1] + innovations[..., at]
    gains, knowns = chains.reshape(20, 2, 4000).swapaxes(0, 1)
    found = [
        evppi(against_nothing(gain + known - 0.4), {"known": known}, n_chains=4).iloc[0]
        for gain, known in zip(gains, knowns, strict=True)
    ]
    plain = evppi(against_nothing(gains[0] + knowns[0] - 0.4), {"known": knowns[0]}).standard_error[0]
    assert found[0].standard_error > 2 * plain
    assert np.mean([abs(row.evppi - loss(0.4)) <= 2 * row.standard_error for row in found]) >= 0.9


def test_shares_of_variance_in_closed_form():
    """Of e^(a x + b y): a^2 / (a^2 + b^2) on the log scale, (e^(a^2) - 1) / (e^(a^2 + b^2) - 1) on the raw one."""
    x, y = draws(2, 4000, name=2)
    found = variance_reduction(np.exp(0.4 * x + 0.3 * y), {"x": x, "y": y}).set_index("group")
    assert abs(found.log_share["x"] - 0.64) <= 2 * found.log_share_error["x"]
    raw = np.expm1(0.16) / np.expm1(0.25)
    assert abs(found.share["x"] - raw) <= 2 * found.share_error["x"]
    assert found.share_error["x"] < 0.05


def test_shares_of_variance_hold_their_errors_in_heavy_tails():
    """Standard deviation of logs 1: the log share 1/2 and the raw share (e^0.5 - 1) / (e - 1), in 9 seeds of 10."""
    hits = []
    for seed in range(20):
        x, y = draws(2, 2000, name=seed)
        found = variance_reduction(np.exp(np.sqrt(0.5) * (x + y)), {"x": x}).iloc[0]
        hits.append(abs(found.log_share - 0.5) <= 2 * found.log_share_error)
        hits.append(abs(found.share - np.expm1(0.5) / np.expm1(1)) <= 2 * found.share_error)
    assert np.mean(hits) >= 0.9


def test_noise_that_fits_accounts_for_no_variance():
    """One parameter accounts for a half, four say nothing; in sample alone 400 draws would have given 0.526."""
    shares = []
    for seed in range(12):
        x, e = draws(400, 5, name=seed), draws(400, name=100 + seed)
        shares.append(variance_reduction(x[:, 0] + e, x, {"all": range(5)}).share[0])
    assert np.mean(shares) == pytest.approx(0.5, abs=2 * np.std(shares) / np.sqrt(12))


def test_a_quantity_that_crosses_zero_has_no_share_on_the_log_scale():
    """And one that does not vary has nothing to reduce."""
    x = draws(500)
    assert variance_reduction(x, {"x": x}).log_share.isna().all()
    assert variance_reduction(np.ones(500), {"x": x})[["share", "log_share"]].to_numpy().tolist() == [[0, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"net_benefit": np.zeros((500, 1))}, "one option; without a second"),
        (
            {"net_benefit": np.full((500, 2), np.nan)},
            "net_benefit: 1000 of 1000 values are missing or infinite",
        ),
        ({"net_benefit": np.zeros(500)}, r"net_benefit has the shape \(500,\); give 2 dims"),
        ({"parameters": {"effect": np.zeros(400)}}, "400 draws where there are 500; pair them"),
        ({"groups": {"costs": ["efect"]}}, "group 'costs': no parameter 'efect'; did you mean 'effect'"),
        ({"groups": {"costs": "effect"}}, "group 'costs' is 'effect'; give a list"),
        ({"groups": {"costs": []}}, r"group 'costs' is \[\]; give a list"),
        ({"n_chains": 3}, "500 draws are not 3 chains of equal length"),
        ({"net_benefit": np.zeros((50, 2)), "parameters": {"effect": np.zeros(50)}}, "50 draws are too few"),
    ],
)
def test_what_cannot_be_valued_is_refused_in_words(change, message):
    """Where, what is wrong and what to do."""
    given = {
        "net_benefit": np.zeros((500, 2)),
        "parameters": {"effect": np.zeros(500)},
        "groups": None,
    } | change
    with pytest.raises(ValueError, match=message):
        evppi(given.pop("net_benefit"), given.pop("parameters"), given.pop("groups"), **given)
