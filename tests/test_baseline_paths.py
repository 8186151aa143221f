"""Paths of the years without further action that an author states: what they change, and what they leave alone."""

from __future__ import annotations

import jsonschema
import numpy as np
import pandas as pd
import pytest
from fake_tables import fake_result
from hand_posterior import hand_draws, hand_scenario
from typer.testing import CliRunner

from costmodel import cli
from costmodel.baseline import children_path, growth_path, national_baseline, online_share, stated_growth
from costmodel.briefing import meta_of
from costmodel.errors import ScenarioError
from costmodel.scenario import check_scenario, dump_scenario, read_scenario, scenario_json_schema
from costmodel.simulation import simulate

ONLINE = {"online_education": {"coverage": 0.5}}
OPTIONS = {
    "online": ONLINE,
    "home": {"parenting": {"coverage": 0.3}},
    "see": {"data_systems": {"coverage": 0.5}},
}
HORIZON = {"countries": ["NLD"], "end": 2032}
YEARS = np.arange(2026, 2033)


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


def flows_of(draws, evidence, **paths):
    scenario = hand_scenario(OPTIONS, **HORIZON, baseline=paths)
    return simulate(draws, scenario, country="NLD", evidence=evidence)


@pytest.fixture(scope="module")
def plain(draws, evidence):
    return flows_of(draws, evidence)


def test_children_go_straight_from_the_projection_to_what_is_stated(evidence):
    """From the projection of 2030 to 3 million in 2040: half the way in 2035; flat after."""
    known = evidence.countries.loc["NLD", ["children_2024", "children_2030"]].to_numpy(dtype=float)
    path = children_path(
        "NLD", evidence=evidence, horizon=np.array([2027, 2030, 2035, 2050]), stated={2040: 3e6}
    )
    assert path.tolist() == pytest.approx([known.mean(), known[1], (known[1] + 3e6) / 2, 3e6])


def test_what_is_stated_before_the_projection_ends_takes_its_place(evidence):
    """3 million in 2028: half the way from 2024 in 2026, and the projection of 2030 is not returned to."""
    today = evidence.countries.at["NLD", "children_2024"]
    path = children_path("NLD", evidence=evidence, horizon=np.array([2026, 2028, 2030]), stated={2028: 3e6})
    assert path.tolist() == pytest.approx([(today + 3e6) / 2, 3e6, 3e6])


def test_twice_the_children_are_twice_the_victims_and_twice_the_group_to_reach(draws, evidence, plain):
    """From 2026 on twice the children of 2026, flat: ratios of the first year are 2."""
    first = children_path("NLD", evidence=evidence, horizon=YEARS[:1]).item()
    twice = flows_of(draws, evidence, children={2026: 2 * first})
    for name in ("new_victims", "registered", "spend"):
        for option in ("inaction", "home"):
            before, after = (getattr(flows, name)[option][:, 0] for flows in (plain, twice))
            assert after == pytest.approx(2 * before), (name, option)
    assert twice.new_victims["inaction"][:, -1] == pytest.approx(twice.new_victims["inaction"][:, 0])


def test_stated_growth_holds_in_the_horizon_and_fades_after_it(draws, evidence):
    """2% a year to 2032; then 30 years of fading to the long run."""
    scenario = hand_scenario(OPTIONS, **HORIZON, baseline={"growth": 0.02})
    index = national_baseline("NLD", draws=draws, scenario=scenario, evidence=evidence).value_index
    assert index[:7] == pytest.approx(1.02 ** np.arange(7))
    long_run = evidence.constants.at["growth_long_run", "value"]
    assert index[7] / index[6] - 1 == pytest.approx(0.02 + (long_run - 0.02) / 30)
    assert index[60] / index[59] - 1 == pytest.approx(long_run)


def test_the_long_run_stated_is_a_growth_that_has_faded_already():
    """1.5% stated, or own growth of 1.5% that fades to 1.5%: one path."""
    terms = {"long_run": 0.015, "fade_years": 30, "n_years": 50}
    assert stated_growth(0.015, horizon=YEARS, **terms) == pytest.approx(growth_path(0.015, **terms))


def test_a_trend_of_incidence_scales_victims_of_every_option_exactly(draws, evidence, plain):
    """1% fewer each year: (0.99)^t of what there were, new, registered and in exploitation, whoever acts."""
    falling = flows_of(draws, evidence, incidence_trend=-0.01)
    left = 0.99 ** np.arange(7)
    for name in ("new_victims", "registered", "stock"):
        for option, before in getattr(plain, name).items():
            assert getattr(falling, name)[option] == pytest.approx(before * left, rel=1e-12), (name, option)


@pytest.mark.parametrize(
    "paths", [{"incidence_trend": 0.05}, {"online_trend": 0.2}, {"children": {2030: 2e6}}]
)
def test_detection_stays_as_it_is_unless_a_programme_changes_it(draws, evidence, plain, paths):
    """Registered over new victims, year by year: in inaction that of the first year, under "see" higher than that."""
    flows = flows_of(draws, evidence, **paths)
    seen = {key: flows.registered[key] / flows.new_victims[key] for key in ("inaction", "home", "see")}
    assert seen["inaction"] == pytest.approx(np.broadcast_to(seen["inaction"][:, :1], seen["inaction"].shape))
    before = plain.registered["see"] / plain.new_victims["see"]
    assert seen["see"] == pytest.approx(before) and (seen["see"][:, -1] != seen["inaction"][:, -1]).all()


