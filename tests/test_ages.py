"""Age bands: shares at entry by hand, and years in each band against children followed one by one."""

import numpy as np
import pytest
from hand_posterior import COUNTRIES, N_DRAWS, hand_draws, hand_scenario
from scipy import integrate

from costmodel import ages
from costmodel.baseline import national_baseline
from costmodel.evidence.harmonise import FORMS
from costmodel.model.priors import default_priors

BANDS = list(ages.AGE_BANDS.values())


def only(k):
    """Everybody enters in band k, one draw."""
    return np.eye(len(BANDS))[[k]]


def spent(share, mean):
    return ages.years_by_age(share, mean_years=np.array([mean]))[0]


def test_bands_follow_one_another_from_birth_to_the_birthday():
    assert [low for low, _ in BANDS] == [0, *(high for _, high in BANDS[:-1])]
    assert BANDS[-1][1] == 18
    assert ages.ENDS == (0, 5, 12, 15, 18)


def test_new_victims_of_a_band_are_its_rate_times_its_children():
    """Rates 0.1, 0.5, 1 against 1, children 400, 600, 200, 100: 40 + 300 + 200 + 100 = 640."""
    found = ages.entry_share(np.array([[0.1, 0.5, 1.0]]), children=np.array([400.0, 600.0, 200.0, 100.0]))
    assert found[0] == pytest.approx(np.array([40, 300, 200, 100]) / 640)


def test_a_country_of_younger_children_has_younger_victims(evidence):
    """The same rates per child in Benin and in the Netherlands: shares follow the children of each band."""
    rate = np.array([[0.02, 0.5, 0.8]])
    young, old = (
        ages.entry_share(rate, children=evidence.countries.loc[c, ages.CHILDREN].to_numpy(dtype=float))
        for c in ("BEN", "NLD")
    )
    assert (young[0, :2] > old[0, :2]).all()
    assert young[0, 3] < old[0, 3]


@pytest.mark.parametrize("k", range(len(BANDS)))
@pytest.mark.parametrize("mean", [0.3, 1.0, 6.0])
def test_years_in_each_band_against_the_integral_over_ages_at_entry(k, mean):
    """Whoever enters at age a spends D(exp(-(low - a)+ / D) - exp(-(high - a) / D)) in [low, high), high > a."""
    first, last = BANDS[k]
    found = spent(only(k), mean)
    for (low, high), years in zip(BANDS, found, strict=True):

        def stay(age, low=low, high=high):
            if high <= age:
                return 0.0
            return mean * (np.exp(-max(low - age, 0) / mean) - np.exp(-(high - age) / mean))

        expected = integrate.quad(stay, first, last)[0] / (last - first)
        assert years == pytest.approx(expected, abs=1e-9)


def test_years_in_each_band_against_children_followed_one_by_one():
    """400,000 children: an age at entry, an exponential spell, cut at 18; within four standard errors."""
    rng, mean, n = np.random.default_rng(1), 1.7, 400_000
    share = np.array([0.05, 0.35, 0.3, 0.3])
    band = rng.choice(len(BANDS), size=n, p=share)
    low, high = np.array(BANDS).T
    entry = low[band] + (high - low)[band] * rng.uniform(size=n)
    leave = np.minimum(entry + rng.exponential(mean, size=n), 18)
    inside = [np.clip(np.minimum(leave, h) - np.maximum(entry, first), 0, None) for first, h in BANDS]
    for years, found in zip(inside, spent(share[None], mean), strict=True):
        assert found == pytest.approx(years.mean(), abs=4 * years.std() / np.sqrt(n))


@pytest.mark.parametrize("mean", [0.5, 1.0, 4.0])
def test_bands_add_up_to_the_time_before_the_birthday(mean):
    """Entry uniform from 15 to 18: D - D^2 (1 - exp(-3 / D)) / 3, all of it in the oldest band."""
    found = spent(only(3), mean)
    assert found[:3].tolist() == [0, 0, 0]
    assert found.sum() == pytest.approx(mean - mean**2 * (1 - np.exp(-3 / mean)) / 3)


def test_a_spell_is_never_longer_than_childhood_allows():
    """A mean of 100,000 years: the rest of childhood, 1.5 years on average from 15 to 18 and 15.5 from 0 to 5."""
    assert spent(only(3), 1e5).sum() == pytest.approx(1.5, rel=1e-3)
    assert spent(only(0), 1e5) == pytest.approx([2.5, 7, 3, 3], rel=1e-3)


def test_a_short_spell_is_spent_where_it_began_and_in_full():
    assert spent(only(1), 0.01) == pytest.approx([0, 0.01, 0, 0], abs=2e-5)


def test_who_enters_later_stays_shorter():
    totals = [spent(only(k), 2.0).sum() for k in range(len(BANDS))]
    assert totals == sorted(totals, reverse=True)


def test_in_a_steady_state_the_stock_of_a_band_is_the_flow_times_the_years_in_it():
    """40,000 new victims a year for 40 years, counted at the end: within four standard errors of a count."""
    rng, mean, flow, years = np.random.default_rng(2), 1.2, 40_000, 40
    share = np.array([0.02, 0.4, 0.28, 0.3])
    n = flow * years
    band = rng.choice(len(BANDS), size=n, p=share)
    low, high = np.array(BANDS).T
    age = low[band] + (high - low)[band] * rng.uniform(size=n)
    since, spell = rng.uniform(0, years, size=n), rng.exponential(mean, size=n)
    now = (age + since)[(since < spell) & (age + since < 18)]
    counted = np.histogram(now, bins=ages.ENDS)[0]
    expected = flow * spent(share[None], mean)
    assert (np.abs(counted - expected) < 4 * np.sqrt(expected)).all()


@pytest.mark.parametrize("country", COUNTRIES)
def test_the_baseline_of_a_country_has_shares_that_add_up_and_years_that_end_with_childhood(
    evidence, country
):
    base = national_baseline(
        country, draws=hand_draws(evidence), scenario=hand_scenario({"nothing": {}}), evidence=evidence
    )
    assert base.entry_share.shape == base.years_by_age.shape == (N_DRAWS, len(FORMS), len(BANDS))
    assert base.entry_share.sum(axis=2) == pytest.approx(np.ones((N_DRAWS, len(FORMS))))
    draws = hand_draws(evidence)
    for f, form in enumerate(FORMS):
        mean = draws[f"duration_{form}"].to_numpy().reshape(-1)
        assert (base.years_by_age[:, f].sum(axis=1) < mean).all()
        rate = draws[f"entry_rate_{form}_5_11"].to_numpy().reshape(-1)
        facts = evidence.countries.loc[country]
        ratio = rate * facts["children_5_11"] / facts["children_15_17"]
        assert base.entry_share[:, f, 1] / base.entry_share[:, f, 3] == pytest.approx(ratio)


def test_every_rate_at_entry_is_elicited_and_says_why(evidence):
    priors = default_priors(evidence)
    for (_, band), name in ages.RATES.items():
        assert priors[name].status == "elicited"
        assert len(priors[name].reason) > 40
        assert np.exp(priors[name].p1) < 1, f"{band}: below the oldest"
