"""A budget spread over programmes: each simulated at a few levels, the best allocation, what an option loses to it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy import optimize

from costmodel import appraisal
from costmodel.appraisal import labelled
from costmodel.decision.allocation import search
from costmodel.decision.batches import batches, by_sample, error_of_mean
from costmodel.decision.overlap import bundle, outcome, slopes
from costmodel.decision.portfolio import Item, Limits, best_portfolio, frontier, inclusion
from costmodel.draws import flat
from costmodel.errors import ScenarioError
from costmodel.evidence import Evidence
from costmodel.model.fit import fit_all
from costmodel.own_programmes import with_own_programmes
from costmodel.pipeline import countries_of, thin
from costmodel.programmes import LAST_MILE_POWER
from costmodel.scenario import Lever, Option, Scenario, change_priors
from costmodel.simulation import simulate

#: Levels at which a programme is simulated, as shares of the most that is looked at.
LEVELS = (1 / 3, 2 / 3, 1.0)
#: Budgets of the frontier, as multiples of the budget.
MULTIPLES = (0.5, 1.0, 2.0)
#: Weights of the worst tenth of the draws in the frontier.
CAUTIONS = (0.0, 0.5, 1.0)
#: Key of the best allocation among what is simulated; no option of a scenario can have it.
BEST = "best allocation"
#: Largest rise of a slope that is rounding, as a share of the largest slope.
ROUNDING = 1e-6
#: Multiple of all that can be averted which is taken as at stake in every group: overlap is then that of eq. 23 to
#: first order, strongest in full and the others times the power. What is printed is simulated afterwards.
FAR = 100.0
#: Spend below which nothing is cut down [currency].
LEAST = 1e-9

FAVOURITES = ["option", "scale", "spend", "net_benefit", "mcse", "loss", "loss_error", "share_better"]
PROGRAMMES = ["programme", "coverage", "spend", "benefit", "in_best", "in_best_error"]


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
        benefit: Cost of inaction, and what its programmes save on what they replace, dims (chain, draw) [currency].
        spend: Present value of its programmes, dims (chain, draw) [currency].
    """

    benefit: xr.DataArray
    spend: xr.DataArray

    @property
    def net(self) -> xr.DataArray:
        """Net benefit, dims (chain, draw) [currency]."""
        return self.benefit - self.spend