def test_the_odds_online_move_what_programmes_online_reach_and_nothing_else(draws, evidence, plain):
    """One programme online, alone: it averts in year t in proportion to the share online of year t."""
    rising = flows_of(draws, evidence, online_trend=0.1)
    for option in ("inaction", "home", "see"):
        assert rising.cost[option].tobytes() == plain.cost[option].tobytes(), option
    share = draws["online_share"].to_numpy().reshape(-1)
    grown = online_share(share, odds=1.1 ** np.arange(7)) / share[:, None]
    averted = [flows.new_victims["inaction"] - flows.new_victims["online"] for flows in (rising, plain)]
    assert averted[0] == pytest.approx(averted[1] * grown) and np.abs(averted[1]).max() > 0
    assert rising.spend["online"].tobytes() == plain.spend["online"].tobytes()


def test_every_path_that_is_stated_is_named_in_the_briefing():
    """Provision, children, growth and trends: each a phrase, said to be the author's; without them no such line."""
    paths = {"children": {2030: 3e6}, "growth": {2027: 0.02}, "incidence_trend": -0.01, "online_trend": 0.05}
    scenario = hand_scenario({"act": ONLINE}, **HORIZON, baseline=paths, provision={"online_education": 0.2})
    assert scenario.stated == [
        "reached already today: online education, 20% of its group",
        "children 0-17: 3,000,000 in 2030",
        "real growth of GDP per capita: 2% in 2027",
        "new victims per child: 1% fewer each year",
        "odds that a case is online: 5% higher each year",
    ]
    some = {"victims": pd.DataFrame({"year": [2026]})}
    said = meta_of(fake_result(stated=scenario.stated, tables=some)).statement
    assert said.startswith(f"Stated by the author: {'; '.join(scenario.stated)}. ")
    assert meta_of(fake_result(tables=some)).statement == ""


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({"children": 3e6}, "baseline.children: must be a table of years, as {2035 = 1.1e6}, not 3000000.0"),
        ({"children": {2030: 0}}, "baseline.children.2030: children are persons, 1 or more, not 0"),
        ({"growth": 2}, "baseline.growth: is a rate per year, from -0.2 to 0.2, not 2; for 2% write 0.02"),
        (
            {"growth": {"soon": 0.02}},
            "baseline.growth.soon: needs years as keys, as {2027 = 0.02, 2035 = 0.01}",
        ),
        ({"growth": {}}, "baseline.growth: is empty; give a table as "),
        (
            {"incidence_trend": "falling"},
            "baseline.incidence_trend: must be a rate per year, as 0.01, not 'falling'",
        ),
        ({"incidence": 0.01}, "baseline.incidence: unknown key; did you mean 'incidence_trend'?"),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_key(paths, message):
    with pytest.raises(ScenarioError) as refused:
        hand_scenario(OPTIONS, **HORIZON, baseline=paths)
    assert str(refused.value).startswith(f"scenario: {message}")


def test_children_are_of_one_country_and_in_persons(evidence):
    both = hand_scenario({"act": ONLINE}, end=2032, baseline={"children": {2030: 3e6}})
    with pytest.raises(ScenarioError, match=r"baseline\.children: is of one country, and the scenario has 2"):
        check_scenario(both, evidence)
    past = hand_scenario({"act": ONLINE}, **HORIZON, baseline={"children": {1990: 3e6}})
    with pytest.raises(ScenarioError, match=r"baseline\.children\.1990: is before the start in 20\d\d"):
        check_scenario(past, evidence)
    millions = hand_scenario({"act": ONLINE}, **HORIZON, baseline={"children": {2030: 3.1}})
    with pytest.raises(
        ScenarioError, match=r"baseline\.children\.2030: 3 children, where NLD had 3,\d{3},\d{3} in"
    ):
        check_scenario(millions, evidence)


def test_paths_are_written_back_and_known_to_editors(tmp_path):
    """A table of years is read, written, replaced whole by a file above it, and described in the schema."""
    paths = {"children": {2030: 3e6, 2040: 2.9e6}, "growth": 0.01}
    base = hand_scenario({"act": ONLINE}, **HORIZON, baseline=paths)
    (tmp_path / "base.toml").write_text(dump_scenario(base), encoding="utf-8")
    assert read_scenario(tmp_path / "base.toml").baseline == base.baseline
    above = tmp_path / "above.toml"
    above.write_text('schema = 1\nextends = "base.toml"\n[baseline]\nchildren = {2035 = 2.8e6}\n')
    found = read_scenario(above).baseline
    assert found.children == {2035: 2.8e6} and found.growth == 0.01
    table = {
        "schema": 1,
        "baseline": {"children": {"2035": 2.8e6}, "growth": 0.01},
        "provision": {"parenting": 0.1},
    }
    jsonschema.validate(table, scenario_json_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**table, "baseline": {"growth": 2}}, scenario_json_schema())


def test_the_command_line_refuses_with_exit_code_2(tmp_path):
    file = tmp_path / "paths.toml"
    text = dump_scenario(hand_scenario({"act": ONLINE}, **HORIZON, baseline={"incidence_trend": -0.01}))
    file.write_text(text.replace("incidence_trend = -0.01", "incidence_trend = -1"), encoding="utf-8")
    called = CliRunner().invoke(cli.app, ["check", str(file)])
    assert called.exit_code == 2 and "Traceback" not in called.output
    assert (
        "baseline.incidence_trend: is a rate per year, from -0.2 to 0.2, not -1; for -1% write"
        in called.output
    )
