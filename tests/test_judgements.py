"""Presets by growth and by health, and the same decision under other value judgements: by hand, and to the bit."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fake_tables import fake_draws, fake_result, value_judgements
from hand_posterior import CHAINS, COUNTRIES, N_DRAWS, hand_draws, hand_scenario

from costmodel import appraisal, discounting, economics, judgements, results, verdict
from costmodel.appraisal import SOCIETAL, TRAFFICKING
from costmodel.briefing import judgements as page
from costmodel.briefing import meta_of
from costmodel.briefing.meta import discount_words
from costmodel.discounting import Preset
from costmodel.errors import EvidenceError
from costmodel.evidence.agreement import disagreements
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.evidence.prices import gdp_per_capita
from costmodel.evidence.reading import read_table
from costmodel.evidence.register import TABLES
from costmodel.model.joint import BUILDERS
from costmodel.simulation import simulate
from costmodel.views import SUMMARY

DATA = Path(__file__).parent / "data"
OPTIONS = {
    "nothing": {},
    "prevent": {"parenting": {"coverage": 0.3}},
    "disrupt": {"specialised_enforcement": {"coverage": 0.5}},
    "homes": {"family_based_care": {"coverage": 0.3}},
}
QUALITY = COMPONENTS.index("quality")


def appraised(draws, scenario, evidence):
    flows = (simulate(draws, scenario, country=name, evidence=evidence) for name in COUNTRIES)
    return appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(OPTIONS, end=2029, cost_of_public_funds=1.2)


@pytest.fixture(scope="module")
def total(evidence, scenario):
    return appraised(hand_draws(evidence), scenario, evidence)


@pytest.fixture(scope="module")
def table(total, evidence, scenario):
    return judgements.judgements_table(total, scenario, evidence, seed=1)


def told(total, scenario, evidence, *, option, income=0.5):
    """Benefit and spend of an option by judgement and value, at one relative income."""
    found = judgements.cases(total, scenario, evidence, option=option, income=np.full(N_DRAWS, income))
    return {(one.judgement, one.value): one for one in found}


# --- discounting


def factors(preset, *, value_index, n_years=2, quality=(0.5, 0.5)):
    """Factors of a preset where everything but quality of life falls in the year of harm."""
    now = np.zeros((1, len(quality)))
    now[0, 0] = 1.0
    timing = {**dict.fromkeys(COMPONENTS, now), "quality": np.array([quality])}
    return discounting.preset_factors(
        preset,
        timing=timing,
        violence_timing=np.array([quality]),
        value_index=np.asarray(value_index, dtype=float),
        n_years=n_years,
    )


def test_a_rate_that_follows_constant_growth_is_a_constant_rate():
    """0.015 + 1.5 x 0.02 = 0.045 in every year, so every factor is that of 4.5%."""
    path = 1.02 ** np.arange(60.0)
    found = discounting.money_factors(Preset([(0, 0.015)], elasticity=[(0, 1.5)]), value_index=path)
    assert found == pytest.approx(economics.discount_factors([(0, 0.045)], n_years=60), rel=1e-12)


def test_a_rate_that_follows_growth_is_that_of_the_year_and_of_the_country():
    """Growth of 10% then 5%: 1.5% plus each, and the last year has no growth of its own, so that of the year before."""
    found = discounting.money_factors(
        Preset([(0, 0.015)], elasticity=[(0, 1.0)]), value_index=np.array([1.0, 1.1, 1.155])
    )
    first, second = 1.115, 1.065
    by_hand = [first**-0.5, 1 / (first * second**0.5), 1 / (first * second * second**0.5)]
    assert found == pytest.approx(by_hand)


def test_values_that_grow_with_incomes_are_discounted_at_the_pure_rate_under_an_elasticity_of_one():
    """(1.02 / 1.035)^s is near 1.015^-s; to first order the growth cancels: within growth x pure rate a year."""
    path = 1.02 ** np.arange(40.0)
    money = discounting.money_factors(Preset([(0, 0.015)], elasticity=[(0, 1.0)]), value_index=path)
    pure = economics.discount_factors([(0, 0.015)], n_years=40)
    assert money * path == pytest.approx(pure, rel=40 * 0.02 * 0.015)


@pytest.mark.parametrize("health", [0.21, 0.0])
def test_quality_of_life_at_its_own_rate_by_hand_for_two_years(health):
    """100 a year at the value of the first year, half now and half a year later; the money rate and growth are nothing
    to it. At 21%: 50/1.1 + 50/1.331 of the first year, 50/1.331 + 50/1.61051 of the second; at 0 it is 200 in all."""
    found = factors(Preset([(0, 0.44)], health=[(0, health)]), value_index=[1.0, 1.25, 1.5])
    cost = np.zeros((1, 2, len(COMPONENTS)))
    cost[0, :, QUALITY] = [100.0, 125.0]  # as the simulation values it: 100 times the index
    burden = economics.burden(cost, lifetime=found.lifetime, factors=found.money)
    expected = 50 / 1.1 + 100 / 1.331 + 50 / 1.61051 if health else 200.0
    assert burden[0, QUALITY] == pytest.approx(expected)
    violence = economics.present_value(cost[:, :, QUALITY] * found.violence, factors=found.money)
    assert violence[0] == pytest.approx(expected)
    in_year_of_harm = 50 + 50 / 1.21 if health else 100.0
    assert found.at_harm[QUALITY][0, 0] == pytest.approx(in_year_of_harm / 100)


def test_a_rate_for_quality_of_life_leaves_money_alone():
    """Every other component and money itself are those of the preset without it, to the bit."""
    index = [1.0, 1.25, 1.5]
    plain, own = (
        factors(Preset([(0, 0.04)]), value_index=index),
        factors(Preset([(0, 0.04)], health=[(0, 0.01)]), value_index=index),
    )
    assert np.array_equal(plain.money, own.money)
    for place in range(len(COMPONENTS)):
        assert np.array_equal(plain.lifetime[place], own.lifetime[place]) == (place != QUALITY)


def test_a_health_rate_equal_to_money_differs_by_the_growth_of_the_value_alone():
    """Without growth the two are one preset; with growth the flat value is worth less."""
    flat, rising = np.ones(3), 1.02 ** np.arange(3.0)
    for index, same in ((flat, True), (rising, False)):
        plain = factors(Preset([(0, 0.03)]), value_index=index).lifetime[QUALITY]
        own = factors(Preset([(0, 0.03)], health=[(0, 0.03)]), value_index=index).lifetime[QUALITY]
        assert own == pytest.approx(plain) if same else (own < plain).all()


@pytest.mark.parametrize("rate", [-1.0, -1.5])
def test_a_rate_that_growth_brings_to_minus_one_is_refused(rate):
    with pytest.raises(ValueError, match="-1 or less has no meaning"):
        discounting.money_factors(Preset([(0, rate)], elasticity=[(0, 1.0)]), value_index=np.ones(3))


def test_every_preset_of_the_evidence_gives_factors(evidence):
    """All of them in one pass, each at most 1 and falling where its rates are above zero."""
    names = list(dict.fromkeys(evidence.discounting["preset"]))
    question = hand_scenario({"nothing": {}}, discount=names)
    for name, preset in discounting.presets(question, evidence).items():
        found = discounting.money_factors(preset, value_index=1.02 ** np.arange(120.0))
        assert (np.diff(found) < 0).all() or name == "zero", name
    assert discounting.presets(question, evidence)["ramsey_1"] == Preset(
        money=[(0, 0.015)], elasticity=[(0, 1.0)], health=[]
    )


def test_growth_is_not_counted_twice_by_a_row(evidence):
    with pytest.raises(EvidenceError) as refused:
        read_table(DATA / "bad-discount-growth-twice.csv", TABLES["discounting"])
    assert str(refused.value) == (
        "bad-discount-growth-twice.csv, row both 0: health_rate beside growth_elasticity: a rate for quality of life "
        "of its own stands for the growth of its value, which would be counted twice; leave one of the two blank"
    )


def test_a_health_rate_of_some_years_only_is_refused(evidence):
    rows = evidence.discounting.copy()
    rows.loc[(rows["preset"] == "green_book_2026_health") & (rows["from_year"] == 76), "health_rate"] = np.nan
    frames = {
        table.file: (name, rows if name == "discounting" else getattr(evidence, name))
        for name, table in TABLES.items()
    }
    assert list(disagreements(frames, evidence.sources)) == [
        "discounting.csv, row green_book_2026_health: health_rate in some of its rows only; give it in all of them, or "
        "in none"
    ]


def test_a_rate_of_its_own_kind_is_said_in_words(evidence):
    words = discount_words(["ramsey_1_3", "green_book_2026_health"], evidence.discounting)
    assert words == {
        "ramsey_1_3": "discounted at 1.5% a year plus 1.3 times the growth of GDP per capita (ramsey_1_3)",
        "green_book_2026_health": "discounted at 3.5% a year, falling to 2.5%, quality of life at 1.5% "
        "falling to 1.07% with its value held (green_book_2026_health)",
    }


# --- judgements


def test_the_unweighted_line_is_first_and_that_of_the_headline(table, total, evidence, scenario):
    """To the bit, for every option and quantity; where savings are added in another order, to the last digits."""
    headline = results.headline_table(total, scenario, evidence)
    where = (headline["discount"] == "eu_3") & (headline["perspective"] == SOCIETAL)
    headline = headline[where & (headline["scope"] == TRAFFICKING)]
    for option, rows in table.groupby("option"):
        assert rows["judgement"].iloc[0] == judgements.UNWEIGHTED
        for row in rows[rows["judgement"] == judgements.UNWEIGHTED].itertuples():
            same = headline[(headline["option"] == option) & (headline["quantity"] == row.quantity)]
            numbers, expected = [getattr(row, name) for name in SUMMARY], same[SUMMARY].iloc[0].tolist()
            assert expected == (pytest.approx(numbers, rel=1e-12) if option == "homes" else numbers)


def test_savings_stand_above_the_ratio_under_every_judgement(total, evidence, scenario):
    """What is saved on homes is in the benefit once, and cost is gross."""
    saved = total.offset["homes", "eu_3"]
    benefit = total.burden["inaction", "eu_3"] - total.burden["homes", "eu_3"]
    found = told(total, scenario, evidence, option="homes")
    plain = found[judgements.UNWEIGHTED, judgements.DEFAULT]
    assert saved.min() > 0 and plain.benefit == pytest.approx(benefit.sum(axis=1) + saved)
    for judgement, value in ((judgements.QALY_VALUE, "statistical_life"), ("equity_weight", "1")):
        other = found[judgement, value]
        assert np.array_equal(other.spend, total.spend["homes", "eu_3"])
        moved = other.benefit - plain.benefit
        assert (np.abs(moved) < saved / 2).all() and np.abs(moved).max() > 0


@pytest.mark.parametrize(
    "neutral", [("qaly_value", "estimate"), ("equity_weight", "0"), ("public_funds", "1")]
)
def test_a_judgement_that_changes_nothing_changes_no_bit(table, neutral):
    judgement, value = neutral
    first = table[table["judgement"] == judgements.UNWEIGHTED]
    same = table[(table["judgement"] == judgement) & (table["value"] == value)]
    assert (
        len(first) == len(same) == 11
    )  # three quantities of three options, and no ratio of the one that costs nothing
    assert first[SUMMARY].to_numpy().tolist() == same[SUMMARY].to_numpy().tolist()


def test_an_option_without_programmes_is_worth_nothing_under_any_judgement(table):
    rows = table[table["option"] == "nothing"]
    assert set(rows["quantity"]) == {"net_benefit", "probability_net_benefit_positive"}
    assert (rows[["mean", "low", "high"]] == 0).all(axis=None)


def test_quality_of_life_is_revalued_by_country_by_hand():
    """6 at 2 and 9 at 3 are 3 QALYs' worth each: at 4 they are 12 and 12, which adds 6 and 3."""
    averted = {"NLD": np.array([6.0]), "BEN": np.array([9.0])}
    estimate = {"NLD": np.array([2.0]), "BEN": np.array([3.0])}
    assert judgements.revalued_quality(averted, estimate=estimate, value=4.0).tolist() == [9.0]


