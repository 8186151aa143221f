"""What is provided already today: its effect is in the estimates, its cost in the comparator, its last mile behind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hand_posterior import N_DRAWS, hand_draws, hand_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from costmodel import bundles, cli
from costmodel.errors import ScenarioError
from costmodel.programme_inputs import programme_inputs
from costmodel.programmes import programme_factor
from costmodel.scenario import check_scenario, dump_scenario, read_scenario
from costmodel.simulation import simulate

ACT = {
    "guardianship": {"coverage": {2026: 0.1, 2030: 0.4}},
    "parenting": {"coverage": 0.2},
    "data_systems": {"coverage": 0.3},
    "child_house": {"coverage": 0.3},
}
HORIZON = {"countries": ["NLD"], "end": 2032}
#: Everything that a country's flows hold by option.
STORES = ("new_victims", "registered", "stock", "cost", "annual_cost", "spend", "outlay", "violence_averted")
protective, share = st.floats(0.01, 1.0), st.floats(0.0, 1.0)


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


def flows_of(draws, evidence, bundle=None, **changes):
    scenario = hand_scenario({"act": ACT if bundle is None else bundle}, **HORIZON, **changes)
    return simulate(draws, scenario, country="NLD", evidence=evidence)


@pytest.fixture(scope="module")
def plain(draws, evidence):
    return flows_of(draws, evidence)


def inputs(name, draws, evidence):
    """One programme ready for the Netherlands."""
    terms = {"country": "NLD", "currency": "EUR", "price_year": 2024, "seed": 0}
    return programme_inputs([name], draws=draws, evidence=evidence, **terms)[name]


def averted(rr, provided, coverage):
    """Share of today's cases of a group that further coverage averts."""
    return 1 - programme_factor([coverage], rr=[rr], displacement=[0.0], provided=provided).item()


@settings(deadline=None)
@given(rr=st.floats(0.05, 3.0), provided=st.integers(0, 250), further=st.integers(0, 250))
def test_the_factor_counts_the_children_of_two_worlds(rr, provided, further):
    """Of 500 children, 0.01 cases among each that nobody reaches, 0.01 RR among the reached: after over before."""
    before, after = (
        sum(0.01 * rr if child < reached else 0.01 for child in range(500))
        for reached in (provided, provided + further)
    )
    assert 1 - averted(rr, provided / 500, further / 500) == pytest.approx(after / before)


def test_in_a_draw_that_harms_further_coverage_harms_on_top_of_harm_done_already():
    """RR 1.5: two fifths reached, today 1.2 times the cases of none; three fifths 1.3: 1.3 / 1.2, not 1.1."""
    assert averted(1.5, 0.4, 0.2) == pytest.approx(1 - 1.3 / 1.2)
    assert averted(1.5, 0.0, 0.2) == pytest.approx(1 - 1.1)


@settings(deadline=None)
@given(rr=protective, provided=share, part=share)
def test_further_coverage_averts_more_of_what_is_left_but_less_is_left_to_reach(rr, provided, part):
    """Cases are left more often among those nobody reaches; but all of these are fewer than all children."""
    coverage = part * (1 - provided)
    assert averted(rr, provided, coverage) >= averted(rr, 0.0, coverage) - 1e-12
    assert averted(rr, provided, 1 - provided) <= averted(rr, 0.0, 1.0) + 1e-12


def test_nothing_provided_changes_no_byte(draws, evidence, plain):
    """Zero stated is zero left out, of every programme the option uses."""
    stated = flows_of(draws, evidence, provision=dict.fromkeys(ACT, 0.0))
    for name in STORES:
        for key, values in getattr(plain, name).items():
            assert getattr(stated, name)[key].tobytes() == values.tobytes(), (name, key)


def test_the_comparator_is_the_world_as_it_is(draws, evidence, plain):
    """What is provided is inside the estimates: not a byte of inaction moves, and it spends nothing more."""
    provided = flows_of(
        draws, evidence, provision={"guardianship": 0.3, "child_house": 0.2, "parenting": 0.1}
    )
    for name in STORES:
        before, after = (getattr(flows, name)["inaction"] for flows in (plain, provided))
        assert before.tobytes() == after.tobytes(), name
    assert not np.array_equal(provided.new_victims["act"], plain.new_victims["act"])


