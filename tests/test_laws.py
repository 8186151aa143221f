"""Laws that hold whatever the scenario says: options, coverages, horizons and rates are made up by the machine."""

from functools import cache

import numpy as np
import pytest
from hand_posterior import CHAINS, COUNTRIES, hand_draws, hand_scenario
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel import appraisal, economics
from costmodel.appraisal import ALL_VIOLENCE, TRAFFICKING
from costmodel.evidence import read_evidence
from costmodel.programme_inputs import programme_inputs
from costmodel.readings import READINGS, under
from costmodel.simulation import simulate

#: A few examples each: a simulation takes a tenth of a second, and the machine may be busy.
few = settings(max_examples=8, deadline=None, derandomize=True)
ACTING = (
    "parenting",
    "school_violence_prevention",
    "specialised_enforcement",
    "guardianship",
    "online_regulation",
)
share = st.floats(0.05, 0.6)
bundles = st.dictionaries(st.sampled_from(ACTING), share, min_size=1, max_size=3)
ends = st.integers(2027, 2032)


@cache
def evidence():
    return read_evidence()


@cache
def draws():
    return hand_draws(evidence())


def question(options, **changes):
    levers = {
        key: {name: {"coverage": value} for name, value in bundle.items()} for key, bundle in options.items()
    }
    return hand_scenario(levers, **changes)


def flows(scenario, country="NLD"):
    return simulate(draws(), scenario, country=country, evidence=evidence())


def appraised(scenario, countries=("NLD",)):
    found = [flows(scenario, name) for name in countries]
    return appraisal.appraise(found, scenario=scenario, evidence=evidence(), n_chains=CHAINS)


@few
@given(bundle=bundles, end=ends, country=st.sampled_from(COUNTRIES))
def test_an_option_without_coverage_costs_and_averts_exactly_nothing(bundle, end, country):
    """Coverage 0 of whatever programmes, under every reading and preset: 0, not almost 0."""
    total = appraised(question({"nothing": dict.fromkeys(bundle, 0.0)}, end=end), [country])
    for reading in READINGS:
        key = {"option": under("nothing", reading=reading), "comparator": under("inaction", reading=reading)}
        for scope in (TRAFFICKING, ALL_VIOLENCE):
            assert (appraisal.benefit(total, **key, preset="eu_3", scope=scope, public=None) == 0).all()
        assert (appraisal.extra_spend(total, **key, preset="eu_3", fiscal=True) == 0).all()


@few
@given(bundle=bundles, other=bundles, end=ends)
def test_another_option_changes_no_byte_of_the_first(bundle, other, end):
    """Draws are keyed by name: what is beside an option, its programmes too, moves nothing of it."""
    alone = flows(question({"act": bundle}, end=end))
    beside = flows(question({"another": other, "act": bundle}, end=end))
    for key in alone.cost:
        for name in ("cost", "spend", "outlay", "new_victims", "registered", "violence_averted"):
            assert getattr(alone, name)[key].tobytes() == getattr(beside, name)[key].tobytes(), (key, name)


@few
@given(bundle=bundles, more=st.floats(1.0, 1.6), end=ends)
def test_more_coverage_never_makes_more_victims_where_effects_protect(bundle, more, end):
    """In draws in which every RR is at most 1 and displacement below 1; draws that harm are kept elsewhere."""
    scenario = question({"less": bundle, "more": {k: v * more for k, v in bundle.items()}}, end=end)
    found = flows(scenario)
    known = programme_inputs(
        sorted(bundle),
        country="NLD",
        draws=draws(),
        evidence=evidence(),
        currency="EUR",
        price_year=2024,
        seed=scenario.seed,
    )
    protects = np.logical_and.reduce([(p.rr <= 1) & (p.displacement < 1) for p in known.values()])
    assert protects.any()
    less, many = (found.new_victims[key][protects] for key in ("less", "more"))
    assert (many <= less * (1 + 1e-12)).all()


