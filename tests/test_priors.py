"""A prior is changed by name, by its parameters or by two quantiles; what cannot be meant is told by its key."""

from __future__ import annotations

import math

import numpy as np
import pymc as pm
import pytest
from scipy import stats

from costmodel.baseline import REVICTIMISED
from costmodel.errors import EvidenceError
from costmodel.evidence import elicited
from costmodel.evidence.families import FAMILIES, HIGH, LOW, distribution, of_quantiles
from costmodel.evidence.ledger import ledgers
from costmodel.evidence.priors import (
    NORMAL_ONLY,
    WEIGHT,
    as_change,
    default_priors,
    merge_priors,
    with_priors,
)
from costmodel.judgements import RELATIVE_INCOME
from costmodel.model.joint import BUILDERS, CARRIED
from costmodel.model.priors import draw, variable
from costmodel.planned_studies import DRAWN
from costmodel.readings import HOPED

#: Pairs of quantiles that are easy and hard: narrow, wide, near an edge, over orders of magnitude.
PAIRS = {
    "normal": [(0.1, 0.9), (-12.0, -6.0), (0.0, 1e6)],
    "lognormal": [(0.5, 3.0), (20.0, 200.0), (1e-4, 2.0)],
    "truncatednormal": [(0.2, 1.2), (0.05, 2.0)],
    "beta": [(0.05, 0.4), (0.001, 0.02), (0.02, 0.98), (0.9, 0.999), (1e-5, 0.5)],
    "gamma": [(1.0, 8.0), (0.001, 5.0), (100.0, 110.0)],
    "uniform": [(0.05, 0.95), (-3.0, 7.0)],
}


@pytest.fixture(scope="module")
def priors(evidence):
    return default_priors(evidence)


@pytest.mark.parametrize(
    ("family", "pair"), [(name, pair) for name, pairs in PAIRS.items() for pair in pairs]
)
def test_quantiles_asked_for_are_the_quantiles_got(family, pair):
    """5% of the member found lies below the one, 95% below the other."""
    p1, p2 = of_quantiles(family, q05=pair[0], q95=pair[1], lower=0.0)
    found = FAMILIES[family].distribution(p1, p2, 0.0)
    assert found.cdf(pair) == pytest.approx([LOW, HIGH], abs=1e-9)


def test_quantiles_of_a_normal_by_hand(priors):
    """-1.6449 to 1.6449 is the 90% interval of the standard normal; a half-normal has 95% below 1.96 scales."""
    change = {
        "delta_sex": {"q05": -1.6448536, "q95": 1.6448536},
        "between_study_sd": {"q95": 1.9599640},
    }
    changed = merge_priors(priors, change)
    assert (changed["delta_sex"].p1, changed["delta_sex"].p2) == pytest.approx((0, 1), abs=1e-6)
    assert changed["between_study_sd"].p1 == pytest.approx(1, abs=1e-6)


def test_a_change_keeps_what_it_does_not_name(priors):
    """One line: only the SD is another; who changed it without a reason is told so."""
    changed = merge_priors(priors, {"delta_sex": {"p2": 0.6}})
    assert {name for name in priors if changed[name] != priors[name] and name == name} >= {"delta_sex"}
    assert (changed["delta_sex"].p1, changed["delta_sex"].p2) == (0.0, 0.6)
    assert changed["delta_sex"].reason == "changed by the author of the run, who gave no reason"
    assert [name for name in priors if changed[name].numbers != priors[name].numbers] == ["delta_sex"]


