"""What drives a quantity: closed forms of correlated normal draws, sums, invariances, heavy tails."""

from __future__ import annotations

import arviz as az
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from costmodel.decision import batches as batching
from costmodel.decision import thresholds, weights
from costmodel.decision.leave_out import leave_one_out, with_refits
from costmodel.decision.power_scaling import power_scaling, summed_density
from costmodel.decision.prior_shift import break_even_prior, tilted
from costmodel.decision.sensitivity import VarianceShares, variance_shares
from costmodel.randomness import generator

CHAINS, DRAWS = 4, 1000
#: Correlation of the first two parameters, and what they and the third add to the quantity.
CORRELATION, SLOPES = 0.6, (1.0, 2.0, 1.0)
NAMES = ("a", "b", "c")
#: Errors that an estimate may lie from a closed form.
ERRORS = 4.0


def as_draws(values: np.ndarray) -> xr.DataArray:
    """Samples as two dims of draws."""
    return xr.DataArray(values.reshape(CHAINS, -1), dims=("chain", "draw"))


def normals(name: str, *, draws: int = DRAWS) -> xr.DataArray:
    """Independent standard normal draws."""
    return as_draws(generator(1, name=name).normal(size=CHAINS * draws))


def correlated() -> xr.Dataset:
    """Three standard normal parameters, the first two correlated."""
    first, other, third = (normals(name) for name in NAMES)
    second = CORRELATION * first + np.sqrt(1 - CORRELATION**2) * other
    return xr.Dataset({"a": first, "b": second, "c": third})


def linear(parameters: xr.Dataset) -> xr.DataArray:
    """a + 2 b + c."""
    return sum(slope * parameters[name] for slope, name in zip(SLOPES, NAMES, strict=True)).rename("sum")


def share(found: VarianceShares, group: str, what: str) -> tuple[float, float]:
    """One share and its error."""
    row = found.table.set_index("group").loc[group]
    return float(row[what]), float(row[f"{what}_error"])


@pytest.fixture(scope="module")
def alone() -> VarianceShares:
    """Each parameter a group."""
    parameters = correlated()
    return variance_shares(linear(parameters), parameters, groups={name: [name] for name in NAMES})


#: Var = 1 + 4 + 2 * 0.6 * 1 * 2 + 1 = 8.4. First order: a (1 + 1.2)^2, b (2 + 0.6)^2, c 1. A parameter added to the
#: other of the correlated pair explains what is new of it, slope^2 (1 - 0.36): 0.64 and 2.56; Shapley shares are
#: half way between.
FIRST_ORDER = {"a": 2.2**2 / 8.4, "b": 2.6**2 / 8.4, "c": 1 / 8.4}
SHAPLEY = {"a": (2.2**2 + 0.64) / 2 / 8.4, "b": (2.6**2 + 2.56) / 2 / 8.4, "c": 1 / 8.4}


@pytest.mark.parametrize("group", NAMES)
@pytest.mark.parametrize(("what", "truth"), [("first_order", FIRST_ORDER), ("shapley", SHAPLEY)])
def test_shares_of_a_sum_of_correlated_parameters_are_those_of_the_closed_form(alone, group, what, truth):
    value, error = share(alone, group, what)
    assert error < 0.03
    assert value == pytest.approx(truth[group], abs=ERRORS * error)


def test_shapley_shares_add_up_to_what_is_explained_and_first_order_shares_to_more(alone):
    """A sum of its parameters is explained in full; first-order shares count what the correlated pair shares twice."""
    assert alone.table["shapley"].sum() == pytest.approx(alone.explained, abs=1e-12)
    assert alone.explained == pytest.approx(1.0, abs=1e-3)
    assert alone.table["first_order"].sum() > 1.3


def test_a_group_of_the_correlated_pair_has_all_but_the_third():
    """7.4 / 8.4 and 1 / 8.4, and between independent groups first order and Shapley are one."""
    parameters = correlated()
    found = variance_shares(linear(parameters), parameters, groups={"pair": ["a", "b"], "third": ["c"]})
    for what in ("first_order", "shapley"):
        value, error = share(found, "pair", what)
        assert value == pytest.approx(7.4 / 8.4, abs=ERRORS * error)


