"""Victims and costs by option: slow loops beside fast ones, identities, and laws that no draw may break."""

import dataclasses

import numpy as np
import pytest
from hand_posterior import COUNTRIES, N_DRAWS, hand_draws, hand_scenario

from costmodel import baseline, programmes
from costmodel.baseline import children_path, growth_path, national_baseline
from costmodel.courses import later, levers_by_option
from costmodel.errors import EvidenceError, ScenarioError
from costmodel.evidence.harmonise import COMPONENTS, FORMS
from costmodel.programme_inputs import programme_inputs
from costmodel.simulation import annual_stock_cost, simulate

ENFORCE = {"specialised_enforcement": {"coverage": 0.3}}
OPTIONS = {
    "nothing": {},
    "enforce": ENFORCE,
    "enforce_more": {"specialised_enforcement": {"coverage": 0.6}},
    "prevent": {
        "parenting": {"coverage": 0.3},
        "school_violence_prevention": {"coverage": {2027: 0.1, 2030: 0.4}},
    },
    "all": {
        **ENFORCE,
        "parenting": {"coverage": 0.3},
        "school_violence_prevention": {"coverage": {2027: 0.1, 2030: 0.4}},
    },
    "see": {"data_systems": {"coverage": 0.5}},
    "house": {"outreach_housing": {"coverage": 0.4}},
    "care": {"child_house": {"coverage": 0.4}},
}


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(OPTIONS)


@pytest.fixture(scope="module", params=COUNTRIES)
def flows(request, draws, scenario, evidence):
    return simulate(draws, scenario, country=request.param, evidence=evidence)


def profiles(rng, n_draws=1):
    return {name: rng.uniform(size=(n_draws, 100)) for name in COMPONENTS}


def test_cost_of_the_stock_against_a_triple_loop():
    """Year of harm, year of cost and component one by one; before the first year, 99 years of harm."""
    rng = np.random.default_rng(1)
    cost, weights = rng.lognormal(size=(3, 6, len(COMPONENTS))), profiles(rng, 3)
    weights["law"] = weights["law"][:1]  # a profile that all draws share
    value = 1.02 ** np.arange(106)
    before = rng.lognormal(size=(3, len(COMPONENTS)))
    found = annual_stock_cost(cost, weights, value, before=before)
    for d in range(3):
        for k, name in enumerate(COMPONENTS):
            row = weights[name][min(d, weights[name].shape[0] - 1)]
            share = row / row.sum()
            for year in range(6):
                slow = 0.0
                for harm in range(year - 99, year + 1):
                    units = before[d, k] if harm < 0 else cost[d, harm, k] / value[harm]
                    slow += units * share[year - harm] * value[year]
                assert found[d, year, k] == pytest.approx(slow)


def test_in_a_steady_state_the_two_accountings_coincide():
    """As many victims every year, values constant: what falls in a year is the cost of one year's victims."""
    weights = profiles(np.random.default_rng(2), 4)
    cost = np.broadcast_to(np.array([1.0, 2, 3, 4, 5, 6]), (4, 30, len(COMPONENTS)))
    assert annual_stock_cost(cost, weights, np.ones(130), before=cost[:, 0]) == pytest.approx(cost)


def test_with_growth_the_stock_costs_less_than_new_victims_only_where_new_victims_grow():
    """Victims constant, values up 2% a year: what falls in year t is valued at year t, as new victims are."""
    value = 1.02 ** np.arange(130)
    cost = np.ones((1, 30, len(COMPONENTS))) * value[None, :30, None]
    weights = profiles(np.random.default_rng(3))
    assert annual_stock_cost(cost, weights, value, before=cost[:, 0]) == pytest.approx(cost)
    growing = cost * 1.05 ** np.arange(30)[None, :, None]
    assert (annual_stock_cost(growing, weights, value, before=cost[:, 0])[:, 1:] < growing[:, 1:]).all()


def test_a_horizon_longer_than_the_years_followed_is_no_trouble():
    """120 years of one victim a year: from the first on the steady state holds."""
    cost = np.ones((1, 120, len(COMPONENTS)))
    found = annual_stock_cost(cost, profiles(np.random.default_rng(4)), np.ones(220), before=cost[:, 0])
    assert found == pytest.approx(cost)


