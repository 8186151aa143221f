"""Parameters of the programmes of a run: effects, costs, reach, and the other violence that they avert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import xarray as xr

from costmodel.baseline import REVICTIMISED
from costmodel.bundles import EVERYBODY
from costmodel.draws import flat
from costmodel.evidence import Evidence
from costmodel.evidence.elicited import draw
from costmodel.offsets import Offset
from costmodel.parameters.origins import (
    EFFECTS,
    PRICES,
    REACH,
    VIOLENCE,
    Parameter,
    alone,
    priors,
    studies,
)
from costmodel.programme_inputs import Programme


def of_programmes(chosen: Sequence[Programme], draws: xr.Dataset, *, unit: str) -> Iterator[Parameter]:
    """Effect and unit cost of each programme, what stands between coverage and effect, its effect on other violence.

    Args:
        chosen: Programmes of the options, ready for a country.
        draws: Posterior draws, dims (chain, draw, ...).
        unit: Unit of their costs.

    Yields:
        Parameters of the programmes.
    """
    for programme in chosen:
        name, words = programme.id, programme.id.replace("_", " ")
        effect, cost = (("effects", name),), (("programmes", name),)
        label = f"Relative risk: {words}"
        yield Parameter(f"rr.{name}", EFFECTS, label, "ratio", "effects", programme.rr, effect)
        label, price = f"Unit cost: {words}", programme.unit_cost
        yield Parameter(f"unit_cost.{name}", PRICES, label, unit, "programmes", price, cost)
        if programme.rr_violence is not None:
            label, other = f"Relative risk of other violence: {words}", programme.rr_violence
            rests_on = (*effect, *priors("log_voltage_drop"))
            yield Parameter(f"rr_violence.{name}", VIOLENCE, label, "ratio", "effects", other, rests_on)
    if chosen:
        label = "Extra unit cost of the last children reached"
        about = {"group": PRICES, "label": label, "unit": "multiple", "submodel": "effects"}
        yield alone("last_mile", **about, draws=draws)
    yield from _reach(chosen, draws)


def _reach(chosen: Sequence[Programme], draws: xr.Dataset) -> Iterator[Parameter]:
    """What stands between coverage and effect, as far as the programmes depend on it."""
    groups = {p.target_group for p in chosen if p.acts_on == "incidence"}
    others = groups - {*EVERYBODY, "on_move"}
    wanted = (
        ("overlap", "Overlap of programmes for the same children", "share", len(chosen) > 1),
        ("displacement", "Cases averted that move elsewhere", "share", bool(groups - {"venue"})),
        (
            "displacement_enforcement",
            "Cases averted by enforcement that move elsewhere",
            "share",
            "venue" in groups,
        ),
        ("relative_risk_group", "Risk of a target group against other children", "ratio", bool(others)),
        (
            "relative_risk_on_move",
            "Risk of children on the move against others",
            "ratio",
            "on_move" in groups,
        ),
        ("online_share", "Cases that arise online", "share", "online" in groups),
        ("venue_share", "Cases in venues", "share", "venue" in groups),
        (
            "duration_cost_share",
            "Part of the cost of a victim that follows time in exploitation",
            "share",
            any(p.acts_on == "duration" for p in chosen),
        ),
    )
    for name, label, unit, used in wanted:
        if used:
            yield alone(name, group=REACH, label=label, unit=unit, submodel="effects", draws=draws)


def of_care(
    chosen: Sequence[Programme], evidence: Evidence, draws: xr.Dataset, *, seed: int
) -> Iterator[Parameter]:
    """What care that prevents being exploited again acts on.

    Args:
        chosen: Programmes of the options.
        evidence: The prior.
        draws: Posterior draws, dims (chain, draw, ...): how many.
        seed: Seed of the simulation.

    Yields:
        The parameter, where a programme acts on it.
    """
    if any(p.acts_on == "revictimisation" for p in chosen):
        n_draws = draws.sizes["chain"] * draws.sizes["draw"]
        share = draw(evidence.priors.loc[REVICTIMISED], REVICTIMISED, n_draws=n_draws, seed=seed)
        label = "Part of the cost of a registered victim that arises from being exploited again"
        yield Parameter(REVICTIMISED, REACH, label, "share", "care", share, priors(REVICTIMISED))


def of_savings(saved: Mapping[str, Offset], *, unit: str) -> Iterator[Parameter]:
    """What programmes save on what they replace.

    Args:
        saved: Savings by programme, ready for a country.
        unit: Unit of the savings.

    Yields:
        Parameters of the programmes that save anything.
    """
    for name, offset in saved.items():
        label, rests_on = f"Saving: {name.replace('_', ' ')}", (("offsets", name),)
        yield Parameter(f"saving.{name}", PRICES, label, unit, "programmes", offset.saved, rests_on)


def of_violence(weight: Mapping[str, float], evidence: Evidence, draws: xr.Dataset) -> Iterator[Parameter]:
    """Burden of other violence, and how much of it an averted case averts.

    Args:
        weight: Weight of each country [share].
        evidence: Studies of other violence.
        draws: Posterior draws, dims (chain, draw, ...).

    Yields:
        Parameters, the burden a mean over the countries of the run.
    """
    each = [w * np.exp(flat(draws, "log_daly_share", country=name)) for name, w in weight.items()]
    label = "Yearly burden of other violence, a DALY at one GDP per capita"
    found = (*studies(evidence, module="violence"), *priors("log_daly_share_mean", "violence_country_sd"))
    burden = np.sum(each, axis=0)
    yield Parameter("other_violence", VIOLENCE, label, "share of GDP", "violence", burden, found)
    about = {"group": VIOLENCE, "submodel": "violence"}
    label = "Part of the burden of other violence that its prevention averts"
    yield alone("causal_share", label=label, unit="share", **about, draws=draws)
    label = "Years over which harm by other violence is borne"
    yield alone("years_violence_harm", label=label, unit="years", **about, draws=draws)