def test_shares_are_the_same_whatever_the_units_and_the_order_of_the_groups(alone):
    """Ranks of parameters do not change with a monotone scale, nor shares with the unit of the quantity."""
    parameters = correlated()
    scaled = parameters.assign(b=1e6 * np.exp(parameters["b"]))
    found = variance_shares(
        1e9 * linear(parameters) - 5, scaled, groups={name: [name] for name in reversed(NAMES)}
    )
    for name in NAMES:
        assert share(found, name, "shapley") == pytest.approx(share(alone, name, "shapley"), abs=1e-6)


def product(scale: float = 1.0) -> tuple[xr.Dataset, xr.DataArray]:
    """A log-normal product of three independent parameters, log-SDs 0.7, 0.5 and 0.3 times a scale."""
    parameters = xr.Dataset({name: normals(name) for name in NAMES})
    logs = 0.7 * parameters["a"] + 0.5 * parameters["b"] + 0.3 * parameters["c"]
    return parameters, np.exp(scale * logs).rename("cost")


def test_shares_of_the_log_of_a_product_are_those_of_squared_log_sds():
    parameters, cost = product()
    found = variance_shares(cost, parameters, groups={name: [name] for name in NAMES}, log=True)
    for name, squared in zip(NAMES, (0.49, 0.25, 0.09), strict=True):
        value, error = share(found, name, "shapley")
        assert value == pytest.approx(squared / 0.83, abs=ERRORS * error)


def test_first_order_shares_of_a_heavy_tailed_product_are_those_of_the_closed_form():
    """Var E[Y|a] / Var Y = (exp(0.49) - 1) / (exp(0.83) - 1) = 0.489; no term is a product of three."""
    parameters, cost = product()
    found = variance_shares(cost, parameters, groups={name: [name] for name in NAMES})
    for name, squared in zip(NAMES, (0.49, 0.25, 0.09), strict=True):
        value, error = share(found, name, "first_order")
        assert value == pytest.approx(np.expm1(squared) / np.expm1(0.83), abs=ERRORS * error)
    assert found.explained > 0.98


def test_what_is_not_among_the_parameters_is_left_unexplained():
    """Noise of equal variance: half is explained, and a parameter without effect explains nothing."""
    parameters = xr.Dataset({"a": normals("a"), "idle": normals("idle")})
    found = variance_shares(
        parameters["a"] + normals("noise"), parameters, groups={"a": ["a"], "idle": ["idle"]}
    )
    assert found.explained == pytest.approx(0.5, abs=ERRORS * found.explained_error)
    value, error = share(found, "idle", "shapley")
    assert abs(value) < max(ERRORS * error, 0.005)


def test_random_orders_of_many_groups_agree_with_the_closed_form_and_add_up():
    """Nine independent parameters with slopes 1 to 9: shares i^2 / 285."""
    parameters = xr.Dataset({f"p{i}": normals(f"p{i}", draws=200) for i in range(1, 10)})
    total = sum(i * parameters[f"p{i}"] for i in range(1, 10))
    found = variance_shares(total, parameters, groups={name: [name] for name in parameters.data_vars})
    assert not found.exact
    assert found.table["shapley"].sum() == pytest.approx(found.explained, abs=1e-12)
    for i in (1, 5, 9):
        value, error = share(found, f"p{i}", "shapley")
        assert value == pytest.approx(i**2 / 285, abs=max(ERRORS * error, 0.005))


@pytest.mark.parametrize(
    ("groups", "log", "message"),
    [
        ({"one": ["aa"]}, False, "group one: no draws of a parameter 'aa'; did you mean 'a'"),
        ({"one": []}, False, "group one: names no parameter"),
        ({"one": ["a"]}, True, "% of the draws have no log"),
    ],
)
def test_shares_that_cannot_be_had_are_refused_with_the_reason(groups, log, message):
    parameters = correlated()
    with pytest.raises(ValueError, match=message):
        variance_shares(linear(parameters), parameters, groups=groups, log=log)