@few
@given(bundle=bundles, end=ends)
def test_another_currency_multiplies_all_money_by_one_rate(bundle, end):
    """Burden, spend and other violence in dollars over euros: one number in every draw; no ratio depends on it."""
    euros, dollars = (
        appraised(question({"act": bundle}, end=end, currency=currency)) for currency in ("EUR", "USD")
    )
    key = ("act", "eu_3")
    rate = dollars.burden[key].sum() / euros.burden[key].sum()
    assert 0.5 < rate < 2 and rate != 1
    for name in ("burden", "spend", "outlay", "violence"):
        assert getattr(dollars, name)[key] == pytest.approx(rate * getattr(euros, name)[key]), name


@settings(deadline=None)
@given(scale=st.floats(1e-3, 1e6), spend=st.floats(0.1, 1e3))
def test_money_is_homogeneous(scale, spend):
    """All prices times s: net benefit times s, ratio and break-even as they were."""
    benefit = np.array([1.0, 3.0, 50.0])
    before, after = (
        (
            economics.net_benefit(s * benefit, spend=s * spend),
            economics.benefit_cost_ratio(s * benefit, spend=[s * spend]),
            economics.break_even_multiplier(s * benefit, spend=[s * spend]),
        )
        for s in (1.0, scale)
    )
    assert after[0] == pytest.approx(scale * before[0])
    assert after[1:] == pytest.approx(before[1:])


@settings(deadline=None)
@given(rate=st.floats(1e-4, 0.2), n_years=st.integers(1, 100))
def test_a_constant_stream_is_worth_an_annuity(rate, n_years):
    """1 a year at r in mid-year: the annuity (1 - (1 + r)^-n) / r, brought forward by half a year."""
    factors = economics.discount_factors([(0, rate)], n_years=n_years)
    annuity = (1 - (1 + rate) ** -n_years) / rate * np.sqrt(1 + rate)
    assert economics.present_value(np.ones((1, n_years)), factors=factors)[0] == pytest.approx(annuity)


@few
@given(bundle=bundles, end=ends)
def test_components_payers_and_years_sum_to_one_burden(bundle, end):
    """By component, by payer, and year by year as if each year were a run of its own: the same present value."""
    scenario = question({"act": bundle}, end=end)
    total = appraised(scenario)
    _, shares, _ = appraisal.payer_rows(evidence())
    burden = total.burden["act", "eu_3"]
    assert (burden @ shares).sum(axis=1) == pytest.approx(burden.sum(axis=1))
    one, by_year = flows(scenario), 0.0
    for year in range(one.cost["act"].shape[1]):
        only = np.zeros_like(one.cost["act"])
        only[:, year] = one.cost["act"][:, year]
        factors = economics.discount_factors([(0, 0.03)], n_years=one.value_index.size)
        lifetime = [
            economics.lifetime_factor(
                profile, value_index=one.value_index, factors=factors, n_years=only.shape[1]
            )
            for profile in one.timing.values()
        ]
        by_year = by_year + economics.burden(only, lifetime=lifetime, factors=factors[: only.shape[1]])
    assert by_year == pytest.approx(burden)


@few
@given(bundle=bundles, end=ends)
def test_a_union_is_the_sum_of_its_countries_under_every_reading(bundle, end):
    scenario = question({"act": bundle}, end=end)
    whole, *parts = (appraised(scenario, names) for names in (COUNTRIES, *([name] for name in COUNTRIES)))
    for name in ("burden", "spend", "violence", "new_victims"):
        for key, values in getattr(whole, name).items():
            assert values == pytest.approx(sum(getattr(part, name)[key] for part in parts)), (name, key)


@few
@given(bundle=bundles, end=ends)
def test_the_last_year_of_the_cumulated_net_benefit_is_the_net_benefit(bundle, end):
    """Year by year, then summed: cost of inaction less spend, without and with other violence."""
    total = appraised(question({"act": bundle}, end=end))
    key = {"option": "act", "preset": "eu_3", "comparator": "inaction"}
    for scope in (TRAFFICKING, ALL_VIOLENCE):
        net = (total.net_by_year["act", scope] - total.net_by_year["inaction", scope]).sum(axis=1)
        gain = appraisal.benefit(total, **key, scope=scope, public=None)
        paid = appraisal.extra_spend(total, **key, fiscal=False)
        assert net == pytest.approx(gain - paid, abs=1e-6 * np.abs(paid).max())
