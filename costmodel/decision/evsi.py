"""What a study would be worth before it is done: simulated results, and net benefit given them (MODEL.md eq. 53-54).

Each design draws, for each draw of the truth, the one result that the study would report. Nothing here has a price, an
error or a bias of its own: the caller states them, for they are judgements.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from costmodel.decision.foretelling import Array
from costmodel.decision.voi import gains_over_best, value_of_knowing


@dataclass(frozen=True)
class Study:
    """A study that might be done.

    Attributes:
        result: What it would report in each draw, dims (draw,) or (draw, statistic) [any unit].
        price: What it costs [currency of the net benefit].
        remaining: Share of the value of the decision that is still to come when results arrive [0-1]: from that year
            to the end of the horizon, or of all places the share of those that would use it.
    """

    result: ArrayLike
    price: float
    remaining: float


def evsi(
    net_benefit: ArrayLike, studies: Mapping[str, Study], *, n_chains: int | None = None
) -> pd.DataFrame:
    """Value of the results of each study, and what is left of it after its price (MODEL.md eq. 53; Strong et al. 2015).

    Args:
        net_benefit: One chain after the other, dims (draw, option) [currency].
        studies: Studies by name; their results belong to the same draws.
        n_chains: As in `voi.evpi`.

    Returns:
        One row a study: study, evsi, raw, standard_error, in_sample [currency] and switching [0-1], as in `voi.evppi`,
        of results that were known today; remaining [0-1], price [currency]; enbs = remaining x evsi - price and
        enbs_error [currency].

    Raises:
        ValueError: As `voi.evppi`; if `remaining` is not from 0 to 1, or a price is below 0.

    Example:
        >>> effect, error = np.random.default_rng(1).normal(size=(2, 2000))
        >>> trial = Study(effect + 0.5 * error, price=0.1, remaining=0.5)
        >>> found = evsi(np.column_stack([np.zeros(2000), effect]), {"trial": trial})
        >>> found[["evsi", "enbs"]].round(1).values.tolist()
        [[0.4, 0.1]]
    """
    gains = gains_over_best(net_benefit, n_chains)
    rows = []
    for name, study in studies.items():
        found = value_of_knowing(gains, _result(name, study, n_draws=len(gains)), n_chains=n_chains)
        money = {
            "remaining": study.remaining,
            "price": study.price,
            "enbs": study.remaining * found.value - study.price,
            "enbs_error": study.remaining * found.standard_error,
        }
        rows.append({"study": name} | asdict(found) | money)
    return pd.DataFrame(rows).rename(columns={"value": "evsi"})


def study_price(n: float, *, fixed: float, per_unit: float) -> float:
    """Price of a study of n units [currency], both prices stated by the caller (MODEL.md eq. 53).

    Example:
        >>> study_price(2000, fixed=150_000, per_unit=90)
        330000
    """
    return fixed + per_unit * n


def prevalence_survey(
    incidence: ArrayLike,
    *,
    n_children: int,
    design_effect: float,
    reporting: ArrayLike,
    false_positive: ArrayLike,
    rng: np.random.Generator,
) -> Array:
    """Children whom a household survey would count as victims in the last year (MODEL.md eq. 54a).

    A beta-binomial count, whose variance is that of simple random sampling times the design effect. What is found is
    the truth times reporting plus false answers: where few are victims, a false answer in a thousand hides them.

    Args:
        incidence: New victims a child and year, dims (draw,) [1/year].
        n_children: Children asked.
        design_effect: Variance over that of simple random sampling, from 1 to `n_children`.
        reporting: Share of victims who say so, a number or dims (draw,); uncertain, it is what more children do not
            teach [0-1].
        false_positive: Share of other children counted as victims, a number or dims (draw,) [0-1].
        rng: Randomness of the study's data.

    Returns:
        Count, dims (draw,) [persons].

    Raises:
        ValueError: If `n_children` is below 1, or the design effect is not from 1 to `n_children`.

    Example:
        >>> same = {"design_effect": 1.0, "reporting": 1.0, "false_positive": 0.0}
        >>> count = prevalence_survey([np.log(2)] * 1000, n_children=100, rng=np.random.default_rng(1), **same)
        >>> round(count.mean()), round(count.std())
        (50, 5)
    """
    _check_size(n_children, "n_children")
    if not 1 <= design_effect <= n_children:
        raise ValueError(
            f"a design effect of {design_effect} is not from 1 to the {n_children} children asked"
        )
    share = -np.expm1(-np.asarray(incidence, dtype=float))
    told = share * np.asarray(reporting) + (1 - share) * np.asarray(false_positive)
    if design_effect > 1:
        weight = (n_children - design_effect) / (design_effect - 1)  # 1/rho - 1, from 1 + (n - 1) rho
        told = _beta(told, weight, rng)
    count: Array = rng.binomial(n_children, told).astype(float)
    return count


def list_linkage(
    total: ArrayLike,
    *,
    n_registered: int,
    relative_error: float,
    at_registered: int,
    bias: ArrayLike,
    between_study_sd: float,
    rng: np.random.Generator,
) -> Array:
    """Logarithm of the hidden total that linked lists would give (MODEL.md eq. 54b; the bias and spread of eq. 49).

    Args:
        total: Victims, registered or not, dims (draw,) [persons].
        n_registered: Persons on the lists to be linked.
        relative_error: Standard error of the log total in a study of `at_registered` persons; falls with the root.
        at_registered: Persons on the lists of that study.
        bias: Of the log of such estimates, a number or dims (draw,).
        between_study_sd: Spread of the log of such estimates beyond their standard error: the floor.
        rng: Randomness of the study's data.

    Returns:
        Log of the estimate, dims (draw,).

    Raises:
        ValueError: If a number of persons is below 1.

    Example:
        >>> sizes = {"n_registered": 400, "relative_error": 0.2, "at_registered": 100}
        >>> found = list_linkage(
        ...     [1000.0] * 2000, bias=-0.3, between_study_sd=0.0, rng=np.random.default_rng(1), **sizes
        ... )
        >>> (found.mean() - np.log(1000)).round(1).item(), found.std().round(1).item()
        (-0.3, 0.1)
    """
    _check_size(n_registered, "n_registered")
    _check_size(at_registered, "at_registered")
    own = relative_error * np.sqrt(at_registered / n_registered)
    centre = np.log(np.asarray(total, dtype=float)) + np.asarray(bias)
    estimate: Array = rng.normal(centre, np.hypot(own, between_study_sd))
    return estimate


def cost_survey(
    unit_cost: ArrayLike,
    *,
    n_survivors: int,
    between_survivor_sd: float,
    selection: ArrayLike,
    rng: np.random.Generator,
) -> Array:
    """Logarithm of the mean cost that a survey of survivors would find (MODEL.md eq. 54c).

    Args:
        unit_cost: Mean cost of a victim, dims (draw,) [currency].
        n_survivors: Survivors asked.
        between_survivor_sd: Standard deviation of log cost between survivors; costs are log-normal.
        selection: Log of the mean cost of survivors who can be asked over that of all victims, a number or dims
            (draw,); uncertain, it is what more survivors do not teach.
        rng: Randomness of the study's data.

    Returns:
        Log of the mean found, dims (draw,).

    Raises:
        ValueError: If `n_survivors` is below 1.

    Example:
        >>> found = cost_survey(
        ...     [9.0] * 2000, n_survivors=100, between_survivor_sd=1.0, selection=0.0, rng=np.random.default_rng(1)
        ... )
        >>> found.std().round(2).item()
        0.13
    """
    _check_size(n_survivors, "n_survivors")
    own = np.sqrt(
        np.expm1(between_survivor_sd**2) / n_survivors
    )  # of a mean of log-normal costs, by the delta method
    found: Array = rng.normal(np.log(np.asarray(unit_cost, dtype=float)) + np.asarray(selection), own)
    return found


def stepped_wedge(
    log_rr: ArrayLike,
    *,
    incidence: ArrayLike,
    clusters: int,
    children: int,
    steps: int,
    years: float,
    icc: float,
    reporting: ArrayLike,
    rng: np.random.Generator,
) -> Array:
    """Log relative risk that a stepped-wedge trial of a programme would find, and cases before the programme (eq. 54d).

    Args:
        log_rr: True effect on incidence, dims (draw,).
        incidence: As in `stepped_wedge_error`, dims (draw,) [1/year].
        clusters: As in `stepped_wedge_error`.
        children: As in `stepped_wedge_error`.
        steps: As in `stepped_wedge_error`.
        years: As in `stepped_wedge_error`.
        icc: As in `stepped_wedge_error`.
        reporting: As in `stepped_wedge_error`.
        rng: Randomness of the study's data.

    Returns:
        Estimate and log(1 + cases found before clusters begin), which says how far to trust it, dims (draw, 2).

    Raises:
        ValueError: As `stepped_wedge_error`.
    """
    error = stepped_wedge_error(
        incidence,
        clusters=clusters,
        children=children,
        steps=steps,
        years=years,
        icc=icc,
        reporting=reporting,
    )
    waiting = _wedge(clusters, steps) == 0
    share = -np.expm1(-np.asarray(incidence, dtype=float) * years) * np.asarray(reporting)
    found = rng.poisson(share * children * waiting.sum())
    return np.column_stack([rng.normal(np.asarray(log_rr, dtype=float), error), np.log1p(found)])


def stepped_wedge_error(
    incidence: ArrayLike,
    *,
    clusters: int,
    children: int,
    steps: int,
    years: float,
    icc: float,
    reporting: ArrayLike,
) -> Array:
    """Standard error of the log relative risk of a stepped-wedge trial (MODEL.md eq. 54e; Hussey and Hughes 2007).

    Clusters begin in equal groups, one group a step, after one period in which none has begun. On the log scale a
    cluster varies by (1 - p) icc / p and a cluster's period by (1 - p)(1 - icc) / (p children), p the share of its
    children found to be new victims. Both grow without bound as p falls: of an outcome as rare as trafficking even
    a large trial has an error far above the effect. Where one child in 2,000 becomes a victim in a year and one victim
    in ten is found, 40 clusters of 1,000 children followed through four yearly steps have an error of 1.1 at an icc of
    0.001, where halving the risk is -0.7.

    Args:
        incidence: New victims a child and year without the programme, dims (draw,) [1/year].
        clusters: Clusters in all, at least one a step.
        children: Children of a cluster, in each period [persons].
        steps: Steps at which clusters begin; there is one more period.
        years: Length of a period [years].
        icc: Correlation of outcomes within a cluster, 0 or above and below 1.
        reporting: Share of new victims who are found, a number or dims (draw,) [0-1].

    Returns:
        Standard error, dims (draw,) [log].

    Raises:
        ValueError: If there are fewer clusters than steps or fewer than two steps, or `icc` is out of range.

    Example:
        >>> shape = {"clusters": 40, "children": 1000, "steps": 4, "years": 1.0, "icc": 0.001}
        >>> stepped_wedge_error([0.0005, 0.05], reporting=0.1, **shape).round(2).tolist()
        [1.1, 0.11]
    """
    if not 2 <= steps <= clusters or not 0 <= icc < 1:
        raise ValueError(
            f"{clusters} clusters, {steps} steps and icc {icc}: give two steps or more, a cluster for each, and an icc "
            "from 0 to below 1"
        )
    began = _wedge(clusters, steps)
    share = -np.expm1(-np.asarray(incidence, dtype=float) * years) * np.asarray(reporting)
    odds = (1 - share) / share
    period, cluster = odds * (1 - icc) / children, odds * icc
    n, periods = began.shape
    u, w, v = began.sum(), (began.sum(axis=0) ** 2).sum(), (began.sum(axis=1) ** 2).sum()
    above = n * period * (period + periods * cluster)
    below = (n * u - w) * period + (u**2 + n * periods * u - periods * w - n * v) * cluster
    error: Array = np.sqrt(above / below)
    return error


def _wedge(clusters: int, steps: int) -> Array:
    """1 where a cluster has begun, dims (cluster, period)."""
    step = np.arange(clusters) * steps // clusters
    began: Array = (np.arange(steps + 1)[None, :] > step[:, None]).astype(float)
    return began


def _beta(mean: Array, weight: float, rng: np.random.Generator) -> Array:
    """Beta draws of this mean and prior weight; 0 and 1 stay what they are."""
    inside = (mean > 0) & (mean < 1)
    safe = np.where(inside, mean, 0.5)
    drawn: Array = np.where(inside, rng.beta(safe * weight, (1 - safe) * weight), mean)
    return drawn


def _check_size(n: int, name: str) -> None:
    """Refuse a study of nobody."""
    if n < 1:
        raise ValueError(f"{name} is {n}; a study has at least one")


def _result(name: str, study: Study, *, n_draws: int) -> Array:
    """What a study reports, dims (draw, statistic)."""
    if not 0 <= study.remaining <= 1 or study.price < 0:
        raise ValueError(f"study {name!r}: remaining is a share from 0 to 1, and a price is not below 0")
    result = np.asarray(study.result, dtype=float)
    if result.ndim not in (1, 2) or len(result) != n_draws or not np.isfinite(result).all():
        raise ValueError(f"study {name!r}: its result has to be finite, one for each of the {n_draws} draws")
    return result.reshape(n_draws, -1)
