"""Savings on what programmes replace, by hand: gross cost stays gross, net benefit counts them, budgets show them.

At 21% a year, half a year for the first, 110 in the first year and 133.1 in the second are worth 100 each.

| present value, in every draw | burden (law, a fifth; output) | spend | saved | net spend |
|---|---|---|---|---|
| inaction | 2,000 | 0 | 0 | 0 |
| act: a fifth less harm | 1,600 | 150 + 150 | 60 + 120 | 120 |
| act, one year later | 1,800 | 150 | 60 | 90 |

Law is paid by justice; of lost output the treasury bears a quarter, households the rest. A third of what is saved falls
on no public budget.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from fake_tables import fake_result
from hand_posterior import CHAINS, hand_draws, hand_scenario
from one_row import mean

from costmodel import (
    appraisal,
    budget_offsets,
    comparison,
    ministries,
    offsets,
    pipeline,
    programme_inputs,
    results,
    waiting,
)
from costmodel.briefing import meta_of
from costmodel.briefing.sentences import saving_sentence
from costmodel.courses import later
from costmodel.errors import EvidenceError
from costmodel.evidence import read_evidence
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.evidence.payers import UNNAMED
from costmodel.readings import READINGS, under
from costmodel.simulation import Flows, simulate
from costmodel.views import views

MONEY = np.array([110.0, 133.1])
LATER = {n: later("act", years=n) for n in (1, 2, 5)}
LEFT = {LATER[1]: (1.0, 0.8), LATER[2]: (1.0, 1.0), LATER[5]: (1.0, 1.0)}
SPENT = {LATER[1]: (0.0, 1.5), LATER[2]: (0.0, 0.0), LATER[5]: (0.0, 0.0)}
SAVED = {"act": (0.6, 1.2), LATER[1]: (0.0, 0.6)}
for _reading in READINGS:
    LEFT |= {under("inaction", reading=_reading): (1.0, 1.0), under("act", reading=_reading): (0.8, 0.8)}
    SPENT |= {under("inaction", reading=_reading): (0.0, 0.0), under("act", reading=_reading): (1.5, 1.5)}
    SAVED |= {under("act", reading=_reading): (0.6, 1.2)}
CARE, INTERIOR = "child and social welfare", "interior and justice"
#: Care of children in homes, and places of detention, in one option of the Netherlands.
BOTH = {"family_based_care": {"coverage": {2026: 0.1, 2030: 0.4}}, "end_detention": {"coverage": 0.5}}
HORIZON = {"countries": ["NLD"], "end": 2034}


def paths(shares):
    """The same path in eight draws, dims (draw, year)."""
    return {key: np.ones((8, 1)) * np.array(share) * MONEY for key, share in shares.items()}


def harm(left):
    """Law one part of five, output four, dims (draw, year, component)."""
    parts = np.zeros(len(COMPONENTS))
    parts[[COMPONENTS.index("law"), COMPONENTS.index("output")]] = 2.0, 8.0
    return np.array(left)[None, :, None] * MONEY[None, :, None] * parts * np.ones((8, 1, 1))


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(
        {"act": {"parenting": {"coverage": 0.1}}}, countries=["NLD"], end=2027, discount=["eu_3"]
    )


@pytest.fixture(scope="module")
def facts(evidence):
    payers = [(name, "households", 1.0, 0) for name in COMPONENTS if name not in ("law", "output")]
    payers += [("law", "justice", 1.0, 1), ("output", "treasury", 0.25, 1), ("output", "households", 0.75, 0)]
    rate = pd.DataFrame({"preset": ["eu_3"], "from_year": [0], "rate": [0.21]})
    table = pd.DataFrame(payers, columns=["component", "payer", "share", "public"])
    return dataclasses.replace(evidence, discounting=rate, payers=table)


@pytest.fixture(scope="module")
def total(scenario, facts):
    cost, spent, now = {key: harm(left) for key, left in LEFT.items()}, paths(SPENT), np.ones((1, 1))
    saved = paths(SAVED)
    flows = Flows(
        country="NLD",
        **dict.fromkeys(("new_victims", "registered", "stock"), paths(LEFT)),
        groups={},
        cost=cost,
        annual_cost={key: cost[key] for key in ("inaction", "act")},
        spend=spent,
        outlay=spent,
        programme_spend={key: {"parenting": value} for key, value in spent.items()},
        coverage_end={key: {"parenting": 1.0} for key in spent},
        reached_end={key: {"parenting": 1e3} for key in spent},
        violence_averted={key: 0 * value for key, value in spent.items()},
        timing=dict.fromkeys(COMPONENTS, now),
        violence_timing=now,
        value_index=np.ones(3),
        gdp=1e6,
        children=1e6,
        value_of_qaly=np.ones(next(iter(cost.values())).shape[0]),
        offset=saved,
        public_offset={key: {CARE: value / 2, INTERIOR: value / 6} for key, value in saved.items()},
    )
    return appraisal.appraise([flows], scenario=scenario, evidence=facts, n_chains=2)


@pytest.fixture(scope="module")
def headline(total, scenario, facts):
    return results.headline_table(total, scenario, facts)


def test_spend_is_gross_and_the_saving_a_line_of_its_own(headline):
    """300 spent, 180 saved: 120 net. Public: two thirds of 180 are 120, so 180 net."""
    for perspective, saved in (("societal", 180), ("fiscal", 120)):
        assert mean(headline, "spend", perspective=perspective) == pytest.approx(300)
        assert mean(headline, "offset", perspective=perspective) == pytest.approx(saved)
        assert mean(headline, "net_spend", perspective=perspective) == pytest.approx(300 - saved)


def test_net_benefit_counts_it_and_the_ratio_has_it_above(headline):
    """400 averted less 120: 280, and (400 + 180) / 300. Public: 80 of law and 320 / 4 averted, less 180: -20."""
    assert mean(headline, "net_benefit") == pytest.approx(280)
    assert mean(headline, "benefit_cost_ratio") == pytest.approx(580 / 300)
    assert mean(headline, "net_benefit", perspective="fiscal") == pytest.approx(-20)
    assert mean(headline, "benefit_cost_ratio", perspective="fiscal") == pytest.approx(280 / 300)


def test_a_year_later_less_is_saved_too(headline):
    """Later: 200 averted less 150, 60 saved: 110; now 280: 170 lost."""
    assert mean(headline, "cost_of_delay") == pytest.approx(170)


def test_payback_counts_what_is_saved_by_year(total, scenario):
    """200 - 150 + 60 = 110 after the first year, 110 + 200 - 150 + 120 = 280 after the second."""
    table = waiting.payback_table(total, scenario).query("scope == 'trafficking'")
    assert table["mean"].tolist() == pytest.approx([110, 280])


def test_public_money_has_the_public_saving_below_and_the_private_one_above(total, scenario, facts):
    """Households gain three quarters of 320 of output, 240, and who is saved the private third of 180, 60: 300.

    Budgets pay 300, save 160 of harm and 120 of care: 20. Above less below, 280, is the net benefit of all.
    """
    table = waiting.public_funds_table(total, scenario, facts)
    assert mean(table, "willingness_to_pay") == pytest.approx(300)
    assert mean(table, "net_public_cost") == pytest.approx(20)
    assert mean(table, "mvpf") == pytest.approx(300 / 20)


def test_break_even_is_of_what_is_left_to_repay(total, scenario, facts):
    """120 of 400: three tenths of the cost of a victim would do."""
    table = results.break_even_table(total, scenario, facts, hand_draws(facts)).set_index("quantity")
    assert table.at["unit_cost_multiplier", "value"] == pytest.approx(0.3)
    assert (table["probability"] == 1).all()


def test_each_budget_shows_what_it_saves_below_zero(total, scenario, facts):
    """Half of 66 and of 159.72 in child welfare, a sixth in the interior; gross outlay stays 165 and 199.65."""
    budget = results.annual_tables(total, scenario, facts)["budget_impact"]
    table = budget_offsets.with_offsets(budget, total, scenario)
    paid = table.pivot_table(index=["option", "year"], columns="payer", values="mean")
    assert paid.loc[("act", 2026), f"saved by programmes: {CARE}"] == pytest.approx(-33)
    assert paid.loc[("act", 2027), f"saved by programmes: {INTERIOR}"] == pytest.approx(-159.72 / 6)
    assert paid.loc[("act", 2026), "programmes of the option"] == pytest.approx(165)
    assert paid.loc["inaction", f"saved by programmes: {CARE}"].isna().all()


@pytest.mark.parametrize(
    ("averted", "spend", "saved", "said"),
    [
        (50, 150, 180, "It repays its cost by the EUR 180 that it saves on what it replaces, whether or not"),
        (
            60,
            100,
            60,
            "It repays its cost only by the EUR 60 that it saves on what it replaces and what it averts",
        ),
        (180, 150, 180, None),
        (20, 220, 180, None),
    ],
)
def test_an_option_that_repays_by_savings_is_said_to_need_them(averted, spend, saved, said):
    """180 saved of 150 spent: by savings alone. 60 and 60 of 100: only together. 180 averted of 150 needs no saving.

    20 and 180 of 220 do not repay: nothing to say.
    """
    rows = [("offset", saved), ("net_spend", spend - saved), ("net_benefit", averted + saved - spend)]
    table = pd.DataFrame(
        [{"quantity": name, **dict.fromkeys(("mean", "low", "mid", "high"), value)} for name, value in rows]
    ).assign(option="act", discount="eu_3", perspective="societal", scope="trafficking", mcse=0.1)
    found = saving_sentence({"headline": table}, meta_of(fake_result(tables={"headline": table})), "act")
    assert len(found) == (said is not None)
    assert all(sentence.startswith(said) for sentence in found)


# --- from coverage to what is saved


@pytest.fixture(scope="module")
def draws(evidence):
    return hand_draws(evidence)


@pytest.fixture(scope="module")
def flows(draws, evidence):
    plain = {"parenting": {"coverage": 0.2}}
    return simulate(
        draws, hand_scenario({"both": BOTH, "plain": plain}, **HORIZON), country="NLD", evidence=evidence
    )


def known(draws, evidence, country, *names):
    terms = {"country": country, "evidence": evidence, "currency": "EUR", "price_year": 2024, "seed": 0}
    programmes = programme_inputs.programme_inputs(names, draws=draws, **terms)
    return programmes, offsets.offset_inputs(programmes, **terms)


def saved_by(coverage, draws, evidence):
    """What family-based care saves at a coverage: 1,000 children, a tenth in the group, 300 each, 0.4 cash at once.

    Its effect takes years, and is made to outlast the payment: neither is a delay of the saving.
    """
    programmes, _ = known(draws, evidence, "NLD", "family_based_care")
    one = dataclasses.replace(programmes["family_based_care"], target_share=0.1, half_life=3.0)
    assert one.lag > 1 and one.ramp > 5
    offset = offsets.Offset(saved=np.array([300.0]), cash_now=np.array([0.4]), lag=2, payer=CARE, public=1.0)
    base = FakeBaseline(children=np.full(6, 1000.0), value_index=np.ones(6), growth_to_start=1.0)
    return offsets.saving(one, offset, np.array(coverage), base)[0].tolist()


def test_a_fixed_part_is_saved_when_places_have_stayed_empty(draws, evidence):
    """Half reached: 50 child-years at 300. 6,000 in the first two years, 15,000 from the third on.

    When the payment ends, in the fifth, the saving ends with it.
    """
    assert saved_by([0.5, 0.5, 0.5, 0.5, 0.0, 0.0], draws, evidence) == pytest.approx(
        [6000, 6000, 15000, 15000, 0, 0]
    )


def test_a_fall_of_coverage_is_a_fall_of_the_saving_and_a_rise_waits(draws, evidence):
    """50 child-years, then 20, then 60: 12,000 x 0.4 of 40 more at once, the rest of them not before two years."""
    assert saved_by([0.5, 0.5, 0.5, 0.2, 0.6, 0.6], draws, evidence) == pytest.approx(
        [6000, 6000, 15000, 6000, 6000 + 4800, 6000 + 4800]
    )


def test_a_later_start_saves_a_year_later_what_an_earlier_one_does(draws, evidence):
    now = saved_by([0.1, 0.3, 0.5, 0.5, 0.5, 0.5], draws, evidence)
    assert saved_by([0.0, 0.1, 0.3, 0.5, 0.5, 0.5], draws, evidence) == pytest.approx([0, *now[:-1]])


@dataclasses.dataclass
class FakeBaseline:
    """What a saving reads of a baseline."""

    children: np.ndarray
    value_index: np.ndarray
    growth_to_start: float


def test_the_price_of_detention_is_that_of_a_day_times_days(evidence):
    """USD 319.37 a day: 30, 120 and 365 of them, to the dollar."""
    row = evidence.offsets.set_index("programme").loc["end_detention"]
    days = [row[f"saved_{name}"] / 319.37 for name in ("low", "mid", "high")]
    assert days == pytest.approx([30, 120, 365], abs=0.01)
    assert (row["currency"], row["price_year"], row["income_group"]) == ("USD", 2018, "High income")


def test_care_in_homes_costs_three_times_the_care_that_replaces_it(draws, evidence):
    """In each draw a multiple of that draw's unit cost; of 7 in 40,000 draws 14, 21 and 35 at 5, 50 and 95%."""
    programmes, found = known(draws, evidence, "BEN", "family_based_care")
    multiple = found["family_based_care"].saved / programmes["family_based_care"].unit_cost
    assert 2.5 < np.median(multiple) < 3.6 and multiple.std() > 0.3
    one = dataclasses.replace(programmes["family_based_care"], unit_cost=np.full(40_000, 7.0))
    terms = {"country": "BEN", "evidence": evidence, "currency": "EUR", "price_year": 2024, "seed": 0}
    many = offsets.offset_inputs({"family_based_care": one}, **terms)["family_based_care"].saved
    assert np.quantile(many, [0.05, 0.5, 0.95]) == pytest.approx([14, 21, 35], rel=0.03)
    cash = found["family_based_care"].cash_now
    assert cash.min() >= 0.2 and cash.max() <= 0.5


