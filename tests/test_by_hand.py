"""Two options, two years, worked through on paper: every quantity of the headline from one small example.

At 21% a year, half a year for the first: 1 / 1.21^0.5 = 1 / 1.1, and 1 / 1.21^1.5 = 1 / 1.331. So 110 in the first
year and 133.1 in the second are worth 100 each. Every harm costs in its own year, and values do not grow.

In half of the draws everything is three times as bad (f = 3, else f = 1; mean 2).

| per draw, present value | law | output | burden | spend |
|---|---|---|---|---|
| inaction | 100 f + 100 f | 400 f + 400 f | 1,000 f | 0 |
| act: a fifth less harm | 160 f | 640 f | 800 f | 150 + 150 |
| act, one year later | 180 f | 720 f | 900 f | 0 + 150 |

Law is paid by justice; of lost output the treasury bears a quarter, households the rest.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hand_posterior import hand_draws, hand_scenario
from one_row import mean

from costmodel import appraisal, results, waiting
from costmodel.courses import later
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.readings import ENTHUSIAST, READINGS, SCEPTICAL, under
from costmodel.simulation import Flows

F = np.array([1.0, 1, 1, 1, 3, 3, 3, 3])  # two chains of four draws
MONEY = np.array([110.0, 133.1])  # 100 and 100 in present value
CHILDREN = 1_000_000
#: What is left of the harm of each year, by option and twin.
LEFT = {
    "inaction": (1.0, 1.0),
    "act": (0.8, 0.8),
    later("act", years=1): (1.0, 0.8),
    later("act", years=2): (1.0, 1.0),
    later("act", years=5): (1.0, 1.0),
    under("inaction", reading=SCEPTICAL): (1.0, 1.0),
    under("act", reading=SCEPTICAL): (0.9, 0.9),
    under("inaction", reading=ENTHUSIAST): (1.0, 1.0),
    under("act", reading=ENTHUSIAST): (0.6, 0.6),
}
SPENT = {key: (0.0, 0.0) if "inaction" in key else (1.5, 1.5) for key in LEFT} | {
    later("act", years=1): (0.0, 1.5),
    later("act", years=2): (0.0, 0.0),
    later("act", years=5): (0.0, 0.0),
}


def by_year(shares):
    """A path of two years in each draw, dims (draw, year)."""
    return F[:, None] * np.array(shares)[None, :]


def harm(left):
    """Cost of law (1 of 5 parts) and output (4 of 5), dims (draw, year, component)."""
    cost = np.zeros((F.size, 2, len(COMPONENTS)))
    cost[:, :, COMPONENTS.index("law")] = by_year(left) * MONEY
    cost[:, :, COMPONENTS.index("output")] = by_year(left) * 4 * MONEY
    return cost


@pytest.fixture(scope="module")
def flows():
    """What a simulation would return, made up in full."""
    cost = {key: harm(left) for key, left in LEFT.items()}
    paid = {key: np.ones((F.size, 1)) * np.array(share) * MONEY for key, share in SPENT.items()}
    new = {key: 10 * by_year(left) for key, left in LEFT.items()}
    now = np.ones((1, 1))
    return Flows(
        country="NLD",
        new_victims=new,
        registered={key: 0.1 * value for key, value in new.items()},
        stock=new,
        groups={},
        cost=cost,
        annual_cost={key: cost[key] for key in ("inaction", "act")},
        spend=paid,
        outlay=paid,
        programme_spend={key: {"parenting": value} for key, value in paid.items()},
        coverage_end={key: {"parenting": 1.0} for key in paid},
        reached_end={key: {"parenting": 1e3} for key in paid},
        violence_averted={key: by_year(SPENT[key]) * MONEY / 15 for key in LEFT},
        timing=dict.fromkeys(COMPONENTS, now),
        violence_timing=now,
        value_index=np.ones(3),
        gdp=1e6,
        children=CHILDREN,
        value_of_qaly=np.ones(F.size),
    )


@pytest.fixture(scope="module")
def facts(evidence):
    """The evidence with the discount rate and the payers of the example."""
    payers = [(name, "households", 1.0, 0) for name in COMPONENTS if name not in ("law", "output")]
    payers += [("law", "justice", 1.0, 1), ("output", "treasury", 0.25, 1), ("output", "households", 0.75, 0)]
    rate = pd.DataFrame({"preset": ["eu_3"], "from_year": [0], "rate": [0.21]})
    table = pd.DataFrame(payers, columns=["component", "payer", "share", "public"])
    return dataclasses.replace(evidence, discounting=rate, payers=table)


@pytest.fixture(scope="module")
def scenario():
    return hand_scenario(
        {"act": {"parenting": {"coverage": 0.1}}}, countries=["NLD"], end=2027, discount=["eu_3"]
    )


@pytest.fixture(scope="module")
def total(flows, scenario, facts):
    return appraisal.appraise([flows], scenario=scenario, evidence=facts, n_chains=2)


@pytest.fixture(scope="module")
def headline(total, scenario, facts):
    return results.headline_table(total, scenario, facts)


def test_burden(headline):
    """1,000 f and 800 f, f = 2 on average: 2,000 and 1,600; public: 200 f + 800 f / 4 = 400 f, so 800."""
    assert mean(headline, "burden", option="inaction") == pytest.approx(2000)
    assert mean(headline, "burden") == pytest.approx(1600)
    assert mean(headline, "burden", option="inaction", perspective="fiscal") == pytest.approx(800)


def test_victims_averted(headline):
    """10 f a year, a fifth of it, two years: 4 f, 8 on average."""
    assert mean(headline, "victims_averted") == pytest.approx(8)


def test_cost_of_inaction(headline):
    """1,000 f - 800 f = 200 f: 400; public: (200 - 160) f + (800 - 640) f / 4 = 80 f: 160."""
    assert mean(headline, "cost_of_inaction") == pytest.approx(400)
    assert mean(headline, "cost_of_inaction", perspective="fiscal") == pytest.approx(160)


def test_other_violence_is_added_on_its_own_line_only(headline):
    """f (10 + 10) of it is averted: 40; 400 on the first line, 440 on the second."""
    assert mean(headline, "cost_of_inaction", scope="all_violence") == pytest.approx(440)
    assert mean(headline, "net_benefit", scope="all_violence") == pytest.approx(140)


def test_spend_and_net_benefit(headline):
    """150 + 150 = 300; 200 f - 300 is -100 or 300: 100 on average, above zero in half of the draws."""
    assert mean(headline, "spend") == pytest.approx(300)
    assert mean(headline, "net_benefit") == pytest.approx(100)
    assert mean(headline, "probability_net_benefit_positive") == 0.5
    assert mean(headline, "net_benefit", perspective="fiscal") == pytest.approx(160 - 300)


def test_benefit_cost_ratio_is_of_means(headline):
    """400 / 300; the mean of the ratios 200 / 300 and 600 / 300 is the same here, because spend never varies."""
    assert mean(headline, "benefit_cost_ratio") == pytest.approx(4 / 3)


def test_cost_of_delay(headline):
    """Later: 100 f - 150 is -50 or 150, 50 on average; 100 - 50 = 50 lost."""
    assert mean(headline, "cost_of_delay") == pytest.approx(50)


def test_cost_of_longer_delays_and_of_a_day(total, scenario, facts):
    """Two or five years later is never, here: the whole net benefit of 100 is lost. A day of the first: 50 / 365.25."""
    table = waiting.delay_table(total, scenario, facts)
    for years, lost in {1: 50, 2: 100, 5: 100}.items():
        assert mean(table, "cost_of_delay", years=years) == pytest.approx(lost)
    assert mean(table, "price_of_waiting") == pytest.approx(50 / 365.25)


def test_payback(total, scenario):
    """100 f - 150 a year: 50 after the first year on average, 100 after the second: it repays from the first on."""
    table = waiting.payback_table(total, scenario).query("scope == 'trafficking'")
    assert table["mean"].tolist() == pytest.approx([50, 100])
    assert table["payback_year"].tolist() == [2026, 2026]


def test_marginal_value_of_public_funds(total, scenario, facts):
    """Households gain three quarters of the output saved, 120 f = 240; budgets pay 300 and save 160: 240 / 140."""
    table = waiting.public_funds_table(total, scenario, facts)
    assert mean(table, "willingness_to_pay") == pytest.approx(240)
    assert mean(table, "net_public_cost") == pytest.approx(140)
    assert mean(table, "mvpf") == pytest.approx(240 / 140)


def test_break_even(total, scenario, facts):
    """300 of 400: three quarters of today's. Incidence 20 victims of a million children: 2 in 100,000, so 1.5."""
    table = results.break_even_table(total, scenario, facts, hand_draws(facts))
    found = table.set_index("quantity")
    assert found.at["incidence_per_100k", "current"] == pytest.approx(2)
    assert found.at["incidence_per_100k", "value"] == pytest.approx(1.5)
    assert found.at["unit_cost_multiplier", "value"] == pytest.approx(0.75)
    assert found.at["effect_multiplier", "value"] == pytest.approx(0.75)
    assert (found["probability"] == 0.5).all()


def test_budget_impact_is_not_discounted(total, scenario, facts):
    """First year of inaction: justice 110 f = 220, treasury 440 f / 4 = 220; act: 0.8 of it, and 165 for programmes."""
    table = results.annual_tables(total, scenario, facts)["budget_impact"]
    paid = table.pivot_table(index=["option", "year"], columns="payer", values="mean")
    assert paid.loc[("inaction", 2026)].to_dict() == pytest.approx(
        {"justice": 220, "treasury": 220, "programmes of the option": 0}
    )
    assert paid.loc[("act", 2026)].to_dict() == pytest.approx(
        {"justice": 176, "treasury": 176, "programmes of the option": 165}
    )
    assert paid.loc[("act", 2027), "programmes of the option"] == pytest.approx(1.5 * 133.1)


def test_three_readings(headline, total, scenario, facts):
    """A fifth, a tenth and two fifths less harm: 400, 200 and 800 averted, less 300 each."""
    table = results.readings_table(headline, total, scenario, facts)
    for reading, averted in zip(READINGS, (400, 200, 800), strict=True):
        assert mean(table, "cost_of_inaction", reading=reading) == pytest.approx(averted)
        assert mean(table, "net_benefit", reading=reading) == pytest.approx(averted - 300)