def test_no_option_changes_what_past_victims_cost(evidence, draws):
    """Full effect in the first year: only the cost of that year's own victims differs in that year."""
    now = hand_scenario({"act": {"specialised_enforcement": {"coverage": 0.9}}}, start=2026, end=2030)
    quick = evidence.programmes.copy()
    quick[["lag_years", "ramp_years"]] = 0.0
    changed = dataclasses.replace(evidence, programmes=quick)
    flows = simulate(draws, now, country="NLD", evidence=changed)
    averted = flows.annual_cost["inaction"][:, 0] - flows.annual_cost["act"][:, 0]
    own = flows.cost["inaction"][:, 0] - flows.cost["act"][:, 0]
    first = np.stack([np.broadcast_to(flows.timing[name][:, 0], N_DRAWS) for name in COMPONENTS], axis=1)
    assert np.abs(own).max() > 0
    assert averted == pytest.approx(own * first, abs=1e-6 * np.abs(own).max())


def test_an_option_without_programmes_is_the_comparator_to_the_last_digit(flows):
    for store in (flows.new_victims, flows.registered, flows.stock, flows.cost, flows.annual_cost):
        assert np.array_equal(store["nothing"], store["inaction"])
    for store in (flows.spend, flows.outlay, flows.violence_averted):
        assert (store["nothing"] == 0).all()


def test_coverage_of_zero_costs_exactly_nothing_and_changes_exactly_nothing(evidence, draws):
    idle = hand_scenario(
        {"idle": {name: {"coverage": 0.0} for name in ("parenting", "data_systems", "child_house")}}
    )
    flows = simulate(draws, idle, country="NLD", evidence=evidence)
    assert np.array_equal(flows.cost["idle"], flows.cost["inaction"])
    assert (flows.spend["idle"] == 0).all()


def test_another_programme_changes_no_programme_s_draws(evidence, draws):
    """Drawn by name: alone, or after others that come before it in the alphabet."""
    few, many = ["parenting"], ["border_monitoring", "guardianship", "parenting"]
    setting = {
        "country": "NLD",
        "draws": draws,
        "evidence": evidence,
        "currency": "EUR",
        "price_year": 2024,
        "seed": 3,
    }
    alone, beside = (programme_inputs(names, **setting)["parenting"] for names in (few, many))
    for name in ("unit_cost", "rr", "rr_violence", "displacement"):
        assert np.array_equal(getattr(alone, name), getattr(beside, name)), name


def test_a_programme_spends_the_same_in_every_option(flows):
    spent = flows.programme_spend
    assert np.array_equal(
        spent["enforce"]["specialised_enforcement"], spent["all"]["specialised_enforcement"]
    )
    assert np.array_equal(spent["prevent"]["parenting"], spent["all"]["parenting"])


def test_options_do_not_depend_on_one_another(evidence, draws, flows):
    """An option run alone has the flows it has among seven others."""
    alone = simulate(draws, hand_scenario({"all": OPTIONS["all"]}), country=flows.country, evidence=evidence)
    assert np.array_equal(alone.cost["all"], flows.cost["all"])
    assert np.array_equal(alone.spend["all"], flows.spend["all"])


def protective(draws, *names):
    """Draws in which every one of these programmes protects."""
    log_rr = draws["log_rr"].sel(programme=list(names)).to_numpy().reshape(N_DRAWS, -1)
    return (log_rr < 0).all(axis=1)


def test_more_coverage_never_leaves_more_victims_where_it_protects(flows, draws):
    less, more = flows.new_victims["enforce"], flows.new_victims["enforce_more"]
    safe = protective(draws, "specialised_enforcement")
    assert 0 < safe.sum() < N_DRAWS
    assert (more[safe] <= less[safe]).all()
    assert (more[~safe] >= less[~safe]).all(), "draws in which a programme harms are kept, not turned round"


def test_more_programmes_never_leave_more_victims_where_all_protect(flows, draws):
    safe = protective(draws, "specialised_enforcement", "parenting", "school_violence_prevention")
    assert safe.any()
    both = np.minimum(flows.new_victims["enforce"], flows.new_victims["prevent"])
    assert (flows.new_victims["all"][safe] <= both[safe] * (1 + 1e-12)).all()


