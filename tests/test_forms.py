"""Forms of exploitation: which rows count, and the likelihood of one row by hand."""

import numpy as np
import pytest
from model_points import evaluate, log_likelihood, point
from scipy.special import gammaln

from costmodel.evidence.harmonise import FORMS
from costmodel.model.forms import build_forms, form_data
from costmodel.model.priors import default_priors


@pytest.fixture(scope="module")
def data(evidence):
    return form_data(evidence)


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