def test_a_quantity_that_never_varies_has_no_shares():
    parameters = correlated()
    with pytest.raises(ValueError, match="all draws are equal"):
        variance_shares(0 * linear(parameters), parameters, groups={"one": ["a"]})


def test_errors_grow_where_draws_remember():
    """Each value eight times in a row: an eighth of the information, an error about sqrt(8) larger."""
    fresh = generator(1, name="fresh").normal(size=4000)
    held = np.repeat(fresh[:500], 8)
    batch = batching.batches(as_draws(fresh))
    ratio = batching.error_of_mean(held, batch) / batching.error_of_mean(fresh, batch)
    assert 1.8 < ratio < 4.5


def test_too_few_or_missing_draws_are_refused():
    short = xr.DataArray(np.ones((2, 10)), dims=("chain", "draw"), name="cost")
    with pytest.raises(ValueError, match="draws of cost: 20; give at least 40"):
        batching.by_sample(short)
    with pytest.raises(ValueError, match="missing or infinite"):
        batching.by_sample(as_draws(np.full(40, np.nan)))


# Tornado and thresholds


def test_a_bar_is_the_mean_given_the_parameter_and_not_the_parameter_set_alone():
    """E[a + 2 b + c | a] = a + 2 * 0.6 a = 2.2 a: at +-1.645 it spans 7.24, where setting a alone would give 3.29."""
    parameters = correlated()
    bars = thresholds.tornado(linear(parameters), parameters)
    assert bars["parameter"].tolist() == ["b", "a", "c"]
    row = bars.set_index("parameter").loc["a"]
    truth = 2.2 * (row["at_high"] - row["at_low"])
    assert row["at_high"] == pytest.approx(1.645, abs=0.1)
    assert row["swing"] == pytest.approx(truth, abs=ERRORS * row["swing_error"])


def test_a_bar_follows_a_curve_without_bias_beyond_its_error():
    """E[exp(a + noise)] near a is exp(a) exp(0.5): 5 and 95% quantiles are 0.32 and 8.5."""
    first = normals("a")
    bars = thresholds.tornado(np.exp(first + normals("noise")), xr.Dataset({"a": first}))
    for end in ("low", "high"):
        truth = np.exp(bars[f"at_{end}"].item() + 0.5)
        assert bars[f"mean_{end}"].item() == pytest.approx(
            truth, abs=ERRORS * bars[f"mean_{end}_error"].item()
        )


def test_a_bar_of_a_coin_compares_its_two_sides():
    """Two values have no neighbourhoods: the mean of each side, exactly."""
    coin = as_draws(np.tile([0.0, 1.0, 1.0, 1.0], DRAWS))
    bars = thresholds.tornado(5 * coin + 1, xr.Dataset({"coin": coin, "never": 0 * coin}))
    assert bars[["parameter", "mean_low", "mean_high"]].to_numpy().tolist() == [
        ["coin", pytest.approx(1), pytest.approx(6)]
    ]


def test_a_threshold_is_where_the_mean_changes_sign():
    """E[2 a - 1 + noise | a] crosses 0 at a = 0.5, below which lie 69% of the draws."""
    first = normals("a")
    found = thresholds.threshold(2 * first - 1 + normals("noise"), first)
    crossing = found.crossings.iloc[0]
    assert len(found.crossings) == 1
    assert crossing["low"] < 0.5 < crossing["high"]
    assert crossing["value"] == pytest.approx(0.5, abs=0.1)
    assert crossing["below"] == pytest.approx(stats.norm.cdf(crossing["value"]), abs=0.02)
    assert crossing["rising"]


def test_a_quantity_of_one_sign_has_no_threshold():
    first = normals("a")
    assert thresholds.threshold(np.exp(first), first).crossings.empty