def test_what_no_option_adds_to_changes_nothing(draws, evidence, plain):
    provided = flows_of(draws, evidence, provision={"border_monitoring": 0.4})
    assert np.array_equal(provided.cost["act"], plain.cost["act"])
    assert np.array_equal(provided.spend["act"], plain.spend["act"])


def test_the_last_mile_is_that_of_both_together(draws, evidence):
    """Cost of 0.8 at 100 a child, twice that on the last mile: 160; of 0.4: 40 (1 + 1 / 8) = 45; beyond: 115."""
    one = dataclasses.replace(
        inputs("guardianship", draws, evidence), coverage_max=0.8, unit_cost=np.array([100.0]), provided=0.4
    )
    assert bundles.extra_cost(one, np.array([0.4]), last_mile=np.array([1.0])).item() == pytest.approx(115)
    assert bundles.extra_cost(one, np.array([0.0]), last_mile=np.array([1.0])).item() == 0


def test_detection_is_raised_from_where_it_is(draws, evidence):
    """RR 0.5 finds twice as many among the reached: half reached of all children over a quarter, 1.5 / 1.25."""
    one = dataclasses.replace(
        inputs("data_systems", draws, evidence), rr=np.array([0.5]), target_share=1.0, provided=0.25
    )
    gain = bundles.detection_gain([one], {one.id: np.array([0.25])}, 1, 1)
    assert gain.item() == pytest.approx(1.5 / 1.25)


def test_money_buys_beyond_what_is_provided(draws, evidence):
    """What a further 0.2 beyond 0.3 costs in the cheapest draw, spent in all, reaches a further 0.2 in that one."""
    provision = {"parenting": 0.3}
    by_share = flows_of(draws, evidence, {"parenting": {"coverage": 0.2}}, provision=provision)
    costs = by_share.programme_spend["act"]["parenting"]
    cheapest = int(costs[:, 0].argmin())
    lever = {"spend": {2026 + i: float(amount) for i, amount in enumerate(costs[cheapest])}}
    by_money = flows_of(draws, evidence, {"parenting": lever}, provision=provision)
    spent = by_money.programme_spend["act"]["parenting"]
    assert spent == pytest.approx(np.broadcast_to(costs[cheapest], spent.shape))
    left = [flows.new_victims["act"][cheapest] for flows in (by_share, by_money)]
    assert left[1] == pytest.approx(left[0], rel=1e-12)


def test_no_money_beyond_what_is_provided_does_nothing(draws, evidence):
    flows = flows_of(draws, evidence, {"parenting": {"spend": 0}}, provision={"parenting": 0.3})
    assert np.array_equal(flows.cost["act"], flows.cost["inaction"])
    assert flows.spend["act"].shape == (N_DRAWS, 7) and (flows.spend["act"] == 0).all()


@pytest.mark.parametrize(
    ("provision", "message"),
    [
        ({"guardian_ship": 0.3}, "provision.guardian_ship: unknown programme; did you mean 'guardianship'?"),
        ({"guardianship": 0.9}, "provision.guardianship: 0.9 is above 0.8, the most the programme can reach"),
        (
            {"guardianship": 0.5},
            "options.act.programmes.guardianship.coverage.2030: 0.4 beyond the 0.5 that is provided today is above 0.8",
        ),
    ],
)
def test_what_cannot_be_provided_is_refused(evidence, provision, message):
    with pytest.raises(ScenarioError) as refused:
        check_scenario(hand_scenario({"act": ACT}, **HORIZON, provision=provision), evidence)
    assert message in str(refused.value) and "\n" not in str(refused.value)


def test_the_command_line_refuses_with_exit_code_2(tmp_path):
    """A share in per cent: a line that names file and key, no traceback."""
    file = tmp_path / "today.toml"
    text = dump_scenario(hand_scenario({"act": ACT}, **HORIZON, provision={"guardianship": 0.3}))
    file.write_text(text, encoding="utf-8")
    assert read_scenario(file).provision == {"guardianship": 0.3}
    file.write_text(text.replace("guardianship = 0.3", "guardianship = 30"), encoding="utf-8")
    called = CliRunner().invoke(cli.app, ["check", str(file)])
    assert called.exit_code == 2 and "Traceback" not in called.output
    assert "provision.guardianship: must be at most 1, not 30" in called.output