def test_a_change_written_out_gives_the_same_prior(priors):
    for name, prior in priors.items():
        again = merge_priors(priors, {name: as_change(prior)})[name]
        assert again.numbers == prior.numbers, name


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("betwen_study_sd", {"p1": 1}, ": unknown prior; did you mean 'between_study_sd'?"),
        ("zzz", {"p1": 1}, ": unknown prior; priors.csv lists the names"),
        ("delta_sex", {"family": "nromal"}, ".family: unknown family 'nromal'; did you mean 'normal'?"),
        ("delta_sex", {"famly": "normal"}, ".famly: unknown key; did you mean 'family'?"),
        ("delta_sex", {"p1": math.nan}, ".p1: must be a finite number, not nan"),
        ("delta_sex", {"p2": "1"}, ".p2: must be a finite number, not '1'"),
        ("delta_sex", {"reason": "?"}, ": changes no number; write p1 and p2, or q05 and q95"),
        ("delta_sex", {"p1": 1, "q05": 0, "q95": 1}, ": gives parameters and quantiles; "),
        ("delta_sex", {"q05": 1, "q95": 1}, ": q05 1 is not below q95 1; q05 is the smaller of the two"),
        ("delta_sex", {"q05": 1}, ": q05 stands alone; write q05 and q95"),
        ("delta_sex", {"p2": -1}, ".p2: the SD of a normal must be above 0, not -1"),
        ("delta_sex", {"lower": 0}, ".lower: a normal has none; it has p1 (mean) and p2 (SD)"),
        ("delta_sex", {"family": "uniform"}, ": a uniform needs p1 (lower end) and p2 (upper end), or its"),
        ("delta_sex", {"family": "truncatednormal", "q05": 0, "q95": 1}, ".lower: missing; "),
        ("uptake_law", {"p1": 0}, ".p1: the alpha of a beta must be above 0, not 0"),
        (
            "uptake_law",
            {"q05": 0.1, "q95": 1.2},
            ".q95: 1.2 is not between 0 and 1, where this prior has to be",
        ),
        (
            "uptake_law",
            {"family": "uniform", "q05": 0.02, "q95": 0.98},
            ": this parameter is between 0 and 1",
        ),
        ("uptake_law", {"family": "normal", "p1": 0.5, "p2": 0.1}, ": this parameter is between 0 and 1"),
        ("dispersion", {"q05": 0, "q95": 8}, ".q05: 0 is not above 0, where this prior has to be"),
        ("detection_capacity", {"q05": -1, "q95": 1}, ".q05: -1 is not above 0, where this prior has to be"),
        ("detection_capacity", {"q05": 0.02, "q95": 3}, ": truncatednormal: none has these two quantiles; "),
        ("detection_capacity", {"p1": -9}, ": the lower bound cuts away all but "),
        ("last_mile", {"p2": 0.3}, ": p1 0.5 is not below p2 0.3, the ends of a uniform"),
        (
            "between_study_sd",
            {"q05": 0.1, "q95": 0.5},
            ": a halfnormal has one parameter and cannot hold two ",
        ),
        ("between_study_sd", {"p2": 1}, ".p2: a halfnormal has none; it has p1 (scale)"),
        ("between_study_sd", {"family": "normal", "p1": 0, "p2": 1}, ": this parameter is above 0, which a "),
        ("kappa_weight", {"q05": 1, "q95": 2}, ": is a weight and no distribution; change p1 alone"),
        ("kappa_weight", {"p1": 0}, ".p1: a weight must be above 0, not 0"),
        ("delta_form", {"p1": 1}, ": stands for deviations that sum to zero; it stays normal with mean 0: "),
        ("log_transfer_error", {"family": "uniform", "p1": -1, "p2": 1}, ".family: stays normal, because "),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_key(priors, name, change, message):
    with pytest.raises(EvidenceError) as refused:
        merge_priors(priors, {name: change})
    assert str(refused.value).startswith(f"priors.{name}{message}")
    assert "\n" not in str(refused.value)


def test_all_problems_are_told_at_once(priors):
    with pytest.raises(EvidenceError) as refused:
        merge_priors(priors, {"country_sdd": {"p1": 1}, "delta_sex": {"p2": 0}, "country_sd": {"p1": 1}})
    assert [line.partition(":")[0] for line in str(refused.value).splitlines()] == [
        "priors.country_sdd",
        "priors.delta_sex.p2",
    ]