def test_another_value_of_a_qaly_is_what_a_simulation_with_it_says(evidence, scenario):
    """Exact in every draw where nobody is exploited in several forms: which is costliest depends on the value."""
    draws = hand_draws(evidence)
    draws["multi_form_share"] = draws["multi_form_share"] * 0.0
    other = draws.copy()
    for name, value in (
        ("value_of_qaly_reference", 8.5),
        ("elasticity_value_high", 1.0),
        ("elasticity_value_low", 1.0),
    ):
        other[name] = draws[name] * 0.0 + value
    scaled = told(appraised(draws, scenario, evidence), scenario, evidence, option="disrupt")
    simulated = told(appraised(other, scenario, evidence), scenario, evidence, option="disrupt")
    found = scaled[judgements.QALY_VALUE, "statistical_life"].benefit
    assert found == pytest.approx(simulated[judgements.UNWEIGHTED, judgements.DEFAULT].benefit)
    assert np.abs(found / scaled[judgements.UNWEIGHTED, judgements.DEFAULT].benefit - 1).min() > 0.1


def test_equity_weights_by_hand(total, evidence, scenario):
    """Half the mean income weighs 2 at elasticity 1: seven tenths of output and a tenth of health count once more."""
    found = told(total, scenario, evidence, option="prevent")
    averted = total.burden["inaction", "eu_3"] - total.burden["prevent", "eu_3"]
    more = 0.7 * averted[:, COMPONENTS.index("output")] + 0.1 * averted[:, COMPONENTS.index("health")]
    plain = found[judgements.UNWEIGHTED, judgements.DEFAULT]
    assert found["equity_weight", "1"].benefit == pytest.approx(plain.benefit + more)
    assert found["equity_weight", "1.3"].benefit == pytest.approx(plain.benefit + more * (2**1.3 - 1))
    assert np.array_equal(found["equity_weight", "1.5"].spend, plain.spend)