@dataclass(frozen=True)
class Spread:
    """A budget spread over programmes.

    Attributes:
        budget: What may be spent in expectation, present value [currency].
        best: What the best allocation brings and costs, simulated as one option.
        programmes: One row a programme that brings anything, most of the money first: coverage [share], mean spend and
            benefit by itself [currency], and in_best, the share of draws in which it would be bought if that draw
            were the truth, with its error [share].
        frontier: Best allocations by budget and by weight of the worst tenth of the draws, as `portfolio.frontier`.
        favourites: One row an option of the scenario, cut down to the budget: scale [share of its levers], spend and
            net_benefit with its error, loss against the best allocation with its error [currency], share_better.
        left_out: Programmes whose mean benefit is not above 0, or not concave in coverage.
    """

    budget: float
    best: Outcome
    programmes: pd.DataFrame
    frontier: pd.DataFrame
    favourites: pd.DataFrame
    left_out: tuple[str, ...]


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
        evidence: Its evidence.
        scope: trafficking, or all_violence.
        draws: Draws to use.
        quiet: No messages.

    Returns:
        The question.

    Raises:
        CostmodelError: A subclass that says where, what and what to do.
    """
    facts = change_priors(evidence, scenario.prior_changes, where=scenario.file)
    drawn, told = with_own_programmes(thin(fit_all(facts, quiet=quiet).draws, draws), facts, scenario)
    return Question(scenario, told, drawn, scope)


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


def spread_budget(of: Question, programmes: Sequence[str], *, budget: float) -> Spread:
    """Spread a budget over programmes, at a constant coverage of each over the horizon (MODEL.md eq. 64, 68a).

    Args:
        of: The question.
        programmes: What can be bought.
        budget: Present value of what may be spent in expectation [currency].

    Returns:
        The allocation with the largest expected net benefit, and what the options of the scenario lose to it.

    Raises:
        ScenarioError: If the budget is not above 0, or there is no programme.
    """
    check_budget(budget)
    if not programmes:
        raise ScenarioError(f"{of.scenario.file}: its options name no programme; add one, or give --all")
    most = _coverage_max(of, programmes)
    highest, burden = simulated(of, {name: _alone(name, most[name]) for name in programmes})
    helping = [name for name in programmes if float(highest[name].benefit.mean()) > 0]
    levels = {
        name: _most_looked_at(most[name], highest[name], budget=MULTIPLES[-1] * budget, draws=of.draws)
        for name in helping
    }
    items = _items(of, levels)
    bought = _best(of, items, Limits(budget), burden) if items else {}
    joint = _beside_favourites(of, bought, budget=budget)
    budgets = [multiple * budget for multiple in MULTIPLES]
    return Spread(
        budget=budget,
        best=joint[BEST][1],
        programmes=_programme_rows(items, Limits(budget), bought),
        frontier=frontier(items, Limits(), cautions=CAUTIONS, budgets=budgets) if items else pd.DataFrame(),
        favourites=_favourite_rows(joint),
        left_out=tuple(name for name in programmes if name not in {item.name for item in items}),
    )


def _alone(name: str, coverage: float) -> Option:
    """One programme as an option."""
    return Option(programmes={name: Lever(coverage=coverage)})


def _coverage_max(of: Question, programmes: Sequence[str]) -> dict[str, float]:
    """Coverage that no programme has passed in any country, by programme [share]."""
    table = of.evidence.programmes
    return {name: float(table.loc[table["id"] == name, "coverage_max"].min()) for name in programmes}


def _most_looked_at(most: float, highest: Outcome, *, budget: float, draws: xr.Dataset) -> float:
    """Largest coverage that a budget buys by itself, at most that of the programme (MODEL.md eq. 25) [share]."""
    extra = float(np.mean(flat(draws, "last_mile")))
    share = budget / float(highest.spend.mean())
    if share >= 1:
        return most
    bought = optimize.brentq(lambda x: x * (1 + extra * x**LAST_MILE_POWER) / (1 + extra) - share, 0.0, 1.0)
    return most * float(bought)


def _items(of: Question, levels: Mapping[str, float]) -> list[Item]:
    """Each programme by itself at a few levels of coverage, those left out whose benefit is not concave."""
    options = {
        f"{name} {share:.3f}": _alone(name, share * highest)
        for name, highest in levels.items()
        for share in LEVELS
    }
    found = simulated(of, options)[0] if options else {}
    items = []
    for name, highest in levels.items():
        each = [found[f"{name} {share:.3f}"] for share in LEVELS]
        sides = []
        for side in ("benefit", "spend"):
            draws = [getattr(one, side) for one in each]
            sides.append(xr.concat([0 * draws[0], *draws], "level").transpose("chain", "draw", "level"))
        item = Item(name, (0.0, *(share * highest for share in LEVELS)), *sides)
        if _concave(item):
            items.append(item)
    return items


def _concave(item: Item) -> bool:
    """Whether the next child reached never brings more than the one before, on average."""
    slopes_of = np.diff(item.benefit.mean(["chain", "draw"]).to_numpy()) / np.diff(item.levels)
    return bool((np.diff(slopes_of) <= ROUNDING * np.abs(slopes_of).max()).all())


def _best(of: Question, items: Sequence[Item], limits: Limits, burden: xr.DataArray) -> dict[str, float]:
    """Coverage of the programmes that are bought, overlap within target groups counted, by programme [share]."""
    plain = best_portfolio(items, limits).coverage
    table = of.evidence.programmes.drop_duplicates("id").set_index("id")
    group = {name: f"{table.at[name, 'target_group']} {table.at[name, 'acts_on']}" for name in plain.index}
    chosen = [item for item in items if plain[item.name] > 0]
    if len({group[item.name] for item in chosen}) < len(chosen):
        shape = (of.draws.sizes["chain"], -1)
        averted = sum((abs(item.benefit).max("level") for item in chosen), start=burden)
        stake = dict.fromkeys(group.values(), FAR * averted)
        power = xr.DataArray(flat(of.draws, "overlap").reshape(shape), dims=("chain", "draw"))
        joint = bundle(chosen, groups=group, at_stake=stake, overlap=power)
        start = np.array([plain[item.name] for item in chosen])
        plain = search(
            chosen,
            limits,
            lambda x: outcome(joint, x),
            derivative=lambda x: slopes(joint, x),
            starts=[start],
        ).coverage
    return {str(name): float(share) for name, share in plain.items() if share > 0}


def _beside_favourites(
    of: Question, bought: Mapping[str, float], *, budget: float
) -> dict[str, tuple[float, Outcome]]:
    """The best allocation and every option of the scenario cut down to the budget: scale of its levers, and outcome."""
    others = {key: one for key, one in of.scenario.options.items() if key != of.scenario.comparator}
    whole, _ = simulated(of, others)
    scale = {key: min(1.0, budget / max(float(whole[key].spend.mean()), LEAST)) for key in others}
    again = {key: _scaled(others[key], scale[key]) for key in others if scale[key] < 1}
    allocation = Option(programmes={name: Lever(coverage=share) for name, share in bought.items()})
    found, _ = simulated(of, {BEST: allocation, **again})
    return {
        BEST: (1.0, found[BEST]),
        **{key: (scale[key], found.get(key, whole[key])) for key in others},
    }


def _scaled(option: Option, scale: float) -> Option:
    """An option whose levers, or whose budget, are cut down to a scale."""

    def smaller(given: float | dict[int, float] | None) -> float | dict[int, float] | None:
        if given is None:
            return None
        return (
            {year: scale * one for year, one in given.items()} if isinstance(given, dict) else scale * given
        )

    levers = {
        name: lever.model_copy(update={"coverage": smaller(lever.coverage), "spend": smaller(lever.spend)})
        for name, lever in option.programmes.items()
    }
    return option.model_copy(update={"programmes": levers, "budget": smaller(option.budget)})


def _programme_rows(items: Sequence[Item], limits: Limits, bought: Mapping[str, float]) -> pd.DataFrame:
    """What is bought, with what each programme by itself brings and costs, and how often it would be bought."""
    if not items:
        return pd.DataFrame(columns=PROGRAMMES)
    often = inclusion(items, limits).set_index("item")
    rows = []
    for item in items:
        share = bought.get(item.name, 0.0)
        mean = {
            side: np.interp(share, item.levels, draws.mean(["chain", "draw"]))
            for side, draws in (("spend", item.cost), ("benefit", item.benefit))
        }
        said = {"in_best": often.at[item.name, "share"], "in_best_error": often.at[item.name, "error"]}
        rows.append({"programme": item.name, "coverage": share, **mean, **said})
    table = pd.DataFrame(rows, columns=PROGRAMMES)
    return table.sort_values(["spend", "in_best"], ascending=False, ignore_index=True)


def _favourite_rows(joint: Mapping[str, tuple[float, Outcome]]) -> pd.DataFrame:
    """What each option loses against the best allocation of the same budget (MODEL.md eq. 64b)."""
    best, rows = by_sample(joint[BEST][1].net), []
    for key, (scale, found) in joint.items():
        if key == BEST:
            continue
        net, batch = by_sample(found.net), batches(found.net)
        loss = best - net
        error = float(error_of_mean(net, batch))
        lost = (float(loss.mean()), float(error_of_mean(loss, batch)), float((loss < 0).mean()))
        rows.append((key, scale, float(found.spend.mean()), float(net.mean()), error, *lost))
    return pd.DataFrame(rows, columns=FAVOURITES).sort_values("loss", ignore_index=True)
