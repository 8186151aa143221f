"""Violence against children: each study observes the countries and the parts it speaks of, and nothing else."""

import dataclasses

import numpy as np
import pytest
from model_points import evaluate, log_likelihood, point
from scipy import stats

from costmodel.evidence import members
from costmodel.model.priors import default_priors
from costmodel.model.violence import build_violence, violence_terms

RATIOS = {
    "daly_ace": "log_ace_scope",
    "productivity": "log_productivity_ratio",
    "services": "log_services_ratio",
}


@pytest.fixture(scope="module")
def terms(evidence):
    return {term.id: term for term in violence_terms(evidence)[1]}


@pytest.fixture(scope="module")
def model(evidence):
    return build_violence(evidence, default_priors(evidence))


def test_every_study_is_observed_and_no_other(evidence, model):
    table = evidence.anchors[evidence.anchors["module"] == "violence"]
    used = set(table.index[table["role"].isin(["train", "bound"])])
    assert {variable.name for variable in model.observed_RVs} == used


def test_a_country_inside_an_aggregate_of_the_same_authors_is_context(evidence):
    """China is inside East Asia and Pacific: it may not enter twice."""
    assert "CHN" in members("EAP", evidence)
    china = evidence.anchors[evidence.anchors["study"] == "fang_cn_2015"]
    assert set(china["role"]) == {"context"} and evidence.anchors.at["fang_eap_2015_share", "role"] == "train"


def test_weights_are_shares_of_gdp_of_the_members_and_nobody_else(evidence, terms):
    countries = violence_terms(evidence)[0]
    for name, term in terms.items():
        place = set(members(evidence.anchors.at[name, "geography"], evidence))
        inside = {iso3 for iso3, weight in zip(countries, term.weights, strict=True) if weight > 0}
        assert term.weights.sum() == pytest.approx(1), name
        assert inside <= place, name


def test_the_bound_weighs_countries_at_purchasing_power(evidence, terms):
    """India weighs more than Germany in the world at purchasing power, less at market rates."""
    countries = violence_terms(evidence)[0]
    weights = dict(zip(countries, terms["odi_vac_2014_share"].weights, strict=True))
    assert weights["IND"] > weights["DEU"]
    facts = evidence.countries
    assert facts.at["IND", "gdp_usd"] < facts.at["DEU", "gdp_usd"]
    assert weights["IND"] / weights["DEU"] == pytest.approx(
        facts.at["IND", "gdp_ppp"] / facts.at["DEU", "gdp_ppp"]
    )


def test_a_total_in_money_is_divided_by_gdp_of_its_own_place_and_year(evidence, terms):
    """Canada 1998: CAD 15,706m over Canadian GDP of that year in Canadian dollars."""
    row = evidence.anchors.loc["ca_can_2003_total"]
    gdp = evidence.prices.at[("CAN", int(row["price_year"])), "gdp_lcu"]
    assert np.isfinite(gdp)
    assert np.exp(terms["ca_can_2003_total"].log_share) == pytest.approx(15_706e6 / gdp, rel=0.01)


def test_each_study_observes_the_weighted_mean_of_its_countries_times_its_parts(terms, model):
    """log(sum over countries of weight x share) + log(sum of its parts); a bound is the normal tail beyond it."""
    at = point(model)
    values = evaluate(model, at)
    found = log_likelihood(model, at, *terms)
    for name, term in terms.items():
        mean = sum(
            weight * np.exp(log) for weight, log in zip(term.weights, values["log_daly_share"], strict=True)
        )
        part = sum(1.0 if part == "daly" else np.exp(values[RATIOS[part]]) for part in term.parts)
        normal = stats.norm(np.log(mean) + np.log(part), term.sd)
        expected = {
            "point": normal.logpdf(term.log_share),
            "at_most": normal.logcdf(term.log_share),
            "at_least": normal.logsf(term.log_share),
        }[term.statement]
        assert found[name] == pytest.approx(expected), name


@pytest.fixture(scope="module")
def one_sided(evidence):
    """The evidence with the Nigerian earnings, printed as 'at least', in the place of the DALYs."""
    anchors = evidence.anchors.copy()
    anchors.loc["ng_vac_2019_productivity_share", "role"] = "train"
    anchors.loc["ng_vac_2019_productivity_share", "own_sd"] = 0.25
    anchors.loc["ng_vac_2019_daly_share", "role"] = "context"
    return dataclasses.replace(evidence, anchors=anchors)


def test_a_bound_pushes_down_and_never_up(one_sided):
    """'As high as 8%' is likelier the lower the burden; 'at least 1.07%' the higher."""
    model = build_violence(one_sided, default_priors(one_sided))
    at = point(model, spread=0.0)
    low, high = ({**at, "log_daly_share_mean": np.asarray(level)} for level in (-5.0, -2.0))
    names = ("odi_vac_2014_share", "ng_vac_2019_productivity_share")
    below, above = (log_likelihood(model, place, *names) for place in (low, high))
    assert below[names[0]] > above[names[0]]
    assert below[names[1]] < above[names[1]]


def test_statements_are_those_of_the_rows(one_sided):
    terms = {term.id: term for term in violence_terms(one_sided)[1]}
    assert terms["odi_vac_2014_share"].statement == "at_most"
    assert terms["ng_vac_2019_productivity_share"].statement == "at_least"
    assert terms["de_can_2012"].statement == "point"
