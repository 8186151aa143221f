"""An option of a scenario cut down to a budget: the scale of its levers at which its expected spend is the budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scipy import optimize

from costmodel.scenario import Option

#: Share of the budget that a scale found may leave unspent.
TOLERANCE = 5e-4
#: Smallest scale that is tried: what is then spent is fixed cost.
LEAST_SCALE = 1e-6
#: Simulations of one option at most.
N_STEPS = 40


def scaled(option: Option, scale: float) -> Option:
    """An option whose levers, or whose budget, are cut down; what it costs however many are reached stays.

    Args:
        option: The option.
        scale: Share of its coverage, spend and budget that is left, above 0 [share].

    Returns:
        The smaller option.

    Example:
        >>> whole = Option(programmes={"parenting": {"coverage": 0.4, "fixed_cost": 1e6}})
        >>> lever = scaled(whole, 0.5).programmes["parenting"]
        >>> lever.coverage, lever.fixed_cost
        (0.2, 1000000.0)
    """

    def smaller(given: float | dict[int, float] | None) -> float | dict[int, float] | None:
        if isinstance(given, dict):
            return {year: scale * one for year, one in given.items()}
        return None if given is None else scale * given

    levers = {
        name: lever.model_copy(update={"coverage": smaller(lever.coverage), "spend": smaller(lever.spend)})
        for name, lever in option.programmes.items()
    }
    changes: dict[str, Any] = {"programmes": levers, "budget": smaller(option.budget)}
    return option.model_copy(update=changes)


def scale_within(spend: Callable[[float], float], *, whole: float, budget: float) -> float | None:
    """Scale of the levers of an option at which its expected spend is a budget (MODEL.md eq. 68a).

    Spend is not proportional to the levers: fixed costs stay, and the last children reached cost more (eq. 25).

    Args:
        spend: Expected spend of the option at a scale of its levers, rising with it [currency].
        whole: The same of the whole option [currency].
        budget: What may be spent [currency].

    Returns:
        1 if the budget pays the whole option, else the scale that spends the budget, but for a two-thousandth of it at
        most; None if the budget pays its fixed costs alone, or less.

    Example:
        >>> scale_within(lambda scale: 2.0 + 8.0 * scale, whole=10.0, budget=6.0).__round__(3)
        0.5
        >>> scale_within(lambda scale: 2.0 + 8.0 * scale, whole=10.0, budget=1.0)
    """
    if whole <= budget:
        return 1.0
    least, aim = LEAST_SCALE, budget * (1 - TOLERANCE / 2)
    known = {least: spend(least), 1.0: whole}
    if known[least] >= aim:
        return least if known[least] <= budget else None

    def above(scale: float) -> float:
        if scale not in known:
            known[scale] = spend(scale)
        missed = known[scale] - aim
        return 0.0 if abs(missed) <= TOLERANCE / 2 * budget else missed

    optimize.brentq(above, least, 1.0, rtol=TOLERANCE / 100, maxiter=N_STEPS, disp=False)
    found = max(scale for scale, paid in known.items() if paid <= budget)
    return found if known[found] > 0 else None  # money below fixed costs reaches nobody and is kept
