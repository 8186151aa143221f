"""How sure the choice is: by hand, and laws of probabilities and losses.

By hand, in each draw, with f = 1 in half of them and 3 in the others:

| option | output averted | quality averted | spend | net benefit at m times the value of a QALY | m = 1 | m = 0 |
|---|---|---|---|---|---|---|
| inaction | 0 | 0 | 0 | 0 | 0, 0 | 0, 0 |
| care | 10 f | 20 f | 40 | 10 f + 20 f m - 40 | -10, 50 | -30, -10 |
| prevent | 30 | 0 | 20 | 10 | 10, 10 | 10, 10 |

At m = 1 prevention is best where f = 1 and care where f = 3; the best of each draw brings 10 or 50. Losses of inaction
are 10 and 50, of care 20 and 0, of prevention 0 and 40: 30, 10 and 20 on average. Care has the highest mean, 20, and
perfect information would bring (10 + 50) / 2 - 20 = 10, its expected loss. At m = 0 prevention is always best.
"""

import numpy as np
import pytest
from hand_posterior import CHAINS, COUNTRIES, hand_draws, hand_scenario
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from costmodel import appraisal
from costmodel.acceptability import (
    MULTIPLES,
    acceptability_table,
    best_shares,
    net_benefits,
    opportunity_losses,
)
from costmodel.appraisal import ALL_VIOLENCE, TRAFFICKING, Appraisal
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.simulation import simulate
from costmodel.views import views

F = np.array([1.0, 1, 1, 1, 3, 3, 3, 3])
ONES = np.ones(F.size)
AVERTED = {
    "inaction": {"output": 0 * F, "quality": 0 * F},
    "care": {"output": 10 * F, "quality": 20 * F},
    "prevent": {"output": 30 * ONES, "quality": 0 * F},
}
SPENT = {"inaction": 0.0, "care": 40.0, "prevent": 20.0}


@pytest.fixture(scope="module")
def question():
    levers = {"child_house": {"coverage": 0.1}}
    return hand_scenario({"care": levers, "prevent": levers}, discount=["zero"])


@pytest.fixture(scope="module")
def by_hand():
    burden = {}
    for option, averted in AVERTED.items():
        left = np.full((F.size, len(COMPONENTS)), 1000.0)
        for name, amount in averted.items():
            left[:, COMPONENTS.index(name)] -= amount
        burden[option, "zero"] = left
    return Appraisal(
        n_chains=2,
        burden=burden,
        spend={(option, "zero"): amount * ONES for option, amount in SPENT.items()},
        violence={(option, "zero"): 5 * F if option == "care" else 0 * F for option in SPENT},
    )


def told(table, quantity, **where):
    """Means by option at one multiple and scope."""
    labels = {"scope": TRAFFICKING, "qaly_multiple": 1.0, **where, "quantity": quantity}
    for name, value in labels.items():
        table = table[table[name] == value]
    return table.set_index("option")["mean"].to_dict()


def test_probabilities_losses_and_means_of_the_table_above(by_hand, question):
    table = acceptability_table(by_hand, question)
    assert told(table, "probability_best") == {"inaction": 0, "care": 0.5, "prevent": 0.5}
    assert told(table, "expected_loss") == pytest.approx({"inaction": 30, "care": 10, "prevent": 20})
    assert told(table, "net_benefit") == pytest.approx({"inaction": 0, "care": 20, "prevent": 10})
    assert told(table, "probability_best", qaly_multiple=0.0)["prevent"] == 1
    assert told(table, "expected_loss", qaly_multiple=0.0) == pytest.approx(
        {"inaction": 10, "care": 30, "prevent": 0}
    )


def test_other_violence_is_worth_what_a_qaly_is(by_hand, question):
    """Care with 5 f of it, at twice the value: 10 f + 40 f + 10 f - 40 is 20 or 140."""
    found = net_benefits(by_hand, question, scope=ALL_VIOLENCE, multiple=2.0)
    assert sorted(set(found[1].tolist())) == pytest.approx([20, 140])


@pytest.mark.parametrize(
    ("net", "shares"),
    [
        ([0, 0, 0], [1, 0, 0]),  # nothing is gained by acting
        ([0, 5, 5], [0, 0.5, 0.5]),
        ([0, -1, -1], [1, 0, 0]),
        ([0, 5, -5], [0, 1, 0]),
    ],
)
def test_ties_with_the_comparator_are_its_own_and_others_are_split(net, shares):
    found = best_shares(np.array(net, dtype=float)[:, None], comparator=0)
    assert found[:, 0].tolist() == shares