def test_where_no_price_of_detention_is_published_nothing_is_saved(draws, evidence):
    """Benin: no row for its income group, so no saving and no line."""
    assert set(known(draws, evidence, "BEN", *BOTH)[1]) == {"family_based_care"}
    assert set(known(draws, evidence, "NLD", *BOTH)[1]) == {"family_based_care", "end_detention"}


def test_another_programme_changes_no_saving(draws, evidence):
    """Drawn by name: alone, or beside another."""
    alone, beside = (
        known(draws, evidence, "NLD", *names)[1]["end_detention"] for names in (["end_detention"], BOTH)
    )
    assert np.array_equal(alone.saved, beside.saved) and np.array_equal(alone.cash_now, beside.cash_now)


def test_savings_add_up_over_payers_and_years(flows, evidence):
    """Not discounted, all public: the sum over payers and years is the whole, and no reading of effects changes it."""
    scenario = hand_scenario({"both": BOTH, "plain": {"parenting": {"coverage": 0.2}}}, **HORIZON)
    total = appraisal.appraise([flows], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    parts = [saved for (option, _), saved in total.offset_by_year.items() if option == "both"]
    assert len(parts) == 2 and all((part >= 0).all() for part in parts)
    assert sum(part.sum(axis=1) for part in parts) == pytest.approx(total.public_offset["both", "zero"])
    for reading in READINGS:
        assert np.array_equal(
            total.offset[under("both", reading=reading), "zero"], total.offset["both", "zero"]
        )
    seen = [view for view in views(total, scenario, evidence) if view["labels"]["option"] == "both"]
    for view in seen:
        assert np.array_equal(view["net_spend"], view["spend"] - view["offset"])
        assert (view["offset"] > 0).all()


def test_an_option_that_replaces_nothing_has_no_such_line(flows, evidence):
    """Its rows are those of before, to the last byte: no offset, and net benefit is benefit less spend."""
    scenario = hand_scenario({"both": BOTH, "plain": {"parenting": {"coverage": 0.2}}}, **HORIZON)
    total = appraisal.appraise([flows], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    table = results.headline_table(total, scenario, evidence)
    assert {"offset", "net_spend"} <= set(table.query("option == 'both'")["quantity"])
    assert not {"offset", "net_spend"} & set(table.query("option == 'plain'")["quantity"])
    assert "plain" not in flows.offset and "inaction" not in flows.offset
    terms = {"option": "plain", "preset": "eu_3", "comparator": "inaction", "fiscal": False}
    net, gross = appraisal.net_spend(total, **terms), appraisal.extra_spend(total, **terms)
    assert net.tobytes() == gross.tobytes()


def test_what_is_provided_today_saves_nothing_more(draws, evidence, flows):
    """Homes that a third of the children have left already are closed already: the saving follows further coverage."""
    scenario = hand_scenario({"both": BOTH}, **HORIZON, provision={"family_based_care": 0.3})
    provided = simulate(draws, scenario, country="NLD", evidence=evidence)
    assert np.array_equal(provided.offset["both"], flows.offset["both"])


def test_two_runs_are_compared_with_their_savings(flows, evidence, draws):
    """A run less itself: 0, and the net benefit of both is that of the headline."""
    scenario = hand_scenario({"both": BOTH, "plain": {"parenting": {"coverage": 0.2}}}, **HORIZON)
    total = appraisal.appraise([flows], scenario=scenario, evidence=evidence, n_chains=CHAINS)
    made = {
        "seed": 0,
        "draws": None,
        "version": "0",
        "fit": {"keys": {}, "diagnostics": []},
        "evidence": {"files": {}},
    }
    run = comparison.Run(None, scenario, made, pipeline.headline_draws(total, scenario))
    table = comparison.compare(run, run).table.query("option == 'both' and discount == 'eu_3'")
    found = results.headline_table(total, scenario, evidence).query("discount == 'eu_3' and option == 'both'")
    for quantity in ("offset", "net_benefit"):
        row = table.query(f"quantity == '{quantity}' and scope == 'trafficking'").iloc[0]
        assert row["mean"] == 0 and row["a_mean"] == pytest.approx(mean(found, quantity, option="both"))


# --- rows that do not hold

HEAD = (
    "programme,income_group,replaces,unit,saved_low,saved_mid,saved_high,currency,price_year,cash_now_low,"
    "cash_now_high,lag_years,payer,public_share,supersedes,source,locator,status,note"
)
ROW = "end_detention,Low income,detention,money,1,2,3,USD,2020,0.2,0.5,2,interior and justice,1,,assumption,,elicited,"
NOTE = "our own judgement here"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "money,1,2,3,USD,2020",
            "money,1,2,3,,",
            "no currency or price_year; give those of the source's prices",
        ),
        (
            "money,1,2,3",
            "multiple of unit cost,1,2,3",
            "a multiple of the unit cost has no currency and no price_year",
        ),
        ("money,1,2,3", "money,3,2,1", "low, value and high do not rise"),
        ("0.2,0.5", "0.5,0.2", "cash_now_low 0.5 is above cash_now_high 0.2"),
        (
            "end_detention",
            "end_detentions",
            "programme 'end_detentions': no such programme in programmes.csv",
        ),
        (
            "interior and justice",
            "interior",
            "payer 'interior': no such payer in payers.csv or programmes.csv",
        ),
    ],
)
def test_a_saving_that_does_not_hold_is_refused(tmp_path, old, new, message):
    file = tmp_path / "my_offsets.csv"
    file.write_text(f"{HEAD}\n{ROW.replace(old, new)}{NOTE}\n", encoding="utf-8")
    with pytest.raises(EvidenceError) as refused:
        read_evidence([file])
    assert message in str(refused.value)


