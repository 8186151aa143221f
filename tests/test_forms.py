"""Forms of exploitation and girls in each: which rows count, and the likelihood of each row by hand."""

import numpy as np
import pytensor.tensor as pt
import pytest
from model_points import evaluate, log_likelihood, point
from scipy.special import expit, gammaln
from scipy.stats import betabinom

from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import FORMS
from costmodel.model.forms import build_forms, form_data
from costmodel.model.joint import girl_odds
from costmodel.model.priors import default_priors
from costmodel.model.sexes import _draw_known, _log_known, sex_data


@pytest.fixture(scope="module")
def data(evidence):
    return form_data(evidence)


@pytest.fixture(scope="module")
def sexes(evidence, data):
    return sex_data(evidence.counts, data.countries)


@pytest.fixture(scope="module")
def model(evidence):
    return build_forms(evidence, default_priors(evidence))


def test_only_rows_with_every_form_counted_exactly_and_somebody_counted(evidence, data):
    """Recounted row by row: no blank, no masked cell, not all zero."""
    expected = 0
    for _, row in evidence.counts.iterrows():
        ends = [(row[f"{form}_children_low"], row[f"{form}_children_high"]) for form in FORMS]
        exact = all(low == high for low, high in ends)  # a blank is NaN, which equals nothing
        expected += exact and sum(low for low, _ in ends) > 0 and row["iso3"] in evidence.countries.index
    assert len(data.counts) == expected > 20


def test_which_rows_by_sex_count_recounted_row_by_row(evidence, data, sexes):
    """Both exact and somebody counted; one exact and one masked; nothing where both are masked or one is blank."""
    exact, masked = 0, 0
    for _, row in evidence.counts.iterrows():
        ends = [(row[f"{sex}_low"], row[f"{sex}_high"]) for sex in ("girls", "boys")]
        if not np.isfinite(ends).all():
            continue
        known = [low == high for low, high in ends]
        exact += all(known) and sum(low for low, _ in ends) > 0
        masked += sum(known) == 1
    assert len(sexes.girls) == exact > 300
    assert len(sexes.known) == masked > 200


def test_a_masked_cell_is_never_filled_from_the_total_of_children(evidence, data, sexes):
    """Totals of children changed beyond recognition: the rows by sex stay what they were."""
    counts = evidence.counts.assign(children_low=1e6, children_high=1e6)
    found = sex_data(counts, data.countries)
    for name, values in vars(sexes).items():
        assert np.array_equal(vars(found)[name], values), name


def test_rows_by_sex_of_a_country_are_its_own(evidence, data, sexes):
    netherlands = sexes.country == data.countries.index("NLD")
    rows = evidence.counts[evidence.counts["iso3"] == "NLD"]
    exact = rows[(rows["girls_low"] == rows["girls_high"]) & (rows["boys_low"] == rows["boys_high"])]
    assert sexes.girls[netherlands].sum() == exact["girls_low"].sum()
    assert sexes.both[netherlands].sum() == exact["girls_low"].sum() + exact["boys_low"].sum()


def test_rows_point_to_their_countries_and_countries_to_their_regions(evidence, data):
    for i, name in enumerate(data.countries):
        assert data.regions[data.region_of[i]] == evidence.countries.at[name, "region"]
    netherlands = data.counts[data.country == data.countries.index("NLD")].sum(axis=0)
    rows = evidence.counts[(evidence.counts["iso3"] == "NLD")]
    exact = rows[
        (
            rows[[f"{form}_children_low" for form in FORMS]].to_numpy()
            == rows[[f"{form}_children_high" for form in FORMS]].to_numpy()
        ).all(axis=1)
    ]
    assert netherlands.tolist() == exact[[f"{form}_children_low" for form in FORMS]].sum().tolist()


def test_likelihood_of_all_rows_against_the_formula_written_out(data, model):
    """Dirichlet-multinomial: n! G(a0)/G(n+a0) x prod G(x+a)/(x! G(a)), a = concentration x softmax(0, log odds)."""
    at = point(model)
    values = evaluate(model, at)
    total = 0.0
    for country, counts in zip(data.country, data.counts, strict=True):
        odds = np.exp([0.0, *values["form_log_odds"][country]])
        a, n = values["form_concentration"] * odds / odds.sum(), counts.sum()
        total += gammaln(n + 1) + gammaln(a.sum()) - gammaln(n + a.sum())
        total += np.sum(gammaln(counts + a) - gammaln(counts + 1) - gammaln(a))
    found = log_likelihood(model, at, "registered_forms")["registered_forms"]
    assert found == pytest.approx(total)