def test_a_grid_says_where_two_parameters_change_the_sign_and_where_nobody_has_been():
    """a + b over four cells: above 0 where both are, below where both are; beyond 5 no draw, no mean."""
    first, second = normals("a"), normals("b")
    edges = ((-5.0, 0.0, 5.0, 10.0), (-5.0, 0.0, 5.0))
    grid = thresholds.threshold_grid(first + second, first, second, edges=edges)
    cells = grid.set_index(["first_low", "second_low"])
    assert cells["share"].sum() == pytest.approx(1.0)
    assert cells.at[(0.0, 0.0), "sign"] == 1
    assert cells.at[(-5.0, -5.0), "sign"] == -1
    # the mean of a standard normal above 0 is sqrt(2 / pi)
    both = cells.loc[(0.0, 0.0)]
    assert both["mean"] == pytest.approx(2 * np.sqrt(2 / np.pi), abs=ERRORS * both["error"])
    assert cells.loc[(5.0, 0.0), ["mean", "error", "sign"]].isna().all()
    assert cells.at[(5.0, 0.0), "share"] == 0


def test_a_grid_of_its_own_choosing_holds_nearly_all_draws():
    first, second = normals("a"), normals("b")
    grid = thresholds.threshold_grid(first, first, second, n_cells=4)
    assert len(grid) == 16
    assert 0.95 < grid["share"].sum() <= 1.0


# Priors moved


def test_tilted_draws_are_those_of_the_prior_with_its_mean_moved():
    """Prior N(0, 1), data N(2, 1): posterior N(1, 1/2). With the prior mean at 0.5 it is 1.25."""
    drawn = 1 + np.sqrt(0.5) * normals("a").to_numpy().ravel()
    found = tilted(drawn, shift=0.5, sd=1.0)
    assert weights.weighted_mean(drawn, found) - drawn.mean() == pytest.approx(0.25, abs=0.02)
    assert found.usable


def options(*nets: xr.DataArray) -> xr.DataArray:
    """Net benefits of options that are named by their place."""
    names = ["nothing", "act", "more"][: len(nets)]
    return xr.concat(nets, dim="option").assign_coords(option=names)


def test_the_break_even_prior_of_linear_net_benefits_is_that_of_the_closed_form():
    """x is N(0, 1) and has learnt nothing: nothing is best below -0.8, more above 1, x + 0.8 between."""
    x = normals("a", draws=2000)
    found = break_even_prior(options(0 * x, x + 0.8, 1.5 * x + 0.3), x, sd=1.0)
    rows = found.table.set_index("direction")
    assert found.best == "act"
    assert rows["changes_to"].to_dict() == {"down": "nothing", "up": "more"}
    for direction, truth in (("down", -0.8), ("up", 1.0)):
        assert rows.at[direction, "shift"] == pytest.approx(
            truth, abs=ERRORS * rows.at[direction, "shift_error"]
        )
    assert "0.8 SDs lower" in found.words


def test_weights_that_are_worthless_give_no_shift_but_a_word():
    """A change three prior SDs away is out of reach of draws of the same width: no number, and how far they reach."""
    x = normals("a")
    found = break_even_prior(options(0 * x, x + 3), x, sd=1.0)
    assert found.table["shift"].isna().all()
    assert (found.table["reached"] < 3.0).all()
    assert (found.table["pareto_k"] <= weights.K_MAX).all()
    assert "farther needs a new fit" in found.words


def test_a_break_even_prior_needs_a_choice_and_a_prior():
    x = normals("a")
    with pytest.raises(ValueError, match="one option"):
        break_even_prior(options(x), x, sd=1.0)
    with pytest.raises(ValueError, match="sd: 0"):
        break_even_prior(options(x, 2 * x), x, sd=0.0)


# Power-scaling: prior N(0, 1), observations 1 and 3 with SD 1: posterior N(4/3, 1/3)


@pytest.fixture(scope="module")
def conjugate() -> tuple[xr.DataArray, xr.Dataset]:
    """Posterior draws and the log density of prior and observations at each."""
    theta = (4 / 3 + np.sqrt(1 / 3) * normals("theta", draws=2000)).rename("theta")
    densities = {"prior": -(theta**2) / 2, "low": -((theta - 1) ** 2) / 2, "high": -((theta - 3) ** 2) / 2}
    return theta, xr.Dataset(densities)


