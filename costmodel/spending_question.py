"""What a budget can be spread over: the question made ready, and bundles of programmes simulated against it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import xarray as xr

from costmodel import appraisal
from costmodel.appraisal import labelled
from costmodel.decision.batches import FEWEST_DRAWS
from costmodel.errors import ScenarioError
from costmodel.evidence import Evidence
from costmodel.model.fit import fit_all
from costmodel.own_programmes import with_own_programmes
from costmodel.pipeline import countries_of, thin
from costmodel.scenario import Option, Scenario
from costmodel.simulation import simulate

#: Programmes with a fixed cost at most: each is bought or not, which doubles the allocations that are compared.
N_FIXED = 4


@dataclass(frozen=True)
class Question:
    """What every simulation of a spread shares.

    Attributes:
        scenario: Countries, horizon, money and options; its first discount preset counts.
        evidence: With the programmes of one's own.
        draws: Posterior draws, dims (chain, draw, ...).
        scope: trafficking, or all_violence.
    """

    scenario: Scenario
    evidence: Evidence
    draws: xr.Dataset
    scope: str


@dataclass(frozen=True)
class Outcome:
    """What a bundle of programmes brings and costs against the comparator.

    Attributes:
        benefit: Averted and saved: the cost of inaction, and beside it what its programmes save on what they replace,
            which cost of inaction leaves out, dims (chain, draw) [currency].
        spend: Present value of its programmes, dims (chain, draw) [currency].
    """

    benefit: xr.DataArray
    spend: xr.DataArray

    @property
    def net(self) -> xr.DataArray:
        """Net benefit, dims (chain, draw) [currency]."""
        return self.benefit - self.spend


def check_budget(budget: float) -> None:
    """Refuse a budget that buys nothing.

    Args:
        budget: Present value of what may be spent [currency].

    Raises:
        ScenarioError: If it is not above 0.
    """
    if not (math.isfinite(budget) and budget > 0):
        raise ScenarioError(f"--budget {budget:g}: give an amount above 0, in the money of the scenario")


def question_of(scenario: Scenario, evidence: Evidence, *, scope: str, draws: int, quiet: bool) -> Question:
    """Make a question ready: the fit of its evidence, thinned, with the programmes of one's own.

    Args:
        scenario: The scenario, checked.
        evidence: Its evidence, as `scenario.scenario_evidence` reads it, its priors changed.
        scope: trafficking, or all_violence.
        draws: Draws to use.
        quiet: No messages.

    Returns:
        The question.

    Raises:
        ScenarioError: If the comparator has programmes, or more of them have a fixed cost than can be tried in turn.
        CostmodelError: Another subclass that says where, what and what to do.
    """
    _check_scenario(scenario)
    drawn, told = with_own_programmes(thin(fit_all(evidence, quiet=quiet).draws, draws), evidence, scenario)
    return Question(scenario, told, drawn, scope)


def halves(of: Question) -> tuple[Question, Question]:
    """Part the draws of a question: every second one chooses an allocation, the others judge it.

    Args:
        of: The question.

    Returns:
        The question with the first, third, ... draw of each chain, and with the others.

    Raises:
        ScenarioError: If one half has fewer than the 40 draws that an error needs.
    """
    parts = [of.draws.isel(draw=slice(first, None, 2)) for first in (0, 1)]
    fewest = min(part.sizes["chain"] * part.sizes["draw"] for part in parts)
    if fewest < FEWEST_DRAWS:
        raise ScenarioError(
            f"half of the draws are {fewest}: one half chooses, the other judges, and {FEWEST_DRAWS} are needed in "
            "each; give more --draws"
        )
    choosing, judging = (replace(of, draws=part) for part in parts)
    return choosing, judging


def _check_scenario(scenario: Scenario) -> None:
    """Refuse what a budget cannot be spread over."""
    kept = scenario.options[scenario.comparator].programmes
    if kept:
        raise ScenarioError(
            f"{scenario.file}: options.{scenario.comparator}.programmes: the comparator has {', '.join(kept)}, which "
            "the best allocation would stop; take them out of it, or compare bundles with costmodel run"
        )
    fixed = fixed_costs_of(scenario)
    if len(fixed) > N_FIXED:
        raise ScenarioError(
            f"{scenario.file}: {len(fixed)} programmes have a fixed_cost ({', '.join(fixed)}); portfolio tries what "
            f"is bought at all in turn, {N_FIXED} at most: take some of them out"
        )


def fixed_costs_of(scenario: Scenario) -> dict[str, float]:
    """Fixed cost of the programmes that have one, the largest that an option states [currency/year]."""
    levers = [pair for option in scenario.options.values() for pair in option.programmes.items()]
    found: dict[str, float] = {}
    for name, lever in levers:
        if lever.fixed_cost > 0:
            found[name] = max(found.get(name, 0.0), lever.fixed_cost)
    return found


def programmes_of(scenario: Scenario) -> list[str]:
    """Programmes that the options of a scenario name."""
    return sorted({name for option in scenario.options.values() for name in option.programmes})


def priced_programmes(scenario: Scenario, evidence: Evidence) -> list[str]:
    """Programmes with a checked cost in every country of a scenario, and those of its author."""
    groups = evidence.countries.loc[countries_of(scenario, evidence), "income_group"].unique()
    table = evidence.programmes
    priced = [{*table.loc[table["income_group"] == group, "id"]} for group in groups]
    return sorted(set.intersection(*priced))


def simulated(of: Question, options: Mapping[str, Option]) -> tuple[dict[str, Outcome], xr.DataArray]:
    """Simulate bundles of programmes as options of the scenario.

    Args:
        of: The question.
        options: Bundles, by key.

    Returns:
        What each brings and costs against the comparator, by key; and the present value of the comparator's burden,
        dims (chain, draw) [currency].
    """
    comparator, preset = of.scenario.comparator, of.scenario.discount[0]
    inaction = {comparator: of.scenario.options[comparator]}
    asked = of.scenario.model_copy(update={"options": inaction | dict(options), "discount": [preset]})
    flows = (
        simulate(of.draws, asked, country=name, evidence=of.evidence, twins=False)
        for name in countries_of(asked, of.evidence)
    )
    n_chains = int(of.draws.sizes["chain"])
    total = appraisal.appraise(flows, scenario=asked, evidence=of.evidence, n_chains=n_chains)
    found = {}
    for key in options:
        gain = appraisal.benefit(
            total, option=key, preset=preset, comparator=comparator, scope=of.scope, public=None
        )
        saved, paid = (
            part(total, option=key, preset=preset, comparator=comparator, fiscal=False)
            for part in (appraisal.extra_offset, appraisal.extra_spend)
        )
        gain = gain + saved
        found[key] = Outcome(labelled(gain, n_chains=n_chains), labelled(paid, n_chains=n_chains))
    return found, labelled(total.burden[comparator, preset].sum(axis=1), n_chains=n_chains)