NETS = arrays.arrays(
    float, st.tuples(st.integers(2, 4), st.integers(1, 6)), elements=st.floats(-1e9, 1e9).map(round)
)


@given(NETS)
def test_shares_add_up_to_one_and_losses_to_nothing_less_than_none(net):
    """And the least expected loss is mean of the best less best of the means: what perfect information brings."""
    shares, losses = best_shares(net, comparator=0), opportunity_losses(net)
    assert shares.sum(axis=0) == pytest.approx(np.ones(net.shape[1]))
    assert (shares >= 0).all() and (losses >= 0).all()
    perfect = net.max(axis=0).mean() - net.mean(axis=1).max()
    assert losses.mean(axis=1).min() == pytest.approx(perfect, abs=1e-3)


# --- on simulated draws

OPTIONS = {
    "nothing": {},
    "prevent": {"parenting": {"coverage": 0.3}},
    "same": {"parenting": {"coverage": 0.3}},
    "disrupt": {"specialised_enforcement": {"coverage": 0.5}},
    "homes": {"family_based_care": {"coverage": 0.3}},
}


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(OPTIONS, end=2028)


@pytest.fixture(scope="module")
def total(evidence, scenario):
    draws = hand_draws(evidence)
    flows = (simulate(draws, scenario, country=name, evidence=evidence) for name in COUNTRIES)
    return appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)


@pytest.fixture(scope="module")
def table(total, scenario):
    return acceptability_table(total, scenario)


def test_at_the_value_of_the_run_net_benefit_is_that_of_the_headline(total, scenario, evidence):
    """Draw by draw, trafficking alone and with other violence; what is saved on homes counts."""
    assert total.offset["homes", scenario.discount[0]].min() > 0
    for view in views(total, scenario, evidence):
        labels = view["labels"]
        if labels["perspective"] == "societal" and labels["discount"] == scenario.discount[0]:
            net = net_benefits(total, scenario, scope=labels["scope"], multiple=1.0)
            place = list(scenario.options).index(labels["option"])
            assert np.array_equal(net[place], view["benefit"] - view["net_spend"])


def test_net_benefit_is_linear_in_the_value_of_a_qaly(total, scenario):
    for scope in (TRAFFICKING, ALL_VIOLENCE):
        none, once, fourfold = (
            net_benefits(total, scenario, scope=scope, multiple=multiple) for multiple in (0.0, 1.0, 4.0)
        )
        assert fourfold - none == pytest.approx(4 * (once - none))


def test_probabilities_of_every_choice_add_up_to_one(table):
    whole = table.query("quantity == 'probability_best'").groupby(["scope", "qaly_multiple"])["mean"].sum()
    assert len(whole) == 2 * len(MULTIPLES)
    assert whole.to_numpy() == pytest.approx(np.ones(len(whole)))


def test_no_expected_loss_is_below_nothing_and_the_least_is_what_perfect_information_brings(
    table, total, scenario
):
    """Computed apart: the mean over draws of the best option less the best mean."""
    losses = table.query("quantity == 'expected_loss'")
    assert (losses["mean"] >= 0).all()
    for (scope, multiple), own in losses.groupby(["scope", "qaly_multiple"]):
        net = net_benefits(total, scenario, scope=scope, multiple=multiple)
        draw_by_draw = sum(max(net[:, i]) for i in range(net.shape[1])) / net.shape[1]
        perfect = draw_by_draw - max(one.mean() for one in net)
        assert own["mean"].min() == pytest.approx(perfect, abs=1e-3)


def test_an_option_without_programmes_is_never_better_than_the_comparator(table):
    """It equals it to the last digit: every tie is the comparator's, and both lose the same."""
    own = table.query("option == 'nothing'").set_index(["scope", "qaly_multiple", "quantity"])["mean"]
    other = table.query("option == 'inaction'").set_index(["scope", "qaly_multiple", "quantity"])["mean"]
    assert (own.xs("net_benefit", level=2) == 0).all()
    assert (own.xs("probability_best", level=2) == 0).all()
    assert (own.xs("expected_loss", level=2) == other.xs("expected_loss", level=2)).all()


def test_options_that_are_the_same_share_what_they_win(table):
    best = table.query("quantity == 'probability_best'").pivot_table(
        index=["scope", "qaly_multiple"], columns="option", values="mean"
    )
    assert (best["prevent"] == best["same"]).all()
    assert best["prevent"].max() > 0