def test_every_family_is_one_distribution_in_the_model_in_forward_draws_and_in_figures(priors):
    """Three writings of each family: density of PyMC against SciPy's; quantiles of 40,000 draws against SciPy's."""
    shown = {prior.family: prior for prior in priors.values() if prior.family != WEIGHT}
    assert set(shown) == set(FAMILIES)
    for prior in shown.values():
        frozen = distribution(prior)
        points = frozen.ppf([0.1, 0.5, 0.9])
        with pm.Model():
            density = pm.logp(variable({prior.name: prior}, prior.name), points).eval()
        # PyTensor has the constant of a beta to single precision
        assert density == pytest.approx(frozen.logpdf(points), abs=1e-6), prior.family
        draws = elicited.draw(prior, prior.name, n_draws=40_000, seed=1)
        # the standard error of a probability of 0.5 is 0.0025
        assert [float((draws < point).mean()) for point in points] == pytest.approx([0.1, 0.5, 0.9], abs=0.01)


def test_a_changed_family_is_the_one_that_the_submodel_samples(evidence, priors):
    """Where a formula reads the numbers of a prior instead, another family would go unnoticed: it is refused."""
    inside = {(0.0, 1.0): (0.3, 0.4), (0.0, math.inf): (0.3, 0.4), (-math.inf, math.inf): (-0.1, 0.1)}
    free = {
        name: dict(zip(("p1", "p2"), inside[prior.support], strict=True), family="uniform")
        for name, prior in priors.items()
        if prior.family != WEIGHT and name not in NORMAL_ONLY and not name.startswith("delta_form")
    }
    changed = merge_priors(priors, free)
    sampled = set()
    for build in BUILDERS.values():
        for variable_ in build(evidence, changed).free_RVs:
            name = (
                "list_effect" if variable_.name.endswith("_effect") else variable_.name
            )  # one for each table
            if name in free:
                sampled.add(name)
                assert "uniform" in str(variable_.owner.op).lower(), variable_.name
    by_name = {*CARRIED, HOPED, REVICTIMISED, RELATIVE_INCOME, *DRAWN}
    assert set(free) - sampled <= by_name  # drawn from the family they have


def test_a_changed_prior_reaches_the_draws_that_no_data_inform(evidence, priors):
    changed = merge_priors(priors, {"displacement": {"q05": 0.4, "q95": 0.6}})
    values = draw(changed, "displacement", n_draws=4000, seed=1)
    assert np.quantile(values, [LOW, HIGH]) == pytest.approx([0.4, 0.6], abs=0.01)


def test_evidence_with_priors_of_ones_own_says_which(evidence, priors):
    """Fit, forward draws and ledgers read one table, so that none can go by other priors than the rest."""
    changed = merge_priors(priors, {"log_severity_trafficking": {"p1": 2.0, "reason": "to see"}})
    found = with_priors(evidence, changed)
    assert found.own_priors == ("log_severity_trafficking",)
    assert {name: prior.numbers for name, prior in default_priors(found).items()} == {
        name: prior.numbers for name, prior in changed.items()
    }
    assert default_priors(found)["log_severity_trafficking"].reason == "to see"
    assert with_priors(evidence, priors) is evidence
    before, after = ledgers(evidence), ledgers(found)
    assert not before["factor"].equals(after["factor"])


def test_priors_of_shares_and_of_positive_quantities_say_where_they_live(priors):
    assert priors["carried_stock_share"].support == (0, 1)
    assert priors["overlap"].support == (0, 1)
    assert priors["last_mile"].support == (0, math.inf)
    assert priors["detection_capacity"].support == (0, math.inf)
    assert priors["delta_sex"].support == (-math.inf, math.inf)


def test_a_truncated_normal_is_cut_and_not_moved():
    """Half of a standard normal cut at 0 has its median at the 75% quantile of the whole."""
    found = FAMILIES["truncatednormal"].distribution(0.0, 1.0, 0.0)
    assert found.median() == pytest.approx(stats.norm.ppf(0.75))