def test_a_lone_programme_averts_share_times_effect_times_coverage(evidence, draws, scenario):
    """Last year: share of incidence x acting coverage x (1 - RR) (1 - displacement), in every draw."""
    name, country = "specialised_enforcement", "NLD"
    flows = simulate(draws, scenario, country=country, evidence=evidence)
    table = evidence.programmes
    row = table[(table["id"] == name) & (table["income_group"] == "High income")].iloc[0]
    acting = programmes.effective_coverage(
        np.full(10, 0.3), lag=row["lag_years"], ramp=row["ramp_years"], half_life=row["half_life_years"]
    )
    averted = 1 - np.exp(draws["log_rr"].sel(programme=name).to_numpy().reshape(-1))
    averted *= 1 - draws["displacement_enforcement"].to_numpy().reshape(-1)
    risk = draws["relative_risk_group"].to_numpy().reshape(-1)
    share = draws["venue_share"].to_numpy().reshape(-1) * programmes.incidence_share(
        row["target_share"], relative_risk=risk
    )
    base = national_baseline(country, draws=draws, scenario=scenario, evidence=evidence)
    forms = FORMS if row["forms"] == "all" else row["forms"].split()
    reached = sum(base.form_share[form] for form in forms)
    expected = 1 - np.minimum(share * acting[-1] * averted, 0.8) * reached
    found = flows.new_victims["enforce"][:, -1] / flows.new_victims["inaction"][:, -1]
    assert found == pytest.approx(expected)


def test_new_victims_are_incidence_times_children_and_registered_their_detected_part(flows, draws, evidence):
    """First year, no programme: exp(log incidence) x children; registered over new = exp(log detection)."""
    incidence = np.exp(draws["log_incidence"].sel(country=flows.country).to_numpy().reshape(-1))
    children = evidence.countries.loc[flows.country, ["children_2024", "children_2030"]].astype(float)
    in_2026 = children["children_2024"] + (children["children_2030"] - children["children_2024"]) / 3
    assert flows.children == pytest.approx(in_2026)
    assert flows.new_victims["inaction"][:, 0] == pytest.approx(incidence * in_2026)
    detection = np.exp(draws["log_detection"].sel(country=flows.country).to_numpy().reshape(-1))
    ratio = flows.registered["inaction"][:, 0] / flows.new_victims["inaction"][:, 0]
    assert ratio == pytest.approx(detection)


def test_recording_more_victims_makes_no_victims(flows, draws):
    """Registered goes up where the draw of the programme says so; victims and stock are untouched."""
    assert np.array_equal(flows.new_victims["see"], flows.new_victims["inaction"])
    assert np.array_equal(flows.stock["see"], flows.stock["inaction"])
    helps = protective(draws, "data_systems")
    assert (flows.registered["see"][helps, -1] > flows.registered["inaction"][helps, -1]).all()
    assert (flows.registered["see"] <= flows.new_victims["see"]).all()


def test_a_shorter_time_in_exploitation_cuts_the_stock_and_not_the_inflow(flows, draws):
    assert np.array_equal(flows.new_victims["house"], flows.new_victims["inaction"])
    helps = protective(draws, "outreach_housing")
    assert (flows.stock["house"][helps, -1] < flows.stock["inaction"][helps, -1]).all()
    assert (flows.cost["house"].sum(axis=2)[helps, -1] < flows.cost["inaction"].sum(axis=2)[helps, -1]).all()


def test_less_severe_harm_costs_less_and_changes_no_count(flows, draws):
    for store in (flows.new_victims, flows.registered, flows.stock):
        assert np.array_equal(store["care"], store["inaction"])
    helps = protective(draws, "child_house")
    assert (flows.cost["care"].sum(axis=2)[helps, -1] < flows.cost["inaction"].sum(axis=2)[helps, -1]).all()


def test_only_programmes_with_a_trial_on_violence_avert_other_violence(flows, evidence):
    assert not np.isfinite(evidence.effects.at["specialised_enforcement", "rr_violence_log_mean"])
    assert (flows.violence_averted["enforce"] == 0).all()
    assert (flows.violence_averted["prevent"][:, -1] != 0).all()


