"""Studies that might be done before a choice is made, and what each would be worth to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
from costmodel.evidence.priors import default_priors
from costmodel.randomness import generator
from costmodel.scenario import years

SURVEY, LISTS, COSTS, TRIAL = "survey", "lists", "costs", "trial"
#: What each design counts.
DESIGNS = {
    SURVEY: "children asked",
    LISTS: "persons on the lists",
    COSTS: "survivors asked",
    TRIAL: "clusters",
}
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


def read_plan(text: str, choice: Choice) -> Plan:
    """Read a study as it is written on the command line.

    Args:
        text: See `FORM`.
        choice: The run that it is planned for.

    Returns:
        The study.

    Raises:
        RunError: If it cannot be read, the design or programme is unknown, or the year lies outside the horizon.
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
        check_known("--study trial.PROGRAMME", programme, [*dict.fromkeys(known)])
    return Plan(design, programme if design == TRIAL else "", size, price, year)


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
            bias=believed("mse_bias"),
            between_study_sd=float(np.exp(number("mse_error_sd"))),  # its median: the prior is log-normal
            rng=rng,
        )
    if plan.design == COSTS:
        costs = [values for name, values in truth.items() if name.startswith("cost_")]
        return cost_survey(
            np.sum(costs, axis=0),
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


def _children(choice: Choice, evidence: Evidence) -> float:
    """Children of the countries of a run in its first year [persons]."""
    first = years(choice.run.scenario)[:1]
    countries = choice.run.record["countries"]
    return float(sum(baseline.children_path(name, evidence=evidence, horizon=first)[0] for name in countries))
