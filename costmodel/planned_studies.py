"""Studies that might be done before a choice is made, and what each would be worth to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from costmodel import baseline, record
from costmodel.baseline import income_path
from costmodel.choices import Choice, check_known, net_benefits
from costmodel.decision.batches import Array, by_sample
from costmodel.decision.evsi import Study, cost_survey, evsi, list_linkage, prevalence_survey, stepped_wedge
from costmodel.discounting import money_factors, presets
from costmodel.errors import RunError
from costmodel.evidence import Evidence
from costmodel.evidence.elicited import draw
from costmodel.evidence.harmonise import constant, working_life
from costmodel.evidence.priors import default_priors
from costmodel.parameters import BIAS
from costmodel.randomness import generator
from costmodel.scenario import years
from costmodel.unit_costs import HARM, SERVICES, UPTAKE

SURVEY, LISTS, COSTS, TRIAL = "survey", "lists", "costs", "trial"
#: What each design counts.
DESIGNS = {
    SURVEY: "children asked",
    LISTS: "persons on the lists",
    COSTS: "survivors asked",
    TRIAL: "clusters",
}
#: Components of which a survivor can say what they cost.
REPORTED = ("services", "health", "output")
#: Priors of the designs that are drawn here, by design and name; no sub-model reads them.
DRAWN = ("survey_reporting", "survey_false_positive", "survivor_selection", "trial_reporting")
FORM = (
    "NAME=SIZE:PRICE:YEAR, as survey=20000:2e6:2028, lists=500:150000:2027, costs=300:2e5:2027 or "
    "trial.parenting=40:5e6:2031"
)


@dataclass(frozen=True)
class Plan:
    """A study that might be done.

    Attributes:
        design: A key of `DESIGNS`.
        programme: The programme of a trial, empty of other designs.
        size: How many are asked, listed or randomised.
        price: What it costs [currency of the run].
        year: Year in which its results can be acted on.
    """

    design: str
    programme: str
    size: int
    price: float
    year: int

    @property
    def name(self) -> str:
        """How it is called in tables."""
        of = f" of {self.programme.replace('_', ' ')}" if self.programme else ""
        return f"{self.design}{of}, {self.size:,} {DESIGNS[self.design]}"


def read_plan(text: str, choice: Choice, evidence: Evidence) -> Plan:
    """Read a study as it is written on the command line.

    Args:
        text: See `FORM`.
        choice: The run that it is planned for.
        evidence: Priors of the designs: steps of a trial, design effect of a survey.

    Returns:
        The study.

    Raises:
        RunError: If it cannot be read, the design or programme is unknown, the year lies outside the horizon or before
            the study can end, or it is too small for its design.
    """
    scenario = choice.run.scenario
    name, _, rest = text.partition("=")
    parts = rest.split(":")
    design, _, programme = name.partition(".")
    check_known("--study", design, [*DESIGNS])
    try:
        size, price, year = int(float(parts[0])), float(parts[1]), int(parts[2])
    except (IndexError, ValueError, OverflowError):
        raise RunError(f"--study {text}: cannot be read; write {FORM}") from None
    if size < 1 or not (math.isfinite(price) and price >= 0) or len(parts) > len(("size", "price", "year")):
        raise RunError(f"--study {text}: a size above 0 and a price of 0 or more are needed; write {FORM}")
    if not scenario.start <= year <= scenario.end:
        raise RunError(f"--study {text}: the year lies outside {scenario.start}-{scenario.end}")
    if design == TRIAL:
        table = record.read_table(choice.run.folder, "programmes")
        known = table.loc[table["acts_on"] == "incidence", "programme"]
        uncertain = [name for name in dict.fromkeys(known) if f"rr.{name}" in choice.parameters]
        check_known("--study trial.PROGRAMME", programme, uncertain)
    plan = Plan(design, programme if design == TRIAL else "", size, price, year)
    _check_feasible(plan, choice, evidence, where=f"--study {text}")
    return plan


def _check_feasible(plan: Plan, choice: Choice, evidence: Evidence, *, where: str) -> None:
    """Refuse results from before a study can end, and a study too small for its design."""
    priors, start = default_priors(evidence), choice.run.scenario.start
    steps = int(priors["trial_steps"].p1)
    lasts = steps + 1 if plan.design == TRIAL else 1
    if plan.year < start + lasts:
        raise RunError(
            f"{where}: begun in {start}, it has no results before {start + lasts} ({lasts} "
            f"year{'s' if lasts > 1 else ''}); give that year or a later one within the horizon, which ends in "
            f"{choice.run.scenario.end}"
        )
    least = {TRIAL: steps, SURVEY: math.ceil(priors["survey_design_effect"].p1)}.get(plan.design, 1)
    if plan.size < least:
        raise RunError(f"{where}: give {least} {DESIGNS[plan.design]} or more; fewer make no such study")


def value_of_studies(choice: Choice, plans: Sequence[Plan], evidence: Evidence) -> pd.DataFrame:
    """What the results of studies would be worth to the choice (MODEL.md eq. 53, 54, 68b).

    Args:
        choice: The run.
        plans: The studies.
        evidence: Priors of the designs, children of the countries, discount presets.

    Returns:
        One row a study, as `evsi.evsi`.
    """
    net = by_sample(net_benefits(choice))
    studies = {
        plan.name: Study(
            _result(plan, choice, evidence),
            price=plan.price,
            remaining=remaining(choice, plan.year, evidence),
        )
        for plan in plans
    }
    return evsi(net, studies, n_chains=choice.run.draws.sizes["chain"])


def remaining(choice: Choice, year: int, evidence: Evidence) -> float:
    """Share of the horizon, discounted, that is still to come when results arrive (MODEL.md eq. 68b) [share]."""
    scenario = choice.run.scenario
    horizon = years(scenario)
    preset = presets(scenario, evidence)[choice.discount]
    factors = np.mean(
        [
            money_factors(preset, value_index=income_path(country, scenario, evidence))[: horizon.size]
            for country in choice.run.record["countries"]
        ],
        axis=0,
    )
    return float(factors[horizon >= year].sum() / factors.sum())


def _result(plan: Plan, choice: Choice, evidence: Evidence) -> Array:
    """What a study would report in each draw, dims (draw,) or (draw, statistic)."""
    priors, seed = default_priors(evidence), int(choice.run.record["seed"])
    rng = generator(seed, name=f"study.{plan.name}")
    truth = {str(name): by_sample(values) for name, values in choice.parameters.data_vars.items()}
    n_draws = truth["new_victims"].size

    def believed(name: str) -> Array:
        prior = priors[name]
        return draw(prior, f"{plan.design}.{name}", n_draws=n_draws, seed=seed)

    def number(name: str) -> float:
        return priors[name].p1

    incidence = truth["new_victims"] / _children(choice, evidence)
    if plan.design == SURVEY:
        return prevalence_survey(
            incidence,
            n_children=plan.size,
            design_effect=number("survey_design_effect"),
            reporting=believed("survey_reporting"),
            false_positive=believed("survey_false_positive"),
            rng=rng,
        )
    if plan.design == LISTS:
        return list_linkage(
            truth["new_victims"],
            n_registered=plan.size,
            relative_error=number("linkage_error"),
            at_registered=int(number("linkage_size")),
            bias=truth[BIAS] if BIAS in truth else believed(BIAS),
            between_study_sd=float(np.exp(number("mse_error_sd"))),  # its median: the prior is log-normal
            rng=rng,
        )
    if plan.design == COSTS:
        return cost_survey(
            reportable_cost(truth, [*choice.run.record["countries"]], evidence),
            n_survivors=plan.size,
            between_survivor_sd=number("survivor_cost_sd"),
            selection=believed("survivor_selection"),
            rng=rng,
        )
    return stepped_wedge(
        np.log(truth[f"rr.{plan.programme}"]),
        incidence=incidence,
        clusters=plan.size,
        children=int(number("trial_cluster_children")),
        steps=int(number("trial_steps")),
        years=1.0,
        icc=number("trial_icc"),
        reporting=believed("trial_reporting"),
        rng=rng,
    )


def reportable_cost(truth: Mapping[str, Array], countries: Sequence[str], evidence: Evidence) -> Array:
    """Cost of a victim here that a survivor could report: services, health, lost output (MODEL.md eq. 54c, 65).

    The mean over all victims: those registered, and the others with their use of services and the severity of their
    harm. Coordination and law enforcement are paid by others, and quality of life is no outlay. A parameter that does
    not vary is taken as 1, which a study of the logarithm cannot tell from any other number.

    Args:
        truth: Parameters of a run by name, dims (draw,) [unit of each].
        countries: ISO3 codes of the run; incomes and working lives are averaged over them.
        evidence: Country facts.

    Returns:
        Cost, undiscounted, dims (draw,) [GDP per capita].

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> truth = {"cost_health": 2 * np.ones(1), "detection": 0.25 * np.ones(1), "transfer_error": 3 * np.ones(1)}
        >>> reference = read_evidence().countries["gdp_per_capita_ppp"].index[:1]
        >>> reportable_cost(truth | {"uptake_health": np.zeros(1)}, [*reference], read_evidence()).item()
        1.5
    """
    one = np.ones_like(truth["detection"])

    def known(name: str) -> Array:
        return truth.get(name, one)

    income = evidence.countries.loc[countries, "gdp_per_capita_ppp"] / constant(evidence, "income_reference")
    working_years = float(np.mean([working_life(evidence, name) for name in countries]))
    total: Array = 0 * one
    for component in REPORTED:
        cost = truth.get(f"cost_{component}", 0 * one)
        if component in SERVICES:
            cost = cost * np.mean([value ** (known("elasticity_services") - 1) for value in income], axis=0)
        cost = cost * (working_years if component == "output" else 1.0)
        hidden = known("severity_undetected") if component in HARM else one
        hidden = hidden * (known(UPTAKE[component]) if component in UPTAKE else one)
        total = total + cost * (known("detection") + (1 - known("detection")) * hidden)
    return total * known("transfer_error") * known("definition")


def _children(choice: Choice, evidence: Evidence) -> float:
    """Children of the countries of a run in its first year [persons]."""
    first = years(choice.run.scenario)[:1]
    countries = choice.run.record["countries"]
    return float(sum(baseline.children_path(name, evidence=evidence, horizon=first)[0] for name in countries))
