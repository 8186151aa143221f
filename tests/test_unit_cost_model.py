"""The unit-cost model against a slow twin that adds up one cell at a time, at a point far from any symmetry."""

import numpy as np
import pytest
from model_points import evaluate, log_likelihood, point
from scipy import stats

from costmodel import lifetime
from costmodel.evidence.harmonise import COMPONENTS, FORMS, GROUPS, TANGIBLE
from costmodel.evidence.scope import ratio_data, unit_cost_data
from costmodel.model import unit_cost
from costmodel.model.priors import default_priors
from costmodel.model.unit_cost import STUDENT_DF, UNIT_SCALE, build_unit_cost

UPTAKE = {"coordination": "law", "law": "law", "services": "services", "health": "health"}


@pytest.fixture(scope="module")
def data(evidence):
    return unit_cost_data(evidence)


@pytest.fixture(scope="module")
def model(evidence):
    return build_unit_cost(evidence, default_priors(evidence))


@pytest.fixture(scope="module")
def start(model):
    return point(model)


@pytest.fixture(scope="module")
def values(model, start):
    return evaluate(model, start)


def average_discount(rate, years):
    """Written out again on purpose: (1 - exp(-rT)) / rT."""
    return 1.0 if rate == 0 else float((1 - np.exp(-rate * years)) / (rate * years))


def share_of_total(values, component):
    weights = {name: np.exp(values[f"log_weight_{name}"]) for name in TANGIBLE}
    return weights[component] / sum(weights.values())


def offset(values, group, *, quality):
    """Log deviation of one group: form, half the sex contrast to either side, adults below children."""
    form, sex, age = group
    names = (
        ("delta_form_quality", "delta_sex_quality", "log_quality_child_ratio")
        if quality
        else ("delta_form", "delta_sex", "delta_child")
    )
    by_form, by_sex, child = (values[name] for name in names)
    log = 0.0 if form == "any" else by_form[FORMS.index(form)]
    log += by_sex / 2 if sex == "female" else -by_sex / 2
    return log - child if age == "adult" else log


def severity(values, name):
    trafficking = values["log_severity_trafficking"]
    return {
        "maltreatment": 0.0,
        "csa": values["log_severity_csa"],
        "trafficking": trafficking,
        "cse": trafficking + values["log_severity_cse"],
    }[name]


def harm(data, i, values):
    """Severity of the victims of a study: 1 if registered, that of the undetected otherwise."""
    return data.registered[i] + (1 - data.registered[i]) * np.exp(values["log_severity_undetected"])


def slow_tangible(data, i, values):
    """Tangible money in a figure: group by group, component by component."""
    total = 0.0
    for g, group in enumerate(GROUPS):
        level = np.exp(values["log_total_maltreatment"] + offset(values, group, quality=False))
        for component in TANGIBLE:
            cell = level * share_of_total(values, component) * data.mix[i, g]
            cell *= data.mask[i, COMPONENTS.index(component)]
            if component in UPTAKE:
                unseen = values[f"uptake_{UPTAKE[component]}"]
                cell *= data.registered[i] + (1 - data.registered[i]) * unseen
            if component in ("services", "health"):
                cell *= average_discount(data.net_rate[i], values["years_services"])
            if component == "output":
                cell *= data.output_factor[i, g]
            if component in ("health", "output"):
                cell *= harm(data, i, values)
            total += cell
    return total * (1 + data.transfers[i] * np.exp(values["log_transfer_ratio"]))


def slow_quality(data, i, values):
    """Monetised quality of life in a figure, group by group."""
    if not data.value_of_qaly[i]:
        return 0.0
    total = 0.0
    for g, group in enumerate(GROUPS):
        qalys = np.exp(values["log_qalys_maltreatment"] + offset(values, group, quality=True))
        total += data.mix[i, g] * qalys * values[data.value_of_qaly[i]]
    total /= 1 - data.community[i] * values["community_share"]
    return total * harm(data, i, values) * average_discount(data.net_rate[i], values["years_quality"])


def test_every_prediction_against_cells_added_one_by_one(data, values):
    """log of (tangible + quality) x severity of the class, every anchor; harm of the unregistered is inside."""
    for i, name in enumerate(data.ids):
        money = slow_tangible(data, i, values) + slow_quality(data, i, values)
        expected = np.log(money) + severity(values, data.severity[i])
        assert values["prediction"][i] == pytest.approx(expected), name