def test_countries_deviate_from_their_region(data, model):
    values = evaluate(model, point(model))
    for i in range(len(data.countries)):
        expected = (
            values["form_region"][data.region_of[i]] + values["form_country_sd"] * values["form_deviation"][i]
        )
        assert values["form_log_odds"][i] == pytest.approx(expected)


def girls_at(values, country):
    """Share of girls among the registered children of a country: mix of its forms, one by one."""
    odds = np.exp([0.0, *values["form_log_odds"][country]])
    return sum(o / odds.sum() * expit(g) for o, g in zip(odds, values["girl_log_odds"][country], strict=True))


def test_girls_are_a_mix_over_the_forms_of_the_country_and_the_whole_likelihood_is_as_written(sexes, model):
    """Beta-binomial where both are exact; the mean of five of them, n to n + 4, where one is masked."""
    at = point(model)
    values = evaluate(model, at)
    weight, total, masked = values["girl_concentration"], 0.0, 0.0
    for country, girls, both in zip(sexes.country, sexes.girls, sexes.both, strict=True):
        share = girls_at(values, country)
        total += betabinom.logpmf(girls, both, weight * share, weight * (1 - share))
    for country, known, is_girls in zip(sexes.masked_country, sexes.known, sexes.known_girls, strict=True):
        share = girls_at(values, country)
        share = share if is_girls else 1 - share
        five = betabinom.pmf(known, known + np.arange(5), weight * share, weight * (1 - share))
        masked += np.log(five.mean())
    found = log_likelihood(model, at, "registered_girls", "registered_sex_masked")
    assert found["registered_girls"] == pytest.approx(total)
    assert found["registered_sex_masked"] == pytest.approx(masked)


def test_girls_of_a_form_are_those_of_the_form_plus_what_region_and_country_add(data, model):
    values = evaluate(model, point(model))
    for i, region in enumerate(data.region_of):
        place = values["girl_region"][region] + values["girl_country_sd"] * values["girl_deviation"][i]
        for f, form in enumerate(FORMS):
            assert values["girl_log_odds"][i, f] == pytest.approx(values[f"girl_form_{form}"] + place)


@pytest.mark.parametrize("least", [0, 3, 12])
def test_a_masked_row_is_a_distribution_over_what_can_be_counted(least):
    """Sums to one from 0 to the largest total, and is nothing above it."""
    value = np.arange(least + 7)
    found = np.exp(_log_known(pt.as_tensor(value), pt.as_tensor(2.5), pt.as_tensor(0.7), least).eval())
    slow = [np.mean([betabinom.pmf(v, least + k, 2.5, 0.7) for k in range(5)]) for v in value]
    assert found == pytest.approx(slow, abs=1e-7)
    assert found[: least + 5].sum() == pytest.approx(1)
    assert (found[least + 5 :] == 0).all()


def test_draws_of_a_masked_row_follow_its_distribution():
    """Mean of the beta share times a total of 8 to 12: 10 x 0.75, within four standard errors."""
    drawn = _draw_known(3.0, 1.0, 8, np.random.default_rng(1), size=40_000)
    assert drawn.mean() == pytest.approx(7.5, abs=4 * drawn.std() / 200)
    assert drawn.max() <= 12


def test_a_country_without_counts_by_sex_has_the_girls_of_its_region(evidence, fitted):
    """Predictive: centred on the region, wider than a country with thousands of counts, drawn by its own name."""
    forms = fitted.trees["forms"]["posterior"].to_dataset()
    unknown = sorted(set(evidence.countries.index) - set(forms["country"].to_numpy()))
    one, other = [iso3 for iso3 in unknown if evidence.countries.at[iso3, "region"] == "Africa"][:2]
    odds = girl_odds(forms, evidence, seed=1).sel(form="sexual")
    centre = (forms["girl_form_sexual"] + forms["girl_region"].sel(region="Africa")).mean().item()
    assert odds.sel(country=one).mean().item() == pytest.approx(centre, abs=0.05)
    assert odds.sel(country=one).std().item() > 0.8 * forms["girl_country_sd"].mean().item()
    assert not np.array_equal(odds.sel(country=one), odds.sel(country=other))
    again = girl_odds(
        forms, Evidence(**vars(evidence) | {"countries": evidence.countries.loc[[one]]}), seed=1
    )
    assert np.array_equal(again.sel(country=one, form="sexual"), odds.sel(country=one))