@pytest.fixture(scope="module")
def scaled(conjugate):
    """Its power-scaling, with a ratio of means and a choice that is near."""
    theta, densities = conjugate
    quantities = xr.Dataset({"theta": theta, "two": 0 * theta + 2})
    return power_scaling(
        quantities,
        densities,
        ratios={"half": ("theta", "two")},
        net_benefit=options(0 * theta, theta - 1.28),
    )


@pytest.mark.parametrize(
    ("component", "alpha", "truth"),
    [
        ("prior", 0.8, 4 / 2.8),
        ("prior", 1.25, 4 / 3.25),
        ("high", 0.8, 3.4 / 2.8),
        ("low", 1.25, 4.25 / 3.25),
    ],
)
def test_a_density_to_a_power_moves_the_mean_as_the_conjugate_model_says(scaled, component, alpha, truth):
    """Precision prior^alpha + 2, mean (1 + 3) over it; or the observation counted alpha times."""
    rows = scaled.changes.query("component == @component and alpha == @alpha").set_index("quantity")
    row = rows.loc["theta"]
    assert row["scaled"] / row["mean"] - 1 == pytest.approx(row["change"])
    assert row["change"] == pytest.approx(truth / (4 / 3) - 1, abs=ERRORS * row["change_error"])
    assert rows.at["half", "scaled"] == pytest.approx(row["scaled"] / 2)
    assert rows.at["half", "change"] == pytest.approx(row["change"])


def test_the_sensitivity_is_that_of_arviz(conjugate, scaled):
    """ArviZ smooths both tails of the weights, this one the upper: two per cent apart at most."""
    theta, densities = conjugate
    tree = xr.DataTree.from_dict(
        {
            "posterior": xr.Dataset({"theta": theta}),
            "log_prior": xr.Dataset({"theta": densities["prior"]}),
            "log_likelihood": densities[["high"]],
        }
    )
    ours = scaled.sensitivity.query("quantity == 'theta'").set_index("component")["sensitivity"]
    for component, group in (("prior", "prior"), ("high", "likelihood")):
        theirs = float(az.psense(tree, group=group, alphas=(0.8, 1.25))["theta"])
        assert ours[component] == pytest.approx(theirs, rel=0.02)


def test_the_decision_changes_where_the_mean_passes_what_the_option_costs(scaled):
    """Best while the mean is above 1.28: not with a prior that speaks louder (1.23), nor with less of 3 (1.21)."""
    rows = scaled.decisions.set_index(["component", "alpha"])
    assert rows["changes"].to_dict() == {
        ("prior", 0.8): False,
        ("prior", 1.25): True,
        ("low", 0.8): False,
        ("low", 1.25): False,
        ("high", 0.8): True,
        ("high", 1.25): False,
    }


def test_a_density_that_weights_cannot_scale_gives_no_number(conjugate):
    """Four hundred times the log likelihood of an observation: its weights rest on a few draws."""
    theta, densities = conjugate
    found = power_scaling(
        xr.Dataset({"theta": theta}), 400 * densities[["high"]], net_benefit=options(0 * theta, theta)
    )
    assert not found.changes["usable"].any()
    assert found.changes[["scaled", "change", "distance"]].isna().all(axis=None)
    assert found.sensitivity[["sensitivity", "matters"]].isna().all(axis=None)
    assert found.decisions["changes"].isna().all()


def test_powers_on_one_side_of_one_are_refused(conjugate):
    theta, densities = conjugate
    with pytest.raises(ValueError, match="one power between 0 and 1 and one above 1"):
        power_scaling(xr.Dataset({"theta": theta}), densities, alphas=(1.1, 1.2))


def test_a_component_of_variables_that_do_not_exist_is_refused(conjugate):
    with pytest.raises(ValueError, match="component study: no density of 'hihg'; did you mean 'high'"):
        summed_density(conjugate[1], {"study": ["low", "hihg"]})


# Leaving a source out