def test_unit_cost_of_a_child_against_one_cell_at_a_time(values):
    for k, component in enumerate(COMPONENTS):
        for f, form in enumerate(FORMS):
            for s, sex in enumerate(("female", "male")):
                quality = component == "quality"
                if quality:
                    log = values["log_qalys_maltreatment"]
                else:
                    log = values["log_total_maltreatment"] + np.log(share_of_total(values, component))
                log = log + offset(values, (form, sex, "child"), quality=quality)
                expected = log + values["log_severity_trafficking"]
                assert values["log_unit_cost"][k, f, s] == pytest.approx(expected)


def test_components_of_maltreatment_add_up_to_its_total(values):
    """Shares of the five tangible components sum to 1."""
    assert sum(share_of_total(values, name) for name in TANGIBLE) == pytest.approx(1)


def test_a_standard_deviation_of_the_study_likelihood_is_one_in_its_own_units():
    """A Student t with 5 degrees of freedom has variance 5/3; scaled by sqrt(3/5) it is 1."""
    assert stats.t(STUDENT_DF, scale=UNIT_SCALE).std() == pytest.approx(1)


def test_every_study_is_a_student_term_about_its_prediction_and_its_cluster(
    data, model, start, values, evidence
):
    """Log density of each printed figure, computed with scipy from the values at the point."""
    clusters = sorted({name for name, train in zip(data.cluster, data.train, strict=True) if train})
    rows = [i for i in range(len(data.ids)) if data.train[i]]
    found = log_likelihood(model, start, *(data.ids[i] for i in rows))
    for i in rows:
        shared = values["between_study_sd"] * values["cluster_deviation"][clusters.index(data.cluster[i])]
        centre = values["prediction"][i] + shared
        scale = UNIT_SCALE * data.own_sd[i]
        expected = stats.t.logpdf(data.log_multiple[i], STUDENT_DF, loc=centre, scale=scale)
        assert found[data.ids[i]] == pytest.approx(expected), data.ids[i]


def test_every_ratio_is_a_normal_term_about_two_sums_of_cells(model, start, values, evidence):
    """Log numerator less log denominator, each added up cell by cell; the community's part is inside its own."""
    ratios = ratio_data(evidence)
    found = log_likelihood(
        model, start, *(name for name, train in zip(ratios.ids, ratios.train, strict=True) if train)
    )
    assert set(found) == {
        *("eu_thb_2020_eu28_female_male_ratio", "us_cm_2018_ratio"),
        *("eu_thb_2020_eu28_coordination_share", "eu_thb_2020_eu28_services_share"),
    }
    for name in found:
        i = ratios.ids.index(name)
        top, bottom = (
            slow_tangible(side, i, values) + slow_quality(side, i, values)
            for side in (ratios.numerator, ratios.denominator)
        )
        expected = stats.norm.logpdf(ratios.log_ratio[i], np.log(top / bottom), ratios.own_sd[i])
        assert found[name] == pytest.approx(expected), name


def test_the_us_ratio_holds_qalys_of_victims_and_a_community_share(values, evidence):
    """Ratio = QALYs x value x discount / tangible cost / (1 - share lost by the community), written out."""
    ratios = ratio_data(evidence)
    i = ratios.ids.index("us_cm_2018_ratio")
    mix = ratios.numerator.mix[i]
    lost = [mix[g] * np.exp(offset(values, group, quality=True)) for g, group in enumerate(GROUPS)]
    qalys = np.exp(values["log_qalys_maltreatment"]) * sum(lost) * values["value_of_qaly_us"]
    qalys *= average_discount(0.03 - 0.01, values["years_quality"])
    assert slow_quality(ratios.numerator, i, values) == pytest.approx(qalys / (1 - values["community_share"]))
    assert slow_tangible(ratios.numerator, i, values) == 0
    assert slow_quality(ratios.denominator, i, values) == 0


def test_every_training_row_is_observed_and_no_holdout_is(model, evidence):
    """Every row is one term; hold-outs, bounds and context are none."""
    table = evidence.anchors[evidence.anchors["module"] == "unit_cost"]
    train = set(table.index[table["role"] == "train"])
    assert {variable.name for variable in model.observed_RVs} == train


def test_holdouts_are_predicted(model, evidence):
    table = evidence.anchors
    predicted = set(model.coords["anchor"])
    assert {"uk_ms_2018_unit", "uk_csa_2021_unit", "uk_csa_2021_harm"} <= predicted
    assert set(table.index[(table["role"] == "holdout") & table["unit"].isin(["GBP/victim"])]) <= predicted


def test_discounting_inside_the_model_is_that_of_the_simulation():
    """One formula in two languages: PyTensor in the model, numpy after it."""
    rates = np.array([0.0, 0.01, 0.07])
    found = unit_cost.discount(rates, 20.0).eval()
    assert found == pytest.approx(lifetime.average_discount(rates, 20.0))
