"""What a bundle of programmes leaves of victims and harm, what it costs, and what other violence it averts."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel import delivery, programmes
from costmodel.baseline import Baseline, online_share
from costmodel.draws import flat
from costmodel.overlap import Combination, Part, joint_factor
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


def _in_group(programme: Programme, acting: Array, share: Array) -> Part:
    """A programme among those of its group, of whose incidence it works with a share, dims (draw, year or 1)."""
    terms: dict[str, Any] = {"displacement": programme.displacement, "provided": programme.provided}
    factor = programmes.programme_factor(acting, rr=programme.rr, **terms)
    return Part(
        factor=1 - share * (1 - factor),
        reached=share * np.atleast_2d(acting),
        effect=programmes.reduction(programme.rr, **terms),
    )


def remaining(
    form: str,
    bundle: Sequence[Programme],
    acting: Paths,
    base: Baseline,
    draws: xr.Dataset,
    rules: Combination,
) -> Array:
    """New victims of a form that a bundle leaves, against none, dims (draw, year) or (1, 1)."""
    chosen = [programme for programme in bundle if programme.acts_on == "incidence"]
    if not chosen:
        return np.ones((1, 1))
    power = flat(draws, "overlap")
    shares, factors = [], []
    for label in sorted({programme.target_group for programme in chosen}):
        group = [programme for programme in chosen if programme.target_group == label]
        own = _group_shares(group, form, base, draws)
        widest = np.maximum.reduce(own)
        safe = np.where(widest > 0, widest, 1.0)
        each = [_in_group(p, acting[p.id], share / safe) for p, share in zip(group, own, strict=True)]
        factors.append(joint_factor(each, mode=rules.mode, power=power))
        shares.append(np.broadcast_to(widest, factors[-1].shape))
    return programmes.remaining_incidence(shares, factors, cap=rules.cap)


def cared_for(
    acts_on: str,
    form: str,
    bundle: Sequence[Programme],
    acting: Paths,
    draws: xr.Dataset,
    rules: Combination,
) -> Array:
    """Duration, severity or revictimisation that is left to a registered victim, dims (draw, year) or (1, 1).

    Care reaches only whom somebody has found, and shorter or milder harm does not move elsewhere.
    """
    chosen = [p for p in bundle if p.acts_on == acts_on and form in p.forms]
    if not chosen:
        return np.ones((1, 1))
    each = [
        Part(
            factor=programmes.programme_factor(acting[p.id], rr=p.rr, displacement=0.0, provided=p.provided),
            reached=np.atleast_2d(acting[p.id]),
            effect=programmes.reduction(p.rr, displacement=0.0, provided=p.provided),
        )
        for p in chosen
    ]
    return joint_factor(each, mode=rules.mode, power=flat(draws, "overlap"))


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


def target_children(programme: Programme, base: Baseline, registered: Array) -> Array:
    """Children whom a programme works with: those of its group, or, for care, registered victims.

    Args:
        programme: The programme.
        base: Children of the country.
        registered: Registered victims under the option, dims (draw, year) [persons/year].

    Returns:
        Children, dims (1 or draw, year) [persons].
    """
    return (
        registered if programme.target_group == "victims" else base.children[None, :] * programme.target_share
    )


def spend(
    bundle: Sequence[Programme], coverage: Paths, base: Baseline, draws: xr.Dataset, registered: Array
) -> tuple[dict[str, Array], Array, Array]:
    """Yearly cost of each programme, and resource cost and public outlay of the bundle, dims (draw, year)."""
    n_years = base.children.size
    last_mile = flat(draws, "last_mile")
    each, resource, outlay = {}, np.zeros(registered.shape), np.zeros(registered.shape)
    for programme in bundle:
        reach = target_children(programme, base, registered)
        rate = extra_cost(programme, coverage[programme.id], last_mile=last_mile)
        # Programmes are labour: their real cost grows with GDP per capita, from the year of the facts on.
        cost = rate * reach * base.growth_to_start * base.value_index[None, :n_years]
        fixed = delivery.fixed_cost_by_year(
            coverage[programme.id], fixed_cost=programme.fixed_cost, price=delivery.price_of_delivery(base)
        )
        each[programme.id] = cost + fixed
        resource += cost * (1 - programme.transfer_share) + fixed
        outlay += (cost + fixed) * programme.public
    return each, resource, outlay


def violence_averted(
    bundle: Sequence[Programme],
    coverage: Paths,
    base: Baseline,
    draws: xr.Dataset,
    burden: Array,
    rules: Combination,
) -> Array:
    """Lifetime burden of other violence that each year's reach averts, dims (draw, year) [currency]."""
    harm = (flat(draws, "causal_share") * burden)[:, None] * base.gdp[None, :]
    power = flat(draws, "overlap")
    averted = np.zeros(harm.shape)
    measured = [p for p in bundle if p.rr_violence is not None]
    for kind in sorted({name for p in measured for name in p.violence_shares}):
        group = [p for p in measured if kind in p.violence_shares]
        each = [_against_violence(p, coverage[p.id]) for p in group]
        left = joint_factor(each, mode=rules.mode, power=power)
        averted += group[0].violence_shares[kind] * (1 - left) * harm
    return averted


def _against_violence(programme: Programme, coverage: Array) -> Part:
    """A programme among those against one type of violence, which reach all children by their target shares."""
    rr, reached = programme.rr_violence, programme.target_share * acting_coverage(programme, coverage)
    assert rr is not None  # its caller has chosen those that a trial or an author speaks of
    today = programme.target_share * programme.provided
    return Part(
        factor=programmes.programme_factor(reached, rr=rr, displacement=0.0, provided=today),
        reached=np.atleast_2d(reached),
        effect=programmes.reduction(rr, displacement=0.0, provided=today),
    )