def test_households_at_the_mean_income_have_no_weight(total, evidence, scenario):
    found = told(total, scenario, evidence, option="prevent", income=1.0)
    plain = found[judgements.UNWEIGHTED, judgements.DEFAULT].benefit
    assert np.array_equal(found["equity_weight", "1.5"].benefit, plain)


def test_public_money_that_costs_a_fifth_more_by_hand(total, evidence, scenario):
    """A fifth of outlay less savings is lost on top: outlay below the ratio, savings above it."""
    found = told(total, scenario, evidence, option="disrupt")
    plain, dear = found[judgements.UNWEIGHTED, judgements.DEFAULT], found["public_funds", "1.2"]
    public = appraisal.payer_rows(evidence)[2]
    key = {"option": "disrupt", "preset": "eu_3", "comparator": "inaction"}
    saved = appraisal.benefit(total, **key, scope=TRAFFICKING, public=public)
    outlay = appraisal.extra_spend(total, **key, fiscal=True)
    assert dear.benefit - dear.spend == pytest.approx(plain.benefit - plain.spend - 0.2 * (outlay - saved))
    assert dear.spend == pytest.approx(plain.spend + 0.2 * outlay)


def test_a_stated_cost_of_public_funds_is_a_line_of_its_own_and_moves_no_other(
    total, evidence, scenario, table
):
    """The default stands there once, as the row of the evidence."""
    plain = scenario.model_copy(update={"cost_of_public_funds": 1.0})
    without = judgements.judgements_table(total, plain, evidence, seed=1)
    stated = (table["judgement"] == "public_funds") & (table["value"] == "1.2")
    assert without.equals(table[~stated].reset_index(drop=True)) and stated.any()
    default = evidence.judgements.query("judgement == 'public_funds'")["value"].item()
    assert hand_scenario(OPTIONS).cost_of_public_funds == default