def test_a_price_of_ones_own_is_a_saving_where_the_package_has_none(tmp_path, draws):
    file = tmp_path / "my_offsets.csv"
    file.write_text(f"{HEAD}\n{ROW.replace('Low', 'Lower middle')}{NOTE}\n", encoding="utf-8")
    _, found = known(draws, read_evidence([file]), "BEN", "end_detention")
    assert found["end_detention"].lag == 2 and (found["end_detention"].saved > 0).all()


@pytest.mark.parametrize(("share", "names"), [("0.2", [UNNAMED]), ("0", [])])
def test_the_public_part_of_what_business_is_saved_is_of_a_ministry_without_a_name(
    tmp_path, draws, share, names
):
    """Business is no public budget: a fifth of its saving is of a ministry without a name, or nothing of any."""
    file = tmp_path / "my_offsets.csv"
    row = ROW.replace("Low", "Lower middle").replace("interior and justice,1", f"business,{share}")
    file.write_text(f"{HEAD}\n{row}{NOTE}\n", encoding="utf-8")
    own = read_evidence([file])
    options = {"act": {"end_detention": {"coverage": 0.5}}}
    scenario = hand_scenario(options, countries=["BEN"], end=2028, discount=["zero"])
    flows = simulate(draws, scenario, country="BEN", evidence=own)
    total = appraisal.appraise([flows], scenario=scenario, evidence=own, n_chains=CHAINS)
    assert [payer for _, payer in total.offset_by_year] == names
    assert total.public_offset["act", "zero"] == pytest.approx(float(share) * total.offset["act", "zero"])
    assert [name for name in ministries.ministry_names(total, own) if name in (UNNAMED, "business")] == names