def test_transfers_are_outlay_and_no_societal_cost(evidence, draws):
    """Child grants: societal spend is the part that is no transfer; public budgets pay all of it."""
    grants = hand_scenario({"grants": {"child_grants": {"coverage": 0.2}}}, countries=["BEN"])
    table, group = evidence.programmes, evidence.countries.at["BEN", "income_group"]
    row = table[(table["id"] == "child_grants") & (table["income_group"] == group)].iloc[0]
    assert 0 < row["transfer_share"] < 1
    flows = simulate(draws, grants, country="BEN", evidence=evidence)
    gross = flows.programme_spend["grants"]["child_grants"]
    assert flows.spend["grants"] == pytest.approx(gross * (1 - row["transfer_share"]))
    assert flows.outlay["grants"] == pytest.approx(gross * row["public_share"])
    assert (flows.outlay["grants"] > flows.spend["grants"]).all()


def test_a_later_start_shifts_coverage_by_a_year_and_ends_with_it():
    """0.3 with a stop after 2028: 0.3 0.3 0.3 0 0 becomes 0 0.3 0.3 0 0; the comparator has no twin."""
    paths = levers_by_option(
        hand_scenario({"act": {"parenting": {"coverage": 0.3, "end": 2028}}}, start=2026, end=2030)
    )
    assert paths["act"]["parenting"].tolist() == [0.3, 0.3, 0.3, 0, 0]
    assert paths[later("act", years=1)]["parenting"].tolist() == [0, 0.3, 0.3, 0, 0]
    assert later("inaction", years=1) not in paths


def test_a_later_start_spends_nothing_in_the_first_year(flows):
    assert (flows.spend[later("enforce", years=1)][:, 0] == 0).all()
    assert flows.spend[later("enforce", years=1)][:, 1:] == pytest.approx(flows.spend["enforce"][:, 1:])


def test_offenders_adapt_to_a_measure_from_its_own_start(evidence, draws):
    """10% a year for online measures: 1, 1, 0.9, 0.81 where coverage begins in the second year; none elsewhere."""
    setting = {
        "country": "NLD",
        "draws": draws,
        "evidence": evidence,
        "currency": "EUR",
        "price_year": 2024,
        "seed": 1,
    }
    known = programme_inputs(["online_regulation", "parenting"], **setting)
    path = np.array([0.0, 0.3, 0.3, 0.0])
    assert known["online_regulation"].adaptation(path).tolist() == pytest.approx([1, 1, 0.9, 0.81])
    assert known["parenting"].adaptation(path).tolist() == [1, 1, 1, 1]


def test_growth_fades_to_the_long_run():
    """4% fading to 0 over 2 years: 4%, 2%, 0, 0."""
    path = growth_path(0.04, long_run=0.0, fade_years=2, n_years=5)
    assert path.tolist() == pytest.approx([1, 1.04, 1.04 * 1.02, 1.04 * 1.02, 1.04 * 1.02])


def test_children_follow_the_projection_and_stay_after_it(evidence):
    facts = evidence.countries.loc["BEN"]
    path = children_path("BEN", evidence=evidence, horizon=np.array([2024, 2027, 2030, 2050]))
    middle = (facts["children_2024"] + facts["children_2030"]) / 2
    assert path.tolist() == [facts["children_2024"], middle, facts["children_2030"], facts["children_2030"]]


def test_forms_undo_the_bias_of_detection(evidence, draws, scenario):
    """Registered shares are true shares x relative detection; detection averages to the national one."""
    base = national_baseline("BEN", draws=draws, scenario=scenario, evidence=evidence)
    odds = np.exp(draws["log_form_odds"].sel(country="BEN").transpose("form", "chain", "draw").to_numpy())
    registered = odds.reshape(len(FORMS), -1) / odds.reshape(len(FORMS), -1).sum(axis=0)
    product = np.stack([base.form_share[form] * base.form_detection[form] for form in FORMS])
    assert sum(base.form_share.values()) == pytest.approx(np.ones(N_DRAWS))
    assert product / product.sum(axis=0) == pytest.approx(registered)
    national = np.exp(draws["log_detection"].sel(country="BEN").to_numpy().reshape(-1))
    assert product.sum(axis=0) == pytest.approx(national)


def test_a_victim_of_several_forms_counts_once_at_the_cost_of_the_costliest(evidence, draws, scenario):
    base = national_baseline("NLD", draws=draws, scenario=scenario, evidence=evidence)
    total = base.registered_cost.sum(axis=2)
    for f in range(len(FORMS)):
        expected = (1 - base.multi_form) * total[:, f] + base.multi_form * total.max(axis=1)
        assert base.multi_form_uplift(f) * total[:, f] == pytest.approx(expected)