def test_relative_incomes_are_drawn_by_name_and_no_sub_model_reads_their_prior(total, evidence):
    """Median one half, 5 and 95% about a third and three quarters; the module is none that is fitted."""
    row = evidence.priors.loc[judgements.RELATIVE_INCOME]
    assert row["module"] not in BUILDERS
    assert np.exp(row["p1"] + row["p2"] * np.array([-1.645, 0, 1.645])) == pytest.approx(
        [0.33, 0.5, 0.75], abs=0.01
    )
    first, again, other = (judgements.relative_income(total, evidence, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_the_valuation_of_the_green_book_is_its_price_over_gdp_per_capita(evidence):
    """GBP 60,000 / 32,758 = 1.83; 70,000 of 2022 gives the same."""
    rows = evidence.judgements.set_index("name")
    for name in ("qaly_gbr_2018", "qaly_gbr_2022"):
        printed = evidence.valuations.loc[name]
        multiple = printed["value"] / gdp_per_capita(
            "GBR", year=printed["price_year"], prices=evidence.prices
        )
        assert rows.at["green_book", "value"] == pytest.approx(multiple, abs=0.01)
    assert rows.at["statistical_life", "value"] == pytest.approx(
        np.exp(evidence.priors.at["value_of_qaly_us", "p1"]), rel=0.01
    )
    assert rows.at["one_gdp", "value"] == evidence.valuations.at["daly_fang", "value"] == 1


# --- words


@pytest.fixture(scope="module")
def tables():
    """The one table that the page needs, made up."""
    return {"value_judgements": value_judgements(fake_draws())}


@pytest.fixture(scope="module")
def meta(tables):
    return meta_of(fake_result(tables=tables))


def net(means):
    """A table of judgements with the net benefits given: option -> mean by judgement, error 0.1."""
    cases = [("unweighted", "default"), ("qaly_value", "one_gdp"), ("equity_weight", "1.3")]
    rows = [
        {"option": option, "judgement": case[0], "value": case[1], "mean": mean, "mcse": 0.1}
        for option, values in means.items()
        for case, mean in zip(cases, values, strict=True)
    ]
    return pd.DataFrame(rows).assign(quantity="net_benefit")


@pytest.mark.parametrize(
    ("means", "said"),
    [
        ({"a": (1, 2, 3), "b": (0.5, 1, 2)}, ""),
        (
            {"a": (-1, 0.1, 2)},
            "The decision depends on value judgements: the expected net benefit of “A”, else below zero, is about zero "
            "with a QALY valued by one GDP per capita and above zero with equity weights of elasticity 1.3.",
        ),
        (
            {"a": (3, 2, 1), "b": (1, 3, 2)},
            "The decision depends on value judgements: the largest expected net benefit is that of “B” with a QALY "
            "valued by one GDP per capita or equity weights of elasticity 1.3.",
        ),
    ],
    ids=["nothing", "sign", "best"],
)
def test_a_sentence_is_said_only_where_a_judgement_changes_the_decision(means, said):
    titles = {key: key.upper() for key in means}
    assert verdict.judged(net(means), titles=titles) == said


def test_the_briefing_shows_each_option_unweighted_first_and_no_line_twice(tables, meta):
    found = page.judgements_table(tables, meta)
    by_option = {
        title: [row for row in found.body if row[0].text == title] for title in meta.alternatives.values()
    }
    for rows in by_option.values():
        assert [row[1].text for row in rows] == [
            "as in every other table",
            "equity weights of elasticity 1.3",
            "a QALY valued by the value of a statistical life",
            "public money that costs society 1.2 for one",
        ]
        assert all(cell.text for row in rows for cell in row)


def test_the_briefing_says_what_public_money_is_stated_to_cost(tables, meta):
    (stated,) = [words for words in page.sentences(tables, meta) if words.startswith("The scenario states")]
    assert "costs society 1.2." in stated
    plain = tables["value_judgements"].query("value != '1.2'")
    assert not any("public money" in words for words in page.sentences({"value_judgements": plain}, meta))
