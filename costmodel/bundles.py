"""What a bundle of programmes leaves of victims and harm, what it costs, and what other violence it averts."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel import programmes
from costmodel.baseline import Baseline, online_share
from costmodel.draws import flat
from costmodel.programme_inputs import Programme

Array = NDArray[np.float64]
Paths = Mapping[str, Array]

#: What care of registered victims acts on.
CARE = ("duration", "severity", "revictimisation")
#: Groups that hold every child of an age or place: no higher risk than other children.
EVERYBODY = ("school", "girls", "online", "venue", "population")


def acting_coverage(programme: Programme, coverage: Array) -> Array:
    """Coverage of a programme that acts in each year, dims (year,) or (draw, year) [share]."""
    return programmes.effective_coverage(
        coverage, lag=programme.lag, ramp=programme.ramp, half_life=programme.half_life
    )


def _place_share(group: str, base: Baseline, draws: xr.Dataset) -> Array:
    """Share of cases that arise in the place of a group, dims (draw, year) or (draw, 1); 1 for a group of no place."""
    place = f"{group}_share"
    share = flat(draws, place) if place in draws else np.ones_like(flat(draws, "overlap"))
    if group != "online" or base.online_odds is None:
        return share[:, None]
    return online_share(share, odds=base.online_odds)


def _group_shares(group: Sequence[Programme], form: str, base: Baseline, draws: xr.Dataset) -> list[Array]:
    """Share of the incidence of a form that arises where each programme works, dims (draw, year) or (draw, 1)."""
    shares = []
    for programme in group:
        own_risk = f"relative_risk_{programme.target_group}"
        risk = flat(draws, own_risk if own_risk in draws else "relative_risk_group")
        if programme.target_group in EVERYBODY:
            risk = np.ones_like(risk)
        # A place (online, venues) bounds what can be averted, the target group who is reached there.
        bound = _place_share(programme.target_group, base, draws)
        reached = bound * programmes.incidence_share(programme.target_share, relative_risk=risk)[:, None]
        shares.append(reached if form in programme.forms else np.zeros_like(reached))
    return shares


def remaining(
    form: str, bundle: Sequence[Programme], acting: Paths, base: Baseline, draws: xr.Dataset, cap: float
) -> Array:
    """New victims of a form that a bundle leaves, against none, dims (draw, year) or (1, 1)."""
    chosen = [programme for programme in bundle if programme.acts_on == "incidence"]
    if not chosen:
        return np.ones((1, 1))
    overlap = flat(draws, "overlap")
    shares, factors = [], []
    for label in sorted({programme.target_group for programme in chosen}):
        group = [programme for programme in chosen if programme.target_group == label]
        own = _group_shares(group, form, base, draws)
        widest = np.maximum.reduce(own)
        safe = np.where(widest > 0, widest, 1.0)
        each = [
            1
            - (share / safe)
            * (
                1
                - programmes.programme_factor(
                    acting[p.id], rr=p.rr, displacement=p.displacement, provided=p.provided
                )
            )
            for p, share in zip(group, own, strict=True)
        ]
        factors.append(programmes.combine_factors(each, overlap=overlap))
        shares.append(np.broadcast_to(widest, factors[-1].shape))
    return programmes.remaining_incidence(shares, factors, cap=cap)


def cared_for(
    acts_on: str, form: str, bundle: Sequence[Programme], acting: Paths, draws: xr.Dataset
) -> Array:
    """Duration, severity or revictimisation that is left to a registered victim, dims (draw, year) or (1, 1).

    Care reaches only whom somebody has found, and shorter or milder harm does not move elsewhere.
    """
    chosen = [p for p in bundle if p.acts_on == acts_on and form in p.forms]
    if not chosen:
        return np.ones((1, 1))
    factors = [
        programmes.programme_factor(
            acting[p.id], rr=p.rr, displacement=np.zeros_like(p.rr), provided=p.provided
        )
        for p in chosen
    ]
    return programmes.combine_factors(factors, overlap=flat(draws, "overlap"))


def cared_cost(stay: Array, harm: Array, again: Array, duration_share: Array, base: Baseline) -> Array:
    """Part of a registered victim's lifetime cost that care leaves, dims (draw, year) (MODEL.md eq. 24b).

    Args:
        stay: Duration that is left, dims (draw, year) or (1, 1) [1].
        harm: Severity that is left.
        again: Revictimisation that is left.
        duration_share: Share of lifetime cost that scales with duration, dims (draw, 1) [share].
        base: Share of it that arises from being exploited again.

    Returns:
        Share, above 1 in draws in which care harms [1].
    """
    left: Array = harm * (1 - duration_share * (1 - stay)) * (1 - base.revictimised[:, None] * (1 - again))
    return left


def detection_gain(bundle: Sequence[Programme], acting: Paths, n_draws: int, n_years: int) -> Array:
    """More registration by programmes that act on detection, dims (draw, year): recorded, not made."""
    gain = np.ones((n_draws, n_years))
    for programme in bundle:
        if programme.acts_on == "detection":
            more = (1 / programme.rr - 1)[:, None]
            reach = np.atleast_2d(programme.provided + acting[programme.id]) * programme.target_share
            today = 1 + more * (programme.provided * programme.target_share)
            gain = gain * (1 + more * reach) / today
    return gain


def extra_cost(programme: Programme, coverage: Array, *, last_mile: Array) -> Array:
    """Cost of coverage beyond what is provided today, with the premium of both together (MODEL.md eq. 20b).

    Args:
        programme: The programme; what is provided today is paid in the comparator too.
        coverage: Coverage beyond it, dims (year,) or (draw, year) [share].
        last_mile: Extra unit cost at full coverage, dims (draw,) [multiple].

    Returns:
        Cost, dims (draw, year) [currency/child of the group/year].
    """
    total, today = (
        programmes.delivery_cost(
            share,
            coverage_max=programme.coverage_max,
            unit_cost=programme.unit_cost,
            last_mile=last_mile,
        )
        for share in (programme.provided + coverage, programme.provided)
    )
    return total - today


def spend(
    bundle: Sequence[Programme], coverage: Paths, base: Baseline, draws: xr.Dataset, registered: Array
) -> tuple[dict[str, Array], Array, Array]:
    """Yearly cost of each programme, and resource cost and public outlay of the bundle, dims (draw, year)."""
    n_years = base.children.size
    last_mile = flat(draws, "last_mile")
    each, resource, outlay = {}, np.zeros(registered.shape), np.zeros(registered.shape)
    for programme in bundle:
        group = base.children[None, :] * programme.target_share
        reach = registered if programme.target_group == "victims" else group
        rate = extra_cost(programme, coverage[programme.id], last_mile=last_mile)
        # Programmes are labour: their real cost grows with GDP per capita, from the year of the facts on.
        cost = rate * reach * base.growth_to_start * base.value_index[None, :n_years]
        each[programme.id] = cost
        resource += cost * (1 - programme.transfer_share)
        outlay += cost * programme.public
    return each, resource, outlay


def violence_averted(
    bundle: Sequence[Programme], coverage: Paths, base: Baseline, draws: xr.Dataset, burden: Array
) -> Array:
    """Lifetime burden of other violence that each year's reach averts, dims (draw, year) [currency]."""
    harm = (flat(draws, "causal_share") * burden)[:, None] * base.gdp[None, :]
    overlap = flat(draws, "overlap")
    averted = np.zeros(harm.shape)
    measured = [p for p in bundle if p.rr_violence is not None]
    for kind in sorted({name for p in measured for name in p.violence_shares}):
        group = [p for p in measured if kind in p.violence_shares]
        factors = [
            programmes.programme_factor(
                p.target_share * acting_coverage(p, coverage[p.id]),
                rr=p.rr_violence,
                displacement=0.0,
                provided=p.target_share * p.provided,
            )
            for p in group
            if p.rr_violence is not None
        ]
        left = programmes.combine_factors(factors, overlap=overlap)
        averted += group[0].violence_shares[kind] * (1 - left) * harm
    return averted