def test_output_per_head_is_what_the_price_table_says(evidence):
    """Netherlands in euro of its latest year, without growth to the start: GDP over people, as printed."""
    facts = evidence.countries.loc["NLD"]
    year = int(facts["gdp_year"])
    question = hand_scenario({"nothing": {}}, start=year, price_year=year)
    row = evidence.prices.loc[("NLD", year)]
    expected = row["gdp_usd"] / row["population"] * row["lcu_per_usd"]
    found = baseline.output_per_head("NLD", scenario=question, evidence=evidence)
    assert found == pytest.approx(expected, rel=0.02)


def test_a_country_without_gdp_is_refused(evidence, draws):
    poor = evidence.countries.copy()
    poor.loc["NLD", "gdp_year"] = np.nan
    with pytest.raises(EvidenceError, match="row NLD: no GDP; its costs cannot be expressed"):
        simulate(
            draws,
            hand_scenario({"nothing": {}}),
            country="NLD",
            evidence=dataclasses.replace(evidence, countries=poor),
        )


def test_a_programme_without_a_cost_for_the_income_group_is_refused(evidence, draws):
    few = evidence.programmes[evidence.programmes["income_group"] != "High income"]
    with pytest.raises(
        ScenarioError, match=r"programme 'parenting': no checked cost for NLD \(High income\)"
    ):
        simulate(
            draws,
            hand_scenario({"act": {"parenting": {"coverage": 0.1}}}),
            country="NLD",
            evidence=dataclasses.replace(evidence, programmes=few),
        )


def test_more_detection_adds_the_services_of_those_found_and_no_harm(evidence, draws, scenario, flows):
    """Extra cost = victims x (seen - known) x (found - undetected): no quality of life, no output."""
    extra = flows.cost["see"] - flows.cost["nothing"]
    for name in ("quality", "output"):
        assert extra[:, :, COMPONENTS.index(name)] == pytest.approx(0.0, abs=1e-6 * flows.gdp)
    base = national_baseline(flows.country, draws=draws, scenario=scenario, evidence=evidence)
    total = base.incidence[:, None] * base.children[None, :]
    gained = flows.registered["see"] - flows.registered["nothing"]
    assert np.abs(gained).max() > 0 and np.abs(gained).max() < total.max()


def test_care_cuts_the_cost_of_registered_victims_alone(evidence, draws, scenario, flows):
    """Benefit = sum over forms of registered victims x cost of a registered one x acting coverage x (1 - RR)."""
    base = national_baseline(flows.country, draws=draws, scenario=scenario, evidence=evidence)
    known = programme_inputs(
        ["child_house"],
        country=flows.country,
        draws=draws,
        evidence=evidence,
        currency=scenario.currency,
        price_year=scenario.price_year,
        seed=scenario.seed,
    )["child_house"]
    coverage = levers_by_option(scenario)["care"]["child_house"]
    acting = programmes.effective_coverage(
        coverage, lag=known.lag, ramp=known.ramp, half_life=known.half_life
    )
    expected = np.zeros(flows.new_victims["care"].shape)
    for f, form in enumerate(FORMS):
        seen = base.incidence * base.form_share[form] * base.form_detection[form]
        cost = base.registered_cost[:, f, :].sum(axis=1) * base.multi_form_uplift(f)
        per_year = base.children[None, :] * base.output_per_head[None, :] * acting[None, :]
        expected += (seen * cost * (1 - known.rr))[:, None] * per_year
    found = (flows.cost["nothing"] - flows.cost["care"]).sum(axis=2)
    assert found == pytest.approx(expected, rel=1e-6, abs=1e-9 * flows.gdp)


def test_programmes_against_one_type_of_violence_do_not_add(evidence, draws):
    """Parenting and school prevention both cut physical violence: together less than the sum of the two."""
    options = {
        "one": {"parenting": {"coverage": 0.3}},
        "two": {"school_violence_prevention": {"coverage": 0.4}},
        "both": {"parenting": {"coverage": 0.3}, "school_violence_prevention": {"coverage": 0.4}},
    }
    flows = simulate(draws, hand_scenario(options), country="NLD", evidence=evidence)
    averted = {key: value.sum(axis=1).mean() for key, value in flows.violence_averted.items()}
    assert max(averted["one"], averted["two"]) < averted["both"] < averted["one"] + averted["two"]