def test_a_source_left_out_gives_the_posterior_without_it(conjugate):
    """Without 1 the posterior is N(3/2, 1/2): mean 1.5, quantiles 0.34 and 2.66."""
    theta, densities = conjugate
    found = leave_one_out(theta, densities[["low"]])
    row = found.table.iloc[0]
    assert row["method"] == "importance"
    assert row["mean"] == pytest.approx(1.5, abs=ERRORS * row["error"])
    assert row["change"] == pytest.approx(0.125, abs=ERRORS * row["change_error"])
    assert [row["low"], row["high"]] == pytest.approx(
        stats.norm.ppf([0.05, 0.95], 1.5, np.sqrt(0.5)).tolist(), abs=0.1
    )
    assert found.words == []


def test_a_source_that_says_nothing_of_the_quantity_is_ranked_below_one_that_does(conjugate):
    """Its change is within two errors of none; so is that of one with all but equal weights, whatever their tail."""
    theta, densities = conjugate
    idle = -((normals("other", draws=2000) - 1) ** 2) / 8
    even = -1e-9 * np.exp(3 * normals("tail", draws=2000))
    found = leave_one_out(theta, densities[["low"]].assign(idle=idle, even=even))
    assert found.table["source"].iloc[0] == "low"
    assert found.table.set_index("source")["clear"].to_dict() == {"low": True, "idle": False, "even": False}


def test_weights_that_will_not_do_ask_for_a_refit_and_call_none(conjugate):
    """The call is handed back; its draws then fill the row."""
    theta, densities = conjugate
    calls = []

    def refit(source: str) -> xr.DataArray:
        calls.append(source)
        return theta + 1

    found = leave_one_out(
        theta, xr.Dataset({"low": densities["low"], "strong": 50 * densities["high"]}), refit=refit
    )
    assert calls == []
    assert list(found.refits) == ["strong"]
    assert "strong: weights will not do" in found.words[0]
    assert found.table.set_index("source").loc["strong", ["mean", "low", "change"]].isna().all()
    filled = with_refits(found, {"strong": found.refits["strong"]()})
    row = filled.table.set_index("source").loc["strong"]
    assert calls == ["strong"]
    assert row["mean"] == pytest.approx(float(theta.mean()) + 1)
    assert row["method"] == "refit"
    assert filled.words == []
    assert not filled.refits


def test_a_refit_of_what_was_never_left_out_is_refused(conjugate):
    theta, densities = conjugate
    with pytest.raises(ValueError, match="source other: not in the table"):
        with_refits(leave_one_out(theta, densities[["low"]]), {"other": theta})


# Weights


@settings(deadline=None, max_examples=10, derandomize=True)
@given(shift=st.floats(-50, 50), scale=st.floats(0.01, 1.0))
def test_weights_do_not_depend_on_the_constant_of_a_density(shift, scale):
    ratio = scale * generator(1, name="ratio").normal(size=200)
    found, moved = weights.importance_weights(ratio), weights.importance_weights(ratio + shift)
    assert moved.values == pytest.approx(found.values, abs=1e-9)
    assert found.values.sum() == pytest.approx(1.0)
    assert 1 <= found.effective <= 200 + 1e-9


def test_the_distance_of_draws_moved_apart_grows_to_one():
    """Of nothing moved it is 0; with all weight on the largest draw it is near 1, and does not depend on the unit."""
    values = generator(1, name="values").normal(size=500)
    even = weights.Weights(np.full(500, 1 / 500), 0.0)
    last = weights.Weights((values == values.max()) * 1.0, 0.0)
    slight = weights.importance_weights(0.1 * values)
    assert weights.distance(values, even) == pytest.approx(0, abs=1e-6)
    assert 0 < weights.distance(values, slight) < weights.distance(values, last) <= 1
    assert weights.distance(1e9 * values, slight) == pytest.approx(weights.distance(values, slight))


def test_a_table_of_shares_is_plain(alone):
    """Other rooms print it: one row a group, no index that means anything."""
    assert isinstance(alone.table, pd.DataFrame)
    assert alone.table.columns.tolist() == [
        *("group", "first_order", "first_order_error", "shapley", "shapley_error"),
    ]
