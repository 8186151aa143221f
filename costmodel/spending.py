"""A budget spread over programmes: each simulated at a few levels, the best allocation, what an option loses to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr
from scipy import optimize

from costmodel.cut_down import scale_within, scaled
from costmodel.decision.allocation import search
from costmodel.decision.batches import batches, by_sample, error_of_mean
from costmodel.decision.fixed_costs import best_with_fixed, frontier_with_fixed, spread_out
from costmodel.decision.overlap import bundle, outcome, slopes
from costmodel.decision.portfolio import Item, Limits, inclusion
from costmodel.draws import flat
from costmodel.errors import ScenarioError
from costmodel.programmes import LAST_MILE_POWER
from costmodel.scenario import Lever, Option
from costmodel.spending_question import Outcome, Question, check_budget, fixed_costs_of, halves, simulated

#: Levels at which a programme is simulated, as shares of the most that is looked at.
LEVELS = (1 / 3, 2 / 3, 1.0)
#: Further levels around the best coverage that was found first, as multiples of it.
AROUND = (0.85, 0.95, 1.0, 1.05, 1.15)
#: Smallest distance of two levels, as a share of the most that is looked at.
APART = 0.01
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

#: Share of the budget that may be left where it is said to be spent.
BINDING = 1e-3
#: Power of eq. 23 that stands for each overlap that a scenario states, to first order: reductions add up where
#: programmes reach children at random or avert no case twice; of nested ones the strongest counts, which is the least.
POWERS = {"random": 1.0, "additive": 1.0, "nested": 0.0}

FAVOURITES = ["option", "scale", "spend", "net_benefit", "mcse", "loss", "loss_error", "share_better"]
PROGRAMMES = ["programme", "coverage", "spend", "benefit", "in_best", "in_best_error"]


@dataclass(frozen=True)
class Spread:
    """A budget spread over programmes.

    Attributes:
        budget: What may be spent in expectation, present value [currency].
        best: What the best allocation brings and costs, simulated as one option, on the draws that did not choose it:
            where it spends the budget, at the coverage that spends the budget on these draws.
        programmes: One row a programme that brings anything, most of the money first: coverage [share], mean spend and
            benefit by itself, averted and saved [currency], and in_best, the share of draws in which it would be bought
            if that draw were the truth, its fixed cost then in proportion to coverage, with its error [share].
        frontier: Best allocations by budget and by weight of the worst tenth of the draws, as `portfolio.frontier`, on
            the draws that chose them.
        favourites: One row an option of the scenario, cut down to the budget: scale [share of its levers], spend and
            net_benefit with its error, loss against the best allocation with its error [currency], share_better, on
            the draws that did not choose it.
        left_out: Programmes whose mean benefit is not above 0, or not concave in coverage.
        beyond: Options that no scale brings within the budget, their fixed costs being above it.
    """

    budget: float
    best: Outcome
    programmes: pd.DataFrame
    frontier: pd.DataFrame
    favourites: pd.DataFrame
    left_out: tuple[str, ...]
    beyond: tuple[str, ...] = ()


def spread_budget(of: Question, programmes: Sequence[str], *, budget: float) -> Spread:
    """Spread a budget over programmes, at a constant coverage of each over the horizon (MODEL.md eq. 64, 68a).

    Args:
        of: The question.
        programmes: What can be bought.
        budget: Present value of what may be spent in expectation [currency].

    Returns:
        The allocation with the largest expected net benefit on every second draw, and what the options of the
        scenario lose to it on the others, so that the loss owes nothing to the choice.

    Raises:
        ScenarioError: If the budget is not above 0, there is no programme, or half the draws are fewer than 40.
    """
    check_budget(budget)
    if not programmes:
        raise ScenarioError(f"{of.scenario.file}: its options name no programme; add one, or give --all")
    choosing, judging = halves(of)
    most = _coverage_max(of, programmes)
    items, fixed, bought = _chosen(choosing, most, budget=budget)
    rows = _programme_rows(items, fixed, budget=budget, bought=bought)
    binds = rows["spend"].sum() >= budget * (1 - BINDING)
    allocation = _stretched(bought, most) if binds else bought
    joint = _beside_favourites(judging, allocation, budget=budget)
    _, best = joint.pop(BEST)
    budgets = [multiple * budget for multiple in MULTIPLES]
    return Spread(
        budget=budget,
        best=best,
        programmes=rows,
        frontier=frontier_with_fixed(items, fixed, cautions=CAUTIONS, budgets=budgets),
        favourites=_favourite_rows(joint, best),
        left_out=tuple(name for name in programmes if name not in {item.name for item in items}),
        beyond=tuple(key for key in of.scenario.options if key not in {of.scenario.comparator, *joint}),
    )


def _chosen(
    of: Question, most: Mapping[str, float], *, budget: float
) -> tuple[list[Item], dict[str, float], dict[str, float]]:
    """What can be bought, with fixed costs [currency] and the best coverage of what is bought [share]."""
    highest, burden = simulated(of, {name: _alone(name, share) for name, share in most.items()})
    levels = {
        name: _most_looked_at(share, highest[name], budget=MULTIPLES[-1] * budget, draws=of.draws)
        for name, share in most.items()
        if float(highest[name].benefit.mean()) > 0
    }
    items = _items(of, levels)
    fixed = _fixed_costs(of, {item.name: highest[item.name] for item in items}, most)
    bought = _best(of, items, fixed, budget=budget, burden=burden)
    if bought:
        items = _refined(of, items, bought)
        bought = _best(of, items, fixed, budget=budget, burden=burden)
    return items, fixed, bought


def _stretched(bought: Mapping[str, float], most: Mapping[str, float]) -> dict[str, float]:
    """Coverages in the same proportion, as high as the ceilings let them, from which a budget cuts down [share]."""
    stretch = min((most[name] / share for name, share in bought.items()), default=1.0)
    return {name: stretch * share for name, share in bought.items()}


def _alone(name: str, coverage: float, *, fixed_cost: float = 0.0) -> Option:
    """One programme as an option."""
    return Option(programmes={name: Lever(coverage=coverage, fixed_cost=fixed_cost)})


def _fixed_costs(
    of: Question, plain: Mapping[str, Outcome], coverage: Mapping[str, float]
) -> dict[str, float]:
    """Expected present value of the fixed costs of programmes, those without left out [currency]."""
    stated = {name: cost for name, cost in fixed_costs_of(of.scenario).items() if name in plain}
    options = {name: _alone(name, coverage[name], fixed_cost=cost) for name, cost in stated.items()}
    found = simulated(of, options)[0] if options else {}
    return {name: float((one.spend - plain[name].spend).mean()) for name, one in found.items()}


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
    grids = {name: [share * highest for share in LEVELS] for name, highest in levels.items()}
    return [item for item in _simulated_items(of, grids) if _concave(item)]


def _simulated_items(of: Question, grids: Mapping[str, Sequence[float]]) -> list[Item]:
    """Programmes by themselves at given levels of coverage above 0."""
    options = {
        f"{name} {place}": _alone(name, share)
        for name, grid in grids.items()
        for place, share in enumerate(grid)
    }
    found = simulated(of, options)[0] if options else {}
    items = []
    for name, grid in grids.items():
        each = [found[f"{name} {place}"] for place in range(len(grid))]
        sides = []
        for side in ("benefit", "spend"):
            draws = [getattr(one, side) for one in each]
            sides.append(xr.concat([0 * draws[0], *draws], "level").transpose("chain", "draw", "level"))
        items.append(Item(name, (0.0, *grid), *sides))
    return items


def _refined(of: Question, items: Sequence[Item], bought: Mapping[str, float]) -> list[Item]:
    """The same with levels around what was bought: between levels a straight line costs more and brings less."""
    grids = {}
    for item in items:
        if item.name in bought:
            highest, kept = item.levels[-1], [bought[item.name]]
            others = [multiple * bought[item.name] for multiple in AROUND] + [*item.levels[1:]]
            for level in others:
                if level <= highest and min(abs(level - one) for one in kept) > APART * highest:
                    kept.append(level)
            grids[item.name] = sorted(kept)
    finer = {item.name: item for item in _simulated_items(of, grids) if _concave(item)}
    return [finer.get(item.name, item) for item in items]


def _concave(item: Item) -> bool:
    """Whether the next child reached never brings more than the one before, on average."""
    slopes_of = np.diff(item.benefit.mean(["chain", "draw"]).to_numpy()) / np.diff(item.levels)
    return bool((np.diff(slopes_of) <= ROUNDING * np.abs(slopes_of).max()).all())


def _best(
    of: Question,
    items: Sequence[Item],
    fixed: Mapping[str, float],
    *,
    budget: float,
    burden: xr.DataArray,
) -> dict[str, float]:
    """Coverage of the programmes that are bought, overlap within target groups counted, by programme [share]."""
    found, money = best_with_fixed(items, fixed, budget=budget)
    if found is None:
        return {}
    plain, limits = found.coverage, Limits(budget - money)
    table = of.evidence.programmes.drop_duplicates("id").set_index("id")
    group = {name: f"{table.at[name, 'target_group']} {table.at[name, 'acts_on']}" for name in plain.index}
    chosen = [item for item in items if plain.get(item.name, 0.0) > 0]
    if len({group[item.name] for item in chosen}) < len(chosen):
        shape = (of.draws.sizes["chain"], -1)
        averted = sum((abs(item.benefit).max("level") for item in chosen), start=burden)
        stake = dict.fromkeys(group.values(), FAR * averted)
        drawn = flat(of.draws, "overlap")
        stated = POWERS.get(of.scenario.overlap)
        shared = drawn if stated is None else np.full_like(drawn, stated)
        power = xr.DataArray(shared.reshape(shape), dims=("chain", "draw"))
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
    """The best allocation and every option of the scenario within the budget: scale of its levers, and outcome."""
    fixed = fixed_costs_of(of.scenario)
    levers = {name: Lever(coverage=share, fixed_cost=fixed.get(name, 0.0)) for name, share in bought.items()}
    asked = {key: one for key, one in of.scenario.options.items() if key != of.scenario.comparator}
    asked[BEST] = Option(programmes=levers)
    whole, _ = simulated(of, asked)
    scales = {
        key: scale_within(
            partial(_spend_at, of, option),
            whole=float(whole[key].spend.mean()),
            budget=budget,
        )
        for key, option in asked.items()
    }
    return {
        key: (scale, whole[key] if scale == 1 else _cut_down(of, asked[key], scale))
        for key, scale in scales.items()
        if scale is not None
    }


def _cut_down(of: Question, option: Option, scale: float) -> Outcome:
    """What an option brings and costs at a scale of its levers."""
    return simulated(of, {BEST: scaled(option, scale)})[0][BEST]


def _spend_at(of: Question, option: Option, scale: float) -> float:
    """What it is expected to cost [currency]."""
    return float(_cut_down(of, option, scale).spend.mean())


def _programme_rows(
    items: Sequence[Item], fixed: Mapping[str, float], *, budget: float, bought: Mapping[str, float]
) -> pd.DataFrame:
    """What is bought, with what each programme by itself brings and costs, and how often it would be bought."""
    if not items:
        return pd.DataFrame(columns=PROGRAMMES)
    often = inclusion(spread_out(items, fixed), Limits(budget)).set_index("item")
    rows = []
    for item in items:
        share = bought.get(item.name, 0.0)
        mean = {
            side: np.interp(share, item.levels, draws.mean(["chain", "draw"]))
            for side, draws in (("spend", item.cost), ("benefit", item.benefit))
        }
        mean["spend"] += fixed.get(item.name, 0.0) if share > 0 else 0.0
        said = {"in_best": often.at[item.name, "share"], "in_best_error": often.at[item.name, "error"]}
        rows.append({"programme": item.name, "coverage": share, **mean, **said})
    table = pd.DataFrame(rows, columns=PROGRAMMES)
    return table.sort_values(["spend", "in_best"], ascending=False, ignore_index=True)


def _favourite_rows(joint: Mapping[str, tuple[float, Outcome]], best: Outcome) -> pd.DataFrame:
    """What each option loses against the best allocation of the same budget (MODEL.md eq. 64b)."""
    most, rows = by_sample(best.net), []
    for key, (scale, found) in joint.items():
        net, batch = by_sample(found.net), batches(found.net)
        loss = most - net
        error = float(error_of_mean(net, batch))
        lost = (float(loss.mean()), float(error_of_mean(loss, batch)), float((loss < 0).mean()))
        rows.append((key, scale, float(found.spend.mean()), float(net.mean()), error, *lost))
    return pd.DataFrame(rows, columns=FAVOURITES).sort_values("loss", ignore_index=True)
