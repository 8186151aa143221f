"""The best allocation of a budget: against brute force and closed forms, its laws, and programmes that interact."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from costmodel.decision import allocation, overlap
from costmodel.decision.batches import batches
from costmodel.decision.portfolio import (
    Item,
    Limits,
    best_portfolio,
    frontier,
    inclusion,
    tail_mean,
    tail_weights,
)
from costmodel.randomness import generator

LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
CHAINS, DRAWS = 4, 50
few = settings(deadline=None, max_examples=8, derandomize=True)


def item(
    name: str, gain: float, price: float, *, sd: float = 0.5, premium: float = 0.5, **more: object
) -> Item:
    """A programme whose benefit is linear and uncertain, and whose cost grows faster near full coverage."""
    rng = generator(1, name=name)
    gains = gain * np.exp(rng.normal(-(sd**2) / 2, sd, size=(CHAINS, DRAWS)))
    prices = price * np.exp(rng.normal(-0.02, 0.2, size=(CHAINS, DRAWS)))
    level = xr.DataArray(np.array(LEVELS), dims="level")
    return Item(
        name,
        LEVELS,
        benefit=xr.DataArray(gains, dims=("chain", "draw")) * level,
        cost=xr.DataArray(prices, dims=("chain", "draw")) * level * (1 + premium * level**3),
        **more,
    )


@pytest.fixture(scope="module")
def items() -> list[Item]:
    """Three programmes: a good and safe one, a better and riskier one, and one that loses."""
    return [
        item("safe", 300, 100, sd=0.2, charged={"justice": 1.0}),
        item("risky", 500, 120, sd=1.2, charged={"health": 0.5, "justice": 0.5}),
        item("loser", 80, 100),
    ]


def objective(net: np.ndarray, caution: float) -> float:
    """What is maximised."""
    return (1 - caution) * float(net.mean()) + caution * tail_mean(net)


def brute_force(
    items: list[Item], limits: Limits, *, caution: float, steps: int = 21
) -> tuple[float, np.ndarray]:
    """The best of all allocations on a fine grid that keep the limits."""
    of = allocation.additive(items)
    grid = np.linspace(0, 1, steps)
    alone = [[of(np.eye(len(items))[i] * share)[1].mean() for share in grid] for i in range(len(items))]
    best, found = -math.inf, np.zeros(len(items))
    for places in itertools.product(range(steps), repeat=len(items)):
        costs = [alone[i][place] for i, place in enumerate(places)]
        spent = {
            name: sum(one.charged.get(name, 0.0) * cost for one, cost in zip(items, costs, strict=True))
            for name in limits.envelopes
        }
        if sum(costs) > limits.budget or any(spent[name] > limits.envelopes[name] for name in spent):
            continue
        shares = grid[[*places]]
        benefit, cost = of(shares)
        value = objective(benefit - cost, caution)
        if value > best:
            best, found = value, shares
    return best, found


@pytest.mark.parametrize("caution", [0.0, 0.6])
@pytest.mark.parametrize("limits", [Limits(150), Limits(200, {"justice": 90.0})])
def test_the_optimum_is_not_beaten_by_any_allocation_on_a_grid(items, limits, caution):
    """Two programmes, 441 allocations: none is better, and the best of them is within a step of the optimum."""
    two = items[:2]
    found = best_portfolio(two, limits, caution=caution)
    value = (1 - caution) * found.net_benefit + caution * found.tail_mean
    best, shares = brute_force(two, limits, caution=caution)
    assert value >= best - 1e-6
    assert value == pytest.approx(best, rel=0.03)
    assert found.cost <= limits.budget * (1 + 1e-6)
    if caution == 0:
        assert found.coverage.to_numpy() == pytest.approx(shares, abs=0.11)


def test_money_goes_to_the_steepest_first_and_what_loses_is_never_bought(items):
    """With money for everything the loser stays out and money is left: the next unit is worth nothing."""
    found = best_portfolio(items, Limits(1e6))
    assert found.coverage["loser"] == 0
    assert found.cost < 1e6
    assert found.next_unit == 0
    tight = best_portfolio(items, Limits(10))
    assert tight.coverage[tight.coverage > 0].index.tolist() == ["risky"]


def test_the_next_unit_is_the_slope_of_the_best_net_benefit_in_the_budget(items):
    """The multiplier of the linear programme, against a difference."""
    ends = [best_portfolio(items, Limits(budget)).net_benefit for budget in (99.0, 101.0)]
    assert best_portfolio(items, Limits(100)).next_unit == pytest.approx((ends[1] - ends[0]) / 2, rel=1e-6)


def test_an_envelope_has_a_price_of_its_own_while_it_binds(items):
    limits = Limits(1e6, {"justice": 40.0, "health": 1e6})
    ends = [
        best_portfolio(items, Limits(1e6, {"justice": ceiling, "health": 1e6})).net_benefit
        for ceiling in (39.5, 40.5)
    ]
    found = best_portfolio(items, limits)
    assert found.envelope_units["justice"] == pytest.approx(ends[1] - ends[0], rel=1e-6)
    assert found.envelope_units["health"] == 0


def test_what_must_be_bought_is_bought_and_too_little_money_for_it_refused(items):
    must = [*items[:2], item("loser", 80, 100, least=0.2)]
    assert best_portfolio(must, Limits(100)).coverage["loser"] == pytest.approx(0.2)
    with pytest.raises(ValueError, match="no allocation keeps the limits: what must be bought costs"):
        best_portfolio(must, Limits(1.0))


def test_of_alternatives_one_is_bought_or_parts_that_add_up_to_one():
    """The same programme started now or later: together never more than one of it."""
    starts = [
        item("now", 300, 100, instead_of="programme"),
        item("later", 280, 60, sd=0.1, instead_of="programme"),
    ]
    for budget in (40, 80, 1e6):
        assert best_portfolio(starts, Limits(budget)).coverage.sum() <= 1 + 1e-9
    free = best_portfolio([item("now", 300, 100), item("later", 280, 60, sd=0.1)], Limits(1e6))
    assert free.coverage.sum() > 1.5


def test_money_in_another_currency_buys_the_same(items):
    """A linear programme with numbers of 1e9 must not be solved less well."""
    scaled = [
        Item(one.name, one.levels, 1e9 * one.benefit, 1e9 * one.cost, charged=one.charged) for one in items
    ]
    plain, other = best_portfolio(items, Limits(150)), best_portfolio(scaled, Limits(150e9))
    assert other.coverage.to_numpy() == pytest.approx(plain.coverage.to_numpy(), abs=1e-6)
    assert other.net_benefit == pytest.approx(1e9 * plain.net_benefit, rel=1e-6)
    assert other.next_unit == pytest.approx(plain.next_unit, rel=1e-6)


@few
@given(budget=st.floats(5, 300), more=st.floats(0, 100))
def test_more_money_never_does_harm_and_each_unit_of_it_less_good(budget, more):
    two = [item("safe", 300, 100, sd=0.2), item("risky", 500, 120, sd=1.2)]
    less, larger = best_portfolio(two, Limits(budget)), best_portfolio(two, Limits(budget + more))
    assert larger.net_benefit >= less.net_benefit - 1e-6
    assert larger.next_unit <= less.next_unit + 1e-6


def test_the_frontier_trades_the_mean_for_the_tail(items):
    """More caution: never a larger mean, never a worse tail. Its ends differ, or caution would cost nothing."""
    rows = frontier(items, Limits(150), cautions=(0.0, 0.25, 0.5, 0.75, 1.0))
    assert (np.diff(rows["net_benefit"]) <= 1e-6).all()
    assert (np.diff(rows["tail_mean"]) >= -1e-6).all()
    assert rows["net_benefit"].iloc[0] > rows["net_benefit"].iloc[-1] + 1
    by_budget = frontier(items, Limits(), cautions=[0.0], budgets=[50, 100, 150])
    assert by_budget["budget"].tolist() == [50, 100, 150]
    assert (by_budget["cost"] <= by_budget["budget"] + 1e-6).all()


def test_the_tail_mean_is_that_of_rockafellar_and_uryasev():
    """The largest over t of t - E[max(t - x, 0)] / tail, which the linear programme uses."""
    values = generator(1, name="tail").normal(size=501)
    shortfall = [t - np.maximum(t - values, 0).mean() / 0.1 for t in np.sort(values)]
    assert tail_mean(values, tail=0.1) == pytest.approx(max(shortfall), abs=1e-9)
    assert tail_weights(values, tail=0.1).sum() == pytest.approx(1.0)
    assert tail_mean(values, tail=1.0) == pytest.approx(values.mean())


def test_a_programme_that_is_best_in_some_draws_is_in_some_of_the_best_portfolios():
    """One unit of money, two programmes that bring 3 for 1: the first is better in the draws in which it is larger."""
    rng = generator(1, name="sides")
    gains = np.exp(rng.normal(size=(2, CHAINS, DRAWS)))
    level, ones = xr.DataArray([0.0, 1.0], dims="level"), np.ones((CHAINS, DRAWS))
    pair = [
        Item(
            name,
            (0.0, 1.0),
            benefit=xr.DataArray(3 + gain, dims=("chain", "draw")) * level,
            cost=xr.DataArray(ones, dims=("chain", "draw")) * level,
        )
        for name, gain in zip(("first", "second"), gains, strict=True)
    ]
    found = inclusion(pair, Limits(1.0), n_repeats=40).set_index("item")
    better = (gains[0] > gains[1]).ravel()[np.linspace(0, CHAINS * DRAWS - 1, 40).astype(int)]
    assert found.at["first", "share"] == pytest.approx(better.mean())
    assert found["share"].sum() == pytest.approx(1.0)


def test_resampled_draws_show_how_sure_the_allocation_itself_is(items):
    """The safe and the risky one are always bought, the loser never: no Monte Carlo error changes that."""
    found = inclusion(items, Limits(150), by="resample", n_repeats=20).set_index("item")
    assert found["share"].to_dict() == {"safe": 1.0, "risky": 1.0, "loser": 0.0}
    with pytest.raises(ValueError, match="write draw or resample"):
        inclusion(items, Limits(150), by="dram")


def convex() -> Item:
    """Benefit that grows with the square of coverage."""
    one = item("convex", 300, 100)
    return Item(
        "convex", LEVELS, benefit=one.benefit * xr.DataArray(np.array(LEVELS), dims="level"), cost=one.cost
    )


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda one: convex(), "convex: mean benefit is not concave in coverage"),
        (lambda one: Item("a", (0.1, *LEVELS[1:]), one.benefit, one.cost), "give coverage ascending from 0"),
        (lambda one: Item("a", LEVELS, one.benefit + 1, one.cost), "at coverage 0 must be 0"),
        (lambda one: Item("a", LEVELS[:4], one.benefit, one.cost), "one for each level"),
        (
            lambda one: Item("a", LEVELS, one.benefit, one.cost, least=2.0),
            "least 2.0 lies outside its levels",
        ),
        (
            lambda one: Item("a", LEVELS, one.benefit.isel(chain=[0]), one.cost.isel(chain=[0])),
            "not all have the same draws",
        ),
    ],
)
def test_what_the_linear_programme_cannot_take_is_refused(items, broken, message):
    with pytest.raises(ValueError, match=message):
        best_portfolio([items[0], broken(items[0])], Limits(10))


# Programmes that interact


def bundle_of(items: list[Item], groups: dict[str, str], *, power: float) -> overlap.Bundle:
    """Items in groups in which five times what they avert is at stake."""
    at_stake = {
        group: sum(5 * one.benefit.isel(level=-1) for one in items if groups[one.name] == group)
        for group in set(groups.values())
    }
    return overlap.bundle(
        items,
        groups=groups,
        at_stake=at_stake,
        overlap=xr.DataArray(np.full((CHAINS, DRAWS), power), dims=("chain", "draw")),
    )


def test_programmes_for_different_children_add_up_and_for_the_same_overlap(items):
    """In groups of their own a sum; in one, at power 0 the stronger alone counts, at power 1 factors multiply."""
    two, coverage = items[:2], np.array([0.5, 0.75])
    apart = bundle_of(two, {"safe": "a", "risky": "b"}, power=0.5)
    benefit, cost = overlap.outcome(apart, coverage)
    added = allocation.additive(two)(coverage)
    assert benefit == pytest.approx(added[0])
    assert cost == pytest.approx(added[1])
    alone = [
        overlap.outcome(bundle_of(two, {"safe": "a", "risky": "a"}, power=0.0), coverage * side)[0]
        for side in np.eye(2)
    ]
    together = {
        power: overlap.outcome(bundle_of(two, {"safe": "a", "risky": "a"}, power=power), coverage)[0]
        for power in (0.0, 1.0)
    }
    assert together[0.0] == pytest.approx(np.maximum(*alone))
    stake = sum(5 * one.benefit.isel(level=-1) for one in two).to_numpy().ravel()
    assert together[1.0] == pytest.approx(stake * (1 - (1 - alone[0] / stake) * (1 - alone[1] / stake)))


def test_differences_are_taken_around_whole_coverages_too(items):
    """A step from 0, written as a whole number, is not rounded away: benefits are linear, up to full coverage."""
    slopes = allocation.numerical_slopes(allocation.additive(items), np.ones(3))(np.array([0, 1, 1]))
    full = items[0].benefit.isel(level=-1).to_numpy().ravel()
    assert slopes[0][:, 0] == pytest.approx(full, rel=1e-6)


@pytest.mark.parametrize("caution", [0.0, 0.5])
def test_gradients_of_the_search_are_those_of_differences(items, caution):
    """Away from ties, for mean and tail, of the objective and of the limits."""
    together = bundle_of(items, {"safe": "a", "risky": "a", "loser": "b"}, power=0.4)
    problem = allocation._Problem(
        items,
        Limits(100, {"justice": 50.0}),
        lambda x: overlap.outcome(together, x),
        lambda x: overlap.slopes(together, x),
        caution=caution,
        tail=0.1,
        unit=300.0,
    )
    at = np.array([0.31, 0.62, 0.17])
    numerical = optimize.approx_fprime(at, problem.value, 1e-7)
    assert problem.gradient(at) == pytest.approx(numerical, rel=1e-4)
    limits = optimize.approx_fprime(at, problem.room, 1e-7)
    assert problem.constraints()[0]["jac"](at) == pytest.approx(limits, rel=1e-4, abs=1e-7)
    slopes = allocation.numerical_slopes(lambda x: overlap.outcome(together, x), np.ones(3))(at)
    assert slopes[0].mean(axis=0) == pytest.approx(overlap.slopes(together, at)[0].mean(axis=0), rel=1e-4)


def test_the_search_finds_the_optimum_of_the_linear_programme(items):
    """Where nothing interacts the two must agree: 0.1% of the net benefit, kinks of the grid included."""
    two, limits = items[:2], Limits(150, {"justice": 90.0})
    exact = best_portfolio(two, limits)
    found = allocation.search(two, limits, allocation.additive(two))
    assert found.net_benefit == pytest.approx(exact.net_benefit, rel=1e-3)
    assert found.cost <= 150 * (1 + 1e-5)


def test_the_search_is_not_beaten_on_a_grid_where_programmes_overlap(items):
    """Two programmes for the same children at power 0.3: 441 allocations, none better by more than a thousandth."""
    two = items[:2]
    together = bundle_of(two, {"safe": "a", "risky": "a"}, power=0.3)
    found = allocation.search(
        two,
        Limits(120),
        lambda x: overlap.outcome(together, x),
        derivative=lambda x: overlap.slopes(together, x),
    )
    best = -math.inf
    for shares in itertools.product(np.linspace(0, 1, 21), repeat=2):
        benefit, cost = overlap.outcome(together, np.array(shares))
        if cost.mean() <= 120:
            best = max(best, float((benefit - cost).mean()))
    assert found.net_benefit >= best * (1 - 1e-3)
    assert found.cost <= 120 * (1 + 1e-5)


def test_alternatives_are_not_searched_over():
    """Two start years at half coverage each would be charged as if no child were hard to reach."""
    starts = [item("now", 300, 100, instead_of="programme"), item("later", 280, 60, instead_of="programme")]
    with pytest.raises(ValueError, match="alternatives cannot be searched over"):
        allocation.search(starts, Limits(), allocation.additive(starts))


def test_a_programme_that_averts_more_than_is_at_stake_is_refused(items):
    with pytest.raises(ValueError, match="safe: averts all that is at stake in a, or more"):
        overlap.bundle(
            items[:1],
            groups={"safe": "a"},
            at_stake={"a": items[0].benefit.isel(level=1)},
            overlap=xr.DataArray(np.ones((CHAINS, DRAWS)), dims=("chain", "draw")),
        )


def test_the_regret_of_a_favourite_is_its_distance_from_the_best(items):
    """All the money for the loser: hardly ever better, and the loss is a difference of means."""
    of, best = allocation.additive(items), best_portfolio(items, Limits(100))
    batch = batches(items[0].benefit)
    found = allocation.regret(of, np.array([0, 0, 0.9]), best.coverage.to_numpy(), batch=batch)
    benefit, cost = of(np.array([0, 0, 0.9]))
    assert found.loss == pytest.approx(best.net_benefit - (benefit - cost).mean())
    assert found.extra_cost == pytest.approx(cost.mean() - best.cost)
    assert 0 < found.error < found.loss
    assert found.share_better < 0.05
    itself = allocation.regret(of, best.coverage.to_numpy(), best.coverage.to_numpy(), batch=batch)
    assert (itself.loss, itself.error, itself.share_better) == (0, 0, 0)


def test_the_next_euro_of_the_best_portfolio_is_worth_the_same_wherever_it_is_divided(items):
    """Where a programme lies between two levels, the next euro brings the price of the budget and itself."""
    best = best_portfolio(items, Limits(100))
    rows = allocation.next_euro(items, allocation.additive(items), best.coverage.to_numpy()).set_index("item")
    inside = [
        name for name, share in best.coverage.items() if min(abs(share - level) for level in LEVELS) > 0.02
    ]
    assert len(inside) == 1
    assert rows.at[inside[0], "benefit"] == pytest.approx(1 + best.next_unit, rel=1e-6)
    assert rows["benefit"].idxmin() == "loser"
    full = allocation.next_euro(items, allocation.additive(items), np.ones(3))
    assert full["benefit"].isna().all()
