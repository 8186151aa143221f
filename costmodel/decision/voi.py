"""What it would be worth to know: all, one group of parameters, or the size of a quantity (MODEL.md eq. 50-52)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass

import arviz
import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from costmodel.decision.foretelling import FOLDS, Array, Fit, regress
from costmodel.errors import suggestion

type Parameters = Mapping[str, ArrayLike] | pd.DataFrame | ArrayLike
type Groups = Mapping[str, Sequence[Hashable]]

LEAST_CHAIN = 4
"""Draws a chain without which there is no effective sample size."""


@dataclass(frozen=True)
class Value:
    """Value of knowing something before deciding, in the unit of the net benefit.

    Attributes:
        value: Estimate, never below 0 nor above the value of knowing everything.
        raw: The same before it was held between them. Draws decide by a fit to other draws and are judged by their own
            net benefit, so that it is at most unbiased: low by what mistaken decisions lose, and, as the value of all,
            by the luck of the option that came out best where two are even.
        standard_error: Of `raw`: Monte Carlo error, what the regression may lose by its own error, and one draw more.
        in_sample: What the fit promises itself: high where it follows noise, low where it is shrunken. Where it is
            many standard errors from `raw`, the fit does not follow the net benefit.
        switching: Share of draws in which knowing changes the decision [0-1].
    """

    value: float
    raw: float
    standard_error: float
    in_sample: float
    switching: float


def evpi(net_benefit: ArrayLike, *, n_chains: int | None = None) -> Value:
    """Value of resolving all uncertainty: E[max_d NB_d] - max_d E[NB_d] (MODEL.md eq. 50).

    Args:
        net_benefit: One chain after the other, dims (draw, option) [currency].
        n_chains: Chains of equal length in `net_benefit`, whose autocorrelation and differences enter the standard
            error as in `arviz.mcse`; None for independent draws.

    Returns:
        The value; `raw` and `in_sample` are the same, for nothing is fitted.

    Raises:
        ValueError: If fewer than two options are compared, a draw is missing or infinite, or draws do not divide
            into chains.

    Example:
        >>> found = evpi([[0.0, 5.0], [0.0, -5.0], [0.0, 9.0], [0.0, -5.0]])
        >>> found.value, found.switching
        (2.5, 0.5)
    """
    gains = gains_over_best(net_benefit, n_chains)
    best = gains.max(axis=1)
    value = float(best.mean())
    return Value(value, value, _mcse(best, n_chains), value, float((best > 0).mean()))


def evppi(
    net_benefit: ArrayLike,
    parameters: Parameters,
    groups: Groups | None = None,
    *,
    n_chains: int | None = None,
) -> pd.DataFrame:
    """Value of knowing each group of parameters before deciding (MODEL.md eq. 51; Strong, Oakley and Brennan 2014).

    The net benefit of each option over that of the best is regressed on the group. A draw then takes the option that
    a fit to other draws prefers, and is worth its own net benefit.

    Args:
        net_benefit: One chain after the other, dims (draw, option) [currency].
        parameters: Draws by name, each dims (draw,), or a table or array, dims (draw, parameter), whose names are then
            0, 1, ... [any unit]. Only order matters: a parameter and its logarithm are worth the same.
        groups: Names of the parameters of each group by its label; None for each parameter alone.
        n_chains: As in `evpi`.

    Returns:
        One row a group: group, n_parameters, evppi, raw, standard_error, in_sample [unit of `net_benefit`], and
        switching [0-1], as in `Value`. Where fewer than about twenty draws switch,
        the standard error rests on those few.

    Raises:
        ValueError: As `evpi`; or if draws of parameters are missing, infinite or of another number, if there are
            fewer than 100, or if a group is empty or names an unknown parameter.

    Example:
        >>> known = np.linspace(-1, 1, 1000)[np.random.default_rng(1).permutation(1000)]
        >>> found = evppi(np.column_stack([np.zeros(1000), known]), {"effect": known})
        >>> found[["group", "evppi"]].round(2).values.tolist()
        [['effect', 0.25]]
    """
    gains = gains_over_best(net_benefit, n_chains)
    table = _table(parameters, n_draws=len(gains))
    found = [
        {"group": label, "n_parameters": len(names)}
        | asdict(value_of_knowing(gains, table[names].to_numpy(), n_chains=n_chains))
        for label, names in _groups(groups, table).items()
    ]
    return pd.DataFrame(found).rename(columns={"value": "evppi"})


def variance_reduction(
    quantity: ArrayLike, parameters: Parameters, groups: Groups | None = None, *, n_chains: int | None = None
) -> pd.DataFrame:
    """Expected share of the variance of an estimate that goes if a group were known (MODEL.md eq. 52).

    A question of size, not of choice: Var(E[quantity | group]) / Var(quantity), of the quantity and of its logarithm.

    Args:
        quantity: One chain after the other, dims (draw,) [any unit].
        parameters: As in `evppi`.
        groups: As in `evppi`.
        n_chains: As in `evpi`.

    Returns:
        One row a group: group, n_parameters, share and share_error of the quantity, log_share and log_share_error of
        its logarithm, which are missing if the quantity is not positive in every draw [share]. A share may come out
        below 0 by its error. All are 0 where the quantity does not vary.

    Raises:
        ValueError: If a draw is missing or infinite, or as `evppi`.

    Example:
        >>> harm, price = np.random.default_rng(1).lognormal(size=(2, 4000))
        >>> found = variance_reduction(harm * price**2, {"harm": harm, "price": price})
        >>> found[["group", "log_share"]].round(1).values.tolist()
        [['harm', 0.2], ['price', 0.8]]
    """
    size = _checked(quantity, "quantity", dims=1)[:, None]
    _chain_length(len(size), n_chains)
    table = _table(parameters, n_draws=len(size))
    positive = bool((size > 0).all())
    found = []
    for label, names in _groups(groups, table).items():
        known = table[names].to_numpy()
        share, error = _share(size, known, n_chains)
        log_share, log_error = _share(np.log(size), known, n_chains) if positive else (np.nan, np.nan)
        found.append((label, len(names), share, error, log_share, log_error))
    columns = ("group", "n_parameters", "share", "share_error", "log_share", "log_share_error")
    return pd.DataFrame(found, columns=list(columns))


def value_of_knowing(gains: Array, known: Array, *, n_chains: int | None) -> Value:
    """Value of knowing some statistics of each draw before deciding (MODEL.md eq. 51).

    Args:
        gains: Net benefit over that of the option best on average, dims (draw, option) [currency].
        known: What is known, dims (draw, statistic) [any unit].
        n_chains: As in `evpi`.

    Returns:
        The value.

    Raises:
        ValueError: If there are fewer than 100 draws.
    """
    fit = regress(gains, known)
    draws = np.arange(len(gains))
    choice = fit.foretold.argmax(axis=1)
    taken = gains[draws, choice]
    raw, ceiling = float(taken.mean()), float(gains.max(axis=1).mean())
    error = np.sqrt(_mcse(taken, n_chains) ** 2 + _mistaken(fit, choice) ** 2 + _one_draw(gains) ** 2)
    return Value(
        value=min(max(raw, 0.0), ceiling),
        raw=raw,
        standard_error=float(error),
        in_sample=float(fit.in_sample.max(axis=1).mean() - fit.in_sample.mean(axis=0).max()),
        switching=float((taken != 0).mean()),
    )


def gains_over_best(net_benefit: ArrayLike, n_chains: int | None) -> Array:
    """Net benefit over that of the option which is best on average.

    Args:
        net_benefit: dims (draw, option) [currency].
        n_chains: As in `evpi`.

    Returns:
        Gains, 0 for that option, dims (draw, option) [currency].

    Raises:
        ValueError: As `evpi`.

    Example:
        >>> gains_over_best([[0.0, 1.0], [0.0, 3.0]], None).tolist()
        [[-1.0, 0.0], [-3.0, 0.0]]
    """
    found = _checked(net_benefit, "net_benefit", dims=2)
    if found.shape[1] < 2:
        raise ValueError("net_benefit has one option; without a second there is nothing to decide")
    _chain_length(len(found), n_chains)
    gains: Array = found - found[:, [found.mean(axis=0).argmax()]]
    return gains


def _mistaken(fit: Fit, choice: NDArray[np.intp]) -> float:
    """What decisions may lose on average by the error of the fit, by the jackknife over blocks of draws."""
    draws = np.arange(len(choice))
    behind = fit.foretold[draws, choice][:, None] - fit.foretold
    apart = fit.without[:, draws, choice][:, :, None] - fit.without
    sd = np.sqrt((FOLDS - 1) * apart.var(axis=0))
    distance = np.divide(behind, sd, out=np.full_like(sd, np.inf), where=sd > 0)
    loss = sd * norm.pdf(distance) - np.where(sd > 0, behind, 0) * norm.sf(distance)
    return float(loss.max(axis=1).mean())


def _one_draw(gains: Array) -> float:
    """What one draw more that changes the decision would add: where none does, a value of 0 is not certain."""
    return float(gains.std(axis=0).max() / len(gains))


def _share(size: Array, known: Array, n_chains: int | None) -> tuple[float, float]:
    """Share of variance foretold, and its standard error: Monte Carlo, the error of the fit, and one draw's worth.

    What is left is too much where draws are foretold by others and too little in sample, by as much.
    """
    variance = float(size.var())
    if variance == 0:
        return 0.0, 0.0
    fit = regress(size, known)
    outside, inside = ((size - fitted)[:, 0] ** 2 / variance for fitted in (fit.foretold, fit.in_sample))
    left = (outside + inside) / 2
    share = 1 - float(left.mean())
    influence = left - (1 - share) * (size - size.mean())[:, 0] ** 2 / variance
    fit_error = float((outside - inside).mean()) / 2
    return share, float(np.linalg.norm([_mcse(influence, n_chains), fit_error, 1 / len(size)]))


def _mcse(draws: Array, n_chains: int | None) -> float:
    """Standard error of a mean over draws: of independent ones, or by the effective sample size of chains."""
    if np.ptp(draws) == 0:
        return 0.0
    if n_chains is None:
        return float(draws.std() / np.sqrt(len(draws)))
    return float(arviz.mcse(draws.reshape(n_chains, -1), method="mean"))


def _chain_length(n_draws: int, n_chains: int | None) -> None:
    """Refuse draws that are not chains of equal length, long enough for an effective sample size."""
    if n_chains is not None and (n_chains < 1 or n_draws % n_chains or n_draws // n_chains < LEAST_CHAIN):
        raise ValueError(
            f"{n_draws} draws are not {n_chains} chains of equal length and at least {LEAST_CHAIN} draws; "
            "give n_chains as it was sampled, or None for independent draws"
        )


def _checked(values: ArrayLike, name: str, *, dims: int) -> Array:
    """Numbers as an array of as many dims, all of them finite."""
    found = np.asarray(values, dtype=float)
    if found.ndim != dims or found.size == 0:
        raise ValueError(f"{name} has the shape {found.shape}; give {dims} dims, the first being draws")
    missing = int((~np.isfinite(found)).sum())
    if missing:
        raise ValueError(f"{name}: {missing} of {found.size} values are missing or infinite")
    return found


def _table(parameters: Parameters, *, n_draws: int) -> pd.DataFrame:
    """Parameters as a table, one row a draw."""
    if isinstance(parameters, Mapping):
        drawn = pd.DataFrame({name: np.asarray(values) for name, values in parameters.items()})
    else:
        drawn = pd.DataFrame(parameters)
    table = pd.DataFrame(_checked(drawn.to_numpy(), "parameters", dims=2), columns=drawn.columns)
    if len(table) != n_draws:
        raise ValueError(
            f"parameters have {len(table)} draws where there are {n_draws}; pair them draw by draw"
        )
    return table


def _groups(groups: Groups | None, table: pd.DataFrame) -> dict[Hashable, list[Hashable]]:
    """Names of parameters by label of the group, all of them known."""
    if groups is None:
        return {name: [name] for name in table.columns}
    for label, names in groups.items():
        if isinstance(names, str) or not len(names):
            raise ValueError(f"group {label!r} is {names!r}; give a list of one or more names of parameters")
        for name in names:
            if name not in table.columns:
                known = [str(column) for column in table.columns]
                raise ValueError(f"group {label!r}: no parameter {name!r}{suggestion(str(name), known)}")
    return {label: list(dict.fromkeys(names)) for label, names in groups.items()}
