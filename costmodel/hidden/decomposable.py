"""Averaging over decomposable graphs: which lists depend on which is itself uncertain.

Madigan and York (1997), Biometrika 84, 19-31: all decomposable graphs with equal weight, a hyper-Dirichlet prior for
the pattern probabilities, a prior proportional to 1/N for the total. Everything is a closed form on a grid of totals.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from costmodel.errors import EvidenceError
from costmodel.evidence.lists import CaptureTable
from costmodel.hidden.engine import Array, EngineFit, middles, over_completed

NAME = "decomposable"
#: More lists have too many graphs to go through: 18,154 of six lists.
LISTS_MAX = 5
#: The grid of persons on no list reaches this multiple of the listed, as in the published runs.
GRID_MULTIPLE = 30
GRID_POINTS = 1000
LAST_PART = 0.9
#: Points that must share the posterior; half of the share of it outside the part that is refined; mean width from which
#: a grid is coarser than whole numbers.
POINTS_WANTED, OUTSIDE, WHOLE = 50, 1e-3, 1.5
#: Share of the posterior in the last tenth of the grid above which the grid, not the data, sets the upper limit.
EDGE_SHARE = 0.01
#: Points over persons on no list, and over a held-out count, between which its probability is summed.
SCORE_POINTS = (60, 40)

Nodes = frozenset[int]
#: A decomposable graph as the factors of its probability: subsets of lists in the numerator and the denominator.
Factors = tuple[tuple[Nodes, Nodes], ...]


def graphs(n_lists: int) -> Iterator[Factors]:
    """Every decomposable graph of some lists, as (list with later neighbours, later neighbours) in perfect order.

    Example:
        >>> sum(1 for _ in graphs(3)), sum(1 for _ in graphs(4))
        (8, 61)
    """
    pairs = list(itertools.combinations(range(n_lists), 2))
    for chosen in itertools.product((False, True), repeat=len(pairs)):
        edges = {pair for pair, inside in zip(pairs, chosen, strict=True) if inside}
        factors = _perfect_order(n_lists, edges)
        if factors is not None:
            yield factors


def _perfect_order(n_lists: int, edges: set[tuple[int, int]]) -> Factors | None:
    """Take away, again and again, a list whose neighbours are all neighbours of one another; None if there is none."""
    left, factors = set(range(n_lists)), []
    while left:
        for node in sorted(left):
            near = {other for other in left if {(node, other), (other, node)} & edges}
            if all(pair in edges for pair in itertools.combinations(sorted(near), 2)):
                factors.append((frozenset({node, *near}), frozenset(near)))
                left.remove(node)
                break
        else:
            return None
    return tuple(factors)


def _codes(table: CaptureTable, nodes: Nodes) -> NDArray[np.int64]:
    """Number of each pattern among the patterns over some lists alone, 0 for none of them, dims (pattern,)."""
    code = np.zeros(len(table.low), dtype=int)
    for place, node in enumerate(sorted(nodes)):
        code += table.patterns[:, node] << place
    return code


def log_evidence(
    table: CaptureTable, missing: Array, *, delta: float, held: int | None = None, count: Array | float = 0.0
) -> dict[Nodes, Array]:
    """Log Dirichlet-multinomial probability of each subset of lists (MODEL.md eq. 44).

    Args:
        table: Lists with known counts.
        missing: Persons on no list, dims (grid,) or any that fit `count` [persons].
        delta: Prior weight of a pattern of all lists [persons].
        held: Pattern whose count in the table is not used.
        count: What is put in its place [persons].

    Returns:
        By subset of lists, dims of `missing` and `count` together.
    """
    n_lists = len(table.lists)
    counts = table.low.astype(float)
    if held is not None:
        counts[held] = 0.0
    all_weight = delta * 2**n_lists
    total = special.gammaln(all_weight) - special.gammaln(counts.sum() + missing + count + all_weight)
    found = {}
    for size in range(n_lists + 1):
        weight = delta * 2 ** (n_lists - size)
        for chosen in itertools.combinations(range(n_lists), size):
            nodes = frozenset(chosen)
            code = _codes(table, nodes)
            cells = np.bincount(code, weights=counts, minlength=2**size)
            place = 0 if held is None else int(code[held])
            rest = np.delete(cells, sorted({0, place}))
            log_p = total + special.gammaln(rest + weight).sum() - cells.size * special.gammaln(weight)
            if place == 0:
                log_p = log_p + special.gammaln(cells[0] + missing + count + weight)
            else:
                log_p = log_p + special.gammaln(cells[0] + missing + weight)
                log_p = log_p + special.gammaln(cells[place] + count + weight)
            found[nodes] = log_p
    return found


@dataclass(frozen=True)
class Averaged:
    """Posterior over graphs and persons on no list.

    Attributes:
        graphs: Decomposable graphs.
        missing: Persons on no list, dims (grid,) [persons].
        weights: Posterior probability, dims (graph, grid).
    """

    graphs: tuple[Factors, ...]
    missing: Array
    weights: Array


def average(
    table: CaptureTable,
    *,
    missing: Array | None = None,
    delta: float | None = None,
    log_prior: Callable[[Array], Array] | None = None,
) -> Averaged:
    """Posterior over decomposable graphs and the number of persons on no list (MODEL.md eq. 44).

    Args:
        table: Lists with known counts.
        missing: Grid of persons on no list, each point for itself; if not given, points from 0 to 30 times the
            listed, ever further apart, each for all numbers about it [persons].
        delta: Prior weight of a pattern; 2 to the minus number of lists if not given.
        log_prior: Log prior of the total; minus its log if not given.

    Returns:
        The posterior.

    Raises:
        EvidenceError: If there are more than five lists.
    """
    n_lists = len(table.lists)
    if n_lists > LISTS_MAX:
        raise EvidenceError(
            f"{table.name}: {n_lists} lists, and averaging over graphs takes at most {LISTS_MAX}; merge two lists or "
            "leave one out"
        )
    if missing is None:
        first = _average(table, *_grid(table.n_listed), delta=delta, log_prior=log_prior)
        again = _refined(first)
        return first if again is None else _average(table, *again, delta=delta, log_prior=log_prior)
    return _average(table, missing, np.ones(missing.size), delta=delta, log_prior=log_prior)


def _average(
    table: CaptureTable,
    grid: Array,
    width: Array,
    *,
    delta: float | None,
    log_prior: Callable[[Array], Array] | None,
) -> Averaged:
    """Posterior on one grid, whose points stand for as many numbers as their width."""
    n_lists = len(table.lists)
    terms = log_evidence(table, grid, delta=2.0**-n_lists if delta is None else delta)
    total = table.n_listed + grid
    prior = -np.log(total) if log_prior is None else log_prior(total)
    shared = special.gammaln(total + 1) - special.gammaln(grid + 1) + prior + np.log(width)
    every = tuple(graphs(n_lists))
    log_weight = np.array([shared + sum(terms[a] - terms[b] for a, b in factors) for factors in every])
    return Averaged(every, grid, np.exp(log_weight - special.logsumexp(log_weight)))


def _refined(found: Averaged) -> tuple[Array, Array] | None:
    """The grid with more points where the posterior is, if it had too few there; None if it had enough."""
    mass = found.weights.sum(axis=0)
    if 1 / (mass**2).sum() >= POINTS_WANTED or (_widths(found.missing) @ mass) < WHOLE:
        return None
    cumulative = np.cumsum(mass)
    low, high = np.searchsorted(cumulative, [OUTSIDE, 1 - OUTSIDE])
    ends = found.missing[max(low - 1, 0)], found.missing[min(high + 1, mass.size - 1)]
    points = np.unique(np.concatenate([found.missing, np.round(np.linspace(*ends, GRID_POINTS))]))
    return points, _widths(points)


def _grid(n_listed: int) -> tuple[Array, Array]:
    """Persons on no list: the published grid, and between its first points all numbers there are room for."""
    highest = GRID_MULTIPLE * n_listed
    even = np.round(np.linspace(1, highest, GRID_POINTS))
    points = np.unique(np.concatenate([even, _steps(highest, GRID_POINTS)[0]]))
    return points, _widths(points)


def decomposable(table: CaptureTable, *, seed: int = 0) -> EngineFit:
    """Total number of persons, averaged over decomposable graphs (MODEL.md eq. 44).

    Args:
        table: Overlapping lists, at most five.
        seed: Seed of small cells given as intervals; not used where all counts are known.

    Returns:
        The fit: estimate is the median.

    Raises:
        EvidenceError: If there are more than five lists.
    """
    return over_completed(table, _decomposable, seed=seed)


def _decomposable(table: CaptureTable) -> EngineFit:
    found = average(table)
    mass = found.weights.sum(axis=0)
    total = table.n_listed + quantiles(found, middles())
    edge = float(mass[found.missing > LAST_PART * found.missing.max()].sum())
    best = found.weights.sum(axis=1)
    note = f"{len(found.graphs)} graphs, the likeliest has {best.max():.0%} of the weight"
    if edge > EDGE_SHARE:
        note += (
            f"; {edge:.1%} of the posterior lies in the last tenth of the grid: the grid sets the upper limit"
        )
    return EngineFit(
        engine=NAME,
        estimate=float(table.n_listed + quantiles(found, np.array([0.5]))[0]),
        total=total,
        cell_score=_cell_scores(table, found),
        converged=edge <= EDGE_SHARE,
        note=note,
    )


def quantiles(found: Averaged, levels: Array) -> Array:
    """Persons on no list up to which a share of the posterior lies.

    Args:
        found: Posterior.
        levels: Shares of the posterior, dims (level,).

    Returns:
        Dims (level,) [persons].
    """
    cumulative = np.cumsum(found.weights.sum(axis=0))
    place = np.searchsorted(cumulative, levels * cumulative[-1])
    return np.asarray(found.missing[np.minimum(place, found.missing.size - 1)])


def _steps(highest: float, n_points: int) -> tuple[Array, Array]:
    """Whole numbers from 0 on that lie ever further apart, and how many each stands for, dims (point,)."""
    points = np.unique(np.round(np.expm1(np.linspace(0, np.log1p(highest), n_points))))
    return points, _widths(points)


def _widths(points: Array) -> Array:
    """How many whole numbers each point stands for: half of the way to its neighbours, dims (point,)."""
    edges = np.concatenate([[-0.5], (points[1:] + points[:-1]) / 2, [points[-1] + 0.5]])
    return np.diff(edges)


def _cell_scores(table: CaptureTable, found: Averaged) -> Array:
    """Log probability of each cell predicted without it, summed over graphs and persons on no list, dims (pattern,)."""
    missing, width = _steps(GRID_MULTIPLE * table.n_listed, SCORE_POINTS[0])
    scores = np.empty(len(table.low))
    for k, count in enumerate(table.low):
        others, step = _steps(GRID_MULTIPLE * table.n_listed, SCORE_POINTS[1])
        values, each = np.append(others, count), np.append(step, 0.0)
        log_p = _log_joint(table, found.graphs, missing[:, None], held=k, count=values[None, :])
        log_p = special.logsumexp(log_p + np.log(width)[:, None], axis=0)
        scores[k] = log_p[-1] - special.logsumexp(log_p[:-1] + np.log(each[:-1]))
    return scores


def _log_joint(
    table: CaptureTable, every: tuple[Factors, ...], missing: Array, *, held: int, count: Array
) -> Array:
    """Log probability of a table with one count replaced, all graphs together, dims of `missing` and `count`."""
    terms = log_evidence(table, missing, delta=2.0 ** -len(table.lists), held=held, count=count)
    total = table.n_listed - table.low[held] + missing + count
    shared = special.gammaln(total + 1) - special.gammaln(missing + 1) - special.gammaln(count + 1)
    graph = np.array([sum(terms[a] - terms[b] for a, b in factors) for factors in every])
    return np.asarray(shared - np.log(np.maximum(total, 1)) + special.logsumexp(graph, axis=0))
