"""A number taken apart: its components, what makes it uncertain, down to the sources, and what each of them changes."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.decision.batches import Array, batches, by_sample, error_of_mean
from costmodel.decision.leave_out import ERRORS, REFIT, leave_one_out
from costmodel.decision.regression import basis, predicted
from costmodel.decision.sensitivity import variance_shares

#: Groups that are named beside a component.
LEADING = 2
#: Draws that shares of the variance are computed on; sources are dropped on all of them.
MOST_DRAWS = 2000


@dataclass(frozen=True)
class Dropped:
    """What happens to a quantity without one source.

    Attributes:
        change: Of the mean, missing where weights cannot tell [share of the mean].
        error: Its Monte Carlo error [share of the mean].
        pareto_k: Of the weights; above 0.7 only a new fit can tell [1].
    """

    change: float
    error: float
    pareto_k: float

    @property
    def clear(self) -> bool:
        """Whether the change is beyond two errors; not where weights cannot tell."""
        return abs(self.change) > ERRORS * self.error


@dataclass(frozen=True)
class Source:
    """A piece of evidence behind a parameter.

    Attributes:
        key: Key of the source.
        row: Row of the evidence.
        locator: Where in the source.
        status: verified, second-hand, derived or elicited.
        says: What it says.
        reference: Who, when, what, where.
        dropped: What happens without it; None where no likelihood holds it.
    """

    key: str
    row: str
    locator: str
    status: str
    says: str
    reference: str
    dropped: Dropped | None


@dataclass(frozen=True)
class Driver:
    """A parameter.

    Attributes:
        name: Its key.
        label: What it is.
        unit: Its unit.
        mean, low, high: What is believed of it [`unit`].
        share: Share of the variance that would go if it alone were known [share].
        error: Monte Carlo error of the share.
        sources: Evidence behind it, that of most weight first.
    """

    name: str
    label: str
    unit: str
    mean: float
    low: float
    high: float
    share: float
    error: float
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Group:
    """Parameters of one kind.

    Attributes:
        name: The kind.
        share: Shapley share of the variance; the shares of all groups add up to what is explained [share].
        error: Its Monte Carlo error.
        drivers: Its parameters, largest share first.
    """

    name: str
    share: float
    error: float
    drivers: tuple[Driver, ...]


@dataclass(frozen=True)
class Part:
    """A component of the quantity.

    Attributes:
        name: The component.
        mean: Its mean, with its sign in the sum [unit of the quantity].
        of_mean: Its share of the mean [share].
        of_variance: Its covariance with the quantity over the variance of this; they add up to 1 [share].
        leading: Groups that would take most of its own variance if known, with that share, of the log as
            `Explanation.log_parts` says.
    """

    name: str
    mean: float
    of_mean: float
    of_variance: float
    leading: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Explanation:
    """The tree from a number to its sources.

    Attributes:
        parts: Components, largest share of the mean first.
        groups: Groups of parameters, largest share of the variance first.
        log: Whether shares of groups and parameters are of the variance of the log.
        log_parts: Whether those beside components are of the variance of the log of each: where all are positive.
        explained: Share of the variance that all groups explain together [share].
        weighed: Whether the log likelihood was at hand, so that sources could be dropped.
    """

    parts: tuple[Part, ...]
    groups: tuple[Group, ...]
    log: bool
    log_parts: bool
    explained: float
    weighed: bool


def explain(
    quantity: xr.DataArray,
    parts: xr.DataArray,
    parameters: xr.Dataset,
    *,
    dictionary: pd.DataFrame,
    sources: pd.DataFrame,
    log_likelihood: xr.DataArray | None = None,
    seed: int = 0,
) -> Explanation:
    """Take a quantity apart (MODEL.md eq. 67, 68).

    Args:
        quantity: Draws, dims (chain, draw) [currency].
        parts: Components that add up to it, dims (chain, draw, component) [currency].
        parameters: Draws of what it rests on, one variable a parameter, dims (chain, draw) [unit of each].
        dictionary: Of the parameters, in their order: parameter, group, label, unit, mean, low, high.
        sources: Evidence behind them: parameter, source, row, locator, status, says, term, reference.
        log_likelihood: Of each piece of evidence, dims (chain, draw, term) [log]; None where no fit is at hand.
        seed: Seed of random orders, where there are more than eight groups.

    Returns:
        The tree. Variance is that of the log where the quantity is positive in every draw.

    Raises:
        ValueError: If the quantity does not vary, or its draws are fewer than 40.
    """
    groups = {str(name): rows["parameter"].tolist() for name, rows in dictionary.groupby("group", sort=False)}
    dropped = dropped_sources(quantity, sources, log_likelihood)
    quantity, parts, parameters = fewer(quantity), fewer(parts), fewer(parameters)
    log = bool((quantity > 0).all())
    shares = variance_shares(quantity, parameters, groups=groups, log=log, seed=seed)
    values = by_sample(quantity)
    target = np.log(values) if log else values
    alone = {name: known_share(target, parameters, [name]) for name in dictionary["parameter"]}
    drivers = {
        str(row["parameter"]): _driver(row, alone[row["parameter"]], sources, dropped)
        for row in dictionary.to_dict("records")
    }
    return Explanation(
        parts=_parts(quantity, parts, parameters, groups),
        groups=tuple(
            Group(
                row.group,
                row.shapley,
                row.shapley_error,
                tuple(sorted((drivers[name] for name in groups[row.group]), key=lambda one: -one.share)),
            )
            for row in shares.table.itertuples()
        ),
        log=log,
        log_parts=_positive(parts),
        explained=shares.explained,
        weighed=log_likelihood is not None,
    )


def fewer[Draws: (xr.DataArray, xr.Dataset)](draws: Draws) -> Draws:
    """Draws thinned evenly to about `MOST_DRAWS`, which hundreds of regressions need no more of, dims as `draws`."""
    step = max(1, draws.sizes["chain"] * draws.sizes["draw"] // MOST_DRAWS)
    return draws.isel(draw=slice(None, None, step))


def known_share(target: Array, parameters: xr.Dataset, names: Sequence[str]) -> tuple[float, float]:
    """Share of a variance that would go if some parameters were known: Var(E[Y | X]) / Var(Y) (MODEL.md eq. 56).

    Args:
        target: Draws, dims (sample,) [any unit].
        parameters: Draws by name, dims (chain, draw).
        names: Which are known.

    Returns:
        The share and its Monte Carlo error; it may lie below 0 by its error [share].

    Example:
        >>> rng = np.random.default_rng(1)
        >>> draws = xr.Dataset({name: (("chain", "draw"), rng.normal(size=(4, 500))) for name in "ab"})
        >>> share, _ = known_share(by_sample(2 * draws.a + draws.b), draws, ["a"])
        >>> round(share, 1)
        0.8
    """
    batch = batches(parameters[names[0]])
    columns = np.stack([by_sample(parameters[name]) for name in names], axis=1)
    on = basis(columns, target, batch)
    found = predicted(target, on, np.ones(len(names), dtype=bool), products=False)
    squares, left = (target - target.mean()) ** 2, (target - found) ** 2
    variance = squares.mean()
    share = 1 - left.mean() / variance
    error = error_of_mean(((1 - share) * squares - left) / variance, batch)
    return float(share), float(error)


def _positive(parts: xr.DataArray) -> bool:
    """Whether every component that varies is positive in every draw, so that all have a log."""
    low, high = (parts.reduce(end, ["chain", "draw"]) for end in (np.min, np.max))
    return bool(((low > 0) | (low == high)).all())


def _parts(
    quantity: xr.DataArray, parts: xr.DataArray, parameters: xr.Dataset, groups: Mapping[str, Sequence[str]]
) -> tuple[Part, ...]:
    """Components with their shares of mean and variance, and what moves each most."""
    whole, log, found = by_sample(quantity), _positive(parts), []
    for name in parts["component"].to_numpy():
        values = by_sample(parts.sel(component=name))
        if not np.ptp(values):
            continue
        target = np.log(values) if log else values
        moved = [(group, known_share(target, parameters, names)[0]) for group, names in groups.items()]
        found.append(
            Part(
                str(name),
                float(values.mean()),
                float(values.mean() / whole.mean()),
                float(np.cov(values, whole)[0, 1] / whole.var(ddof=1)),
                tuple(sorted(moved, key=lambda one: -one[1])[:LEADING]),
            )
        )
    return tuple(sorted(found, key=lambda part: -abs(part.mean)))


def _driver(
    row: Mapping[Hashable, Any],
    alone: tuple[float, float],
    sources: pd.DataFrame,
    dropped: Mapping[str, Dropped],
) -> Driver:
    """A parameter with the evidence behind it."""
    behind = sources[sources["parameter"] == row["parameter"]].to_dict("records")
    return Driver(
        name=str(row["parameter"]),
        label=str(row["label"]),
        unit=str(row["unit"]),
        mean=float(row["mean"]),
        low=float(row["low"]),
        high=float(row["high"]),
        share=alone[0],
        error=alone[1],
        sources=tuple(_source(one, dropped) for one in behind),
    )


def _source(row: Mapping[Hashable, Any], dropped: Mapping[str, Dropped]) -> Source:
    """A piece of evidence."""
    return Source(
        key=str(row["source"]),
        row=str(row["row"]),
        locator=str(row["locator"]),
        status=str(row["status"]),
        says=str(row["says"]),
        reference=str(row["reference"]),
        dropped=dropped.get(piece_of(row)) if row["term"] else None,
    )


def piece_of(row: Mapping[Hashable, Any]) -> str:
    """What is dropped together: all rows of a source, but of counts of victims those of one country."""
    return f"{row['source']} ({row['row']})" if row["table"] == "victims" else str(row["source"])


def dropped_sources(
    quantity: xr.DataArray, sources: pd.DataFrame, log_likelihood: xr.DataArray | None
) -> dict[str, Dropped]:
    """What happens to a quantity without each source, by weights (MODEL.md eq. 62).

    Args:
        quantity: Draws, dims (chain, draw) [any unit].
        sources: Evidence: source, table, row, term.
        log_likelihood: Of each piece of evidence, dims (chain, draw, term) [log]; None where no fit is at hand.

    Returns:
        By `piece_of`, those that have a likelihood.
    """
    if log_likelihood is None:
        return {}
    known = {*log_likelihood["term"].to_numpy()}
    terms: dict[str, dict[str, None]] = {}
    for row in sources.to_dict("records"):
        if row["term"] in known:
            terms.setdefault(piece_of(row), {})[row["term"]] = None
    if not terms:
        return {}
    summed = {name: log_likelihood.sel(term=[*names]).sum("term") for name, names in terms.items()}
    table = leave_one_out(quantity, xr.Dataset(summed)).table
    return {
        row.source: Dropped(math.nan if row.method == REFIT else row.change, row.change_error, row.pareto_k)
        for row in table.itertuples()
    }
