"""Laws of programmes together and of money: whatever the shares, effects, prices and limits are."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hand_posterior import hand_draws, hand_scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.delivery import absorbed, fixed_cost_by_year, money_left
from costmodel.evidence import read_evidence
from costmodel.overlap import Part, joint_factor, nested_factors
from costmodel.programmes import coverage_bought, delivery_cost
from costmodel.simulation import simulate

MODES = ("partial", "random", "nested", "additive")
free = settings(deadline=None)  # the machine may be busy
few = settings(max_examples=4, deadline=None, derandomize=True)  # a simulation each

share = st.floats(0, 1)
protecting = st.lists(st.tuples(share, st.floats(0, 0.95)), min_size=1, max_size=5)
any_effect = st.lists(st.tuples(share, st.floats(-1, 0.95)), min_size=1, max_size=5)
money = st.lists(st.floats(0, 1e9), min_size=1, max_size=20)
growth = st.floats(0, 3)


def left(programmes, mode, power=0.5):
    """What programmes leave that reach a share each with an effect each."""
    parts = [
        Part(factor=np.array([[1 - c * e]]), reached=np.array([[c]]), effect=np.array([e]))
        for c, e in programmes
    ]
    return joint_factor(parts, mode=mode, power=[power]).item()


def nested_slowly(programmes):
    """Child by child: the child at place u of the group is reached by every programme whose share is above u."""
    ends = sorted({0.0, 1.0, *(c for c, _ in programmes)})
    averted = 0.0
    for low, high in pairwise(ends):
        reaching = [e for c, e in sorted(programmes, key=lambda one: -one[0]) if c >= high]
        averted += (high - low) * max(reaching, key=abs, default=0.0)
    return 1 - averted


@free
@given(one=st.tuples(share, st.floats(-1, 0.95)), power=share)
def test_a_lone_programme_is_the_same_in_every_mode(one, power):
    c, e = one
    assert [left([one], mode, power) for mode in MODES] == pytest.approx([1 - c * e] * 4)


@free
@given(programmes=protecting)
def test_nested_averts_no_more_than_random_and_random_no_more_than_additive(programmes):
    """Where all protect. What is averted is a union: of events that go together, then of independent ones, then of
    disjoint ones."""
    nested, random, additive = (1 - left(programmes, mode) for mode in MODES[2:3] + MODES[1:2] + MODES[3:])
    assert nested <= random + 1e-12
    assert random <= additive + 1e-12
    assert additive <= 1


@free
@given(programmes=protecting, power=share)
def test_partial_and_nested_lie_between_the_strongest_alone_and_random(programmes, power):
    strongest = max(c * e for c, e in programmes)
    random = 1 - left(programmes, "random")
    for mode in ("partial", "nested"):
        assert strongest - 1e-12 <= 1 - left(programmes, mode, power) <= random + 1e-12


def test_partial_may_lie_on_either_side_of_nested():
    """A fifth cut by 0.9 and four fifths by 0.2: nested averts 0.2 x 0.9 + 0.6 x 0.2 = 0.30. With power 0 the
    strongest counts alone, 0.18; with power 1 both in full, 1 - 0.82 x 0.84 = 0.3112."""
    programmes = [(0.2, 0.9), (0.8, 0.2)]
    found = [1 - left(programmes, *mode) for mode in (("partial", 0.0), ("nested",), ("partial", 1.0))]
    assert found == pytest.approx([0.18, 0.30, 0.3112])


@free
@given(programmes=any_effect)
def test_nested_is_what_counting_child_by_child_gives(programmes):
    """The fast kernel beside its slow twin, harm included; ties of |effect| apart."""
    sizes = [abs(e) for _, e in programmes]
    if len(set(sizes)) == len(sizes):
        assert left(programmes, "nested") == pytest.approx(nested_slowly(programmes), abs=1e-12)


@free
@given(programmes=any_effect, idle=share)
def test_a_programme_that_does_nothing_hides_no_harm(programmes, idle):
    """Effect 0, whatever it reaches: the others do as before, unless overlap is partial, which shrinks them."""
    for mode in ("random", "nested", "additive"):
        assert left([*programmes, (idle, 0.0)], mode) == pytest.approx(left(programmes, mode), abs=1e-12)


@free
@given(programmes=protecting, further=st.tuples(share, st.floats(0, 0.95)))
def test_a_further_programme_that_protects_leaves_no_more_in_any_mode(programmes, further):
    for mode in MODES:
        assert left([*programmes, further], mode) <= left(programmes, mode) + 1e-12


def test_many_draws_and_years_at_once_are_each_alone():
    """Three programmes, 5 draws, 4 years, coverage of one by draw and of two shared: cell by cell."""
    rng = np.random.Generator(np.random.PCG64(1))
    reached, effect = rng.uniform(size=(3, 5, 4)), rng.uniform(-1, 0.9, size=(3, 5))
    together = nested_factors(reached, effect)
    for d, y in np.ndindex(5, 4):
        cell = [(reached[k, d, y], effect[k, d]) for k in range(3)]
        assert together[d, y] == pytest.approx(nested_slowly(cell))


@free
@given(asked=money, growth_max=growth)
def test_the_limit_of_growth_never_raises_money(asked, growth_max):
    """Nor does it touch the first year, or limit again what it let through; nothing asked is nothing."""
    got = absorbed(asked, growth_max=growth_max)
    assert (got <= asked).all() and got[0] == asked[0]
    assert ((got == 0) == (np.array(asked) == 0)).all()
    assert absorbed(got, growth_max=growth_max).tolist() == got.tolist()
    follows = got[:-1] > 0
    assert (got[1:][follows] <= got[:-1][follows] * (1 + growth_max)).all()


@free
@given(asked=money)
def test_without_a_limit_all_the_money_is_absorbed(asked):
    assert absorbed(asked, growth_max=np.inf).tolist() == asked


@free
@given(asked=money, less=growth, more=growth)
def test_a_looser_limit_lets_no_less_through(asked, less, more):
    tight, loose = sorted([less, more])
    assert (absorbed(asked, growth_max=tight) <= absorbed(asked, growth_max=loose)).all()


@free
@given(given_money=money, price=st.floats(0.5, 3))
def test_without_a_fixed_cost_all_money_is_left(given_money, price):
    """To the last digit: a scenario without one spends as it did before there was one."""
    assert money_left(given_money, fixed_cost=0.0, price=price).tolist() == given_money


@free
@given(
    amount=st.floats(0, 1e6),
    fixed=st.floats(0, 1e6),
    price=st.floats(0.5, 3),
    cost=st.floats(0.5, 1e4),
    last_mile=st.floats(0, 5),
)
def test_spend_to_coverage_to_spend_closes(amount, fixed, price, cost, last_mile):
    """1,000 children, reach 0.6: fixed cost and delivery of the coverage bought are the money, or what the ceiling
    takes; money that does not pay the fixed cost buys nothing and is not spent."""
    terms = {"coverage_max": 0.6, "unit_cost": [cost], "last_mile": [last_mile]}
    left_over = money_left([amount], fixed_cost=fixed, price=[price])
    bought = coverage_bought(left_over[None, :] / (price * 1000), **terms)
    paid = fixed_cost_by_year(bought, fixed_cost=fixed, price=[price])
    spent = (paid + delivery_cost(bought, **terms) * price * 1000).item()
    ceiling = fixed * price + cost * 0.6 * (1 + last_mile) * price * 1000
    if amount <= fixed * price:
        assert spent == 0
    elif bought.item() > 0:  # else the rest is too little for a float to tell from nothing
        assert spent == pytest.approx(min(amount, ceiling), rel=1e-9, abs=1e-6)


@cache
def evidence():
    return read_evidence()


@cache
def draws():
    return hand_draws(evidence())


def flows(option, **changes):
    scenario = hand_scenario({"act": {}}, countries=["NLD"], end=2031, **changes)
    table = scenario.model_dump(by_alias=True, exclude_none=True)
    table["options"]["act"] = option
    return simulate(draws(), type(scenario).model_validate(table), country="NLD", evidence=evidence())


@few
@given(first=st.floats(1e5, 1e7), last=st.floats(1e5, 1e7))
def test_a_budget_of_which_one_programme_has_all_is_its_spend(first, last):
    """Share 1: every byte of victims, costs and spend, of later starts too; growth is limited as that of spend."""
    path = {2026: first, 2029: last}
    whole = flows({"budget": path, "programmes": {"parenting": {"share": 1.0}}})
    spent = flows({"programmes": {"parenting": {"spend": path}}})
    for name in ("cost", "spend", "outlay", "new_victims", "violence_averted"):
        for key, values in getattr(spent, name).items():
            assert values.tobytes() == getattr(whole, name)[key].tobytes(), (name, key)


@few
@given(half=st.floats(0.1, 0.5), amount=st.floats(1e5, 1e8))
def test_shares_spend_no_more_than_the_budget_in_any_draw(half, amount):
    """Two programmes with a share each: what is left, or beyond their reach, is not spent."""
    option = {
        "budget": amount,
        "programmes": {"parenting": {"share": half}, "guardianship": {"share": half}},
    }
    found = flows(option).programme_spend["act"]
    for spent in found.values():
        assert (spent <= half * amount * (1 + 1e-9)).all()
