"""The courses that are simulated: options, their later starts, and options under other readings of the effects."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel import delivery, programmes
from costmodel.baseline import Baseline
from costmodel.draws import flat
from costmodel.programme_inputs import Programme
from costmodel.readings import EVIDENCE, READINGS, under
from costmodel.scenario import Option, Scenario, lever_path, years

Array = NDArray[np.float64]
Paths = Mapping[str, Array]

#: Years by which every option is started later too: for the cost of delay only.
DELAYS = (1, 2, 5)


def later(option: str, *, years: int) -> str:
    """Key of the twin of an option that starts later and ends on the same date.

    Example:
        >>> later("protect", years=2)
        'protect (2 years later)'
    """
    return f"{option} ({years} year{'s' if years > 1 else ''} later)"


def levers_by_option(scenario: Scenario) -> dict[str, Paths]:
    """What each option and its twins that start later ask of each programme, dims (year,) [share, or currency/year]."""
    horizon = years(scenario)
    paths: dict[str, Paths] = {}
    for key, option in scenario.options.items():
        now = {
            name: lever_path(lever, horizon, budget=option.budget)
            for name, lever in option.programmes.items()
        }
        paths[key] = now
        if key != scenario.comparator:
            paths |= {
                later(key, years=n): {
                    name: programmes.delay_start(path, years=n) for name, path in now.items()
                }
                for n in DELAYS
            }
    return paths


def _coverage(
    asked: Paths,
    option: Option,
    known: Mapping[str, Programme],
    base: Baseline,
    draws: xr.Dataset,
    growth_max: float,
) -> dict[str, Array]:
    """Coverage of each programme of an option, dims (year,), or (draw, year) where money is given [share]."""
    found, price = dict(asked), delivery.price_of_delivery(base)
    for name, money in delivery.money_by_programme(option, asked, price=price, default=growth_max).items():
        programme, fixed_cost = known[name], option.programmes[name].fixed_cost
        left = delivery.money_left(money, fixed_cost=fixed_cost, price=price)
        found[name] = _bought(
            programme,
            (left / (price * base.children * programme.target_share))[None, :],
            last_mile=flat(draws, "last_mile"),
        )
    return found


def _bought(programme: Programme, spend: Array, *, last_mile: Array) -> Array:
    """Coverage that a spend per child of the group buys beyond what is provided today, dims (draw, year) (eq. 20b)."""
    terms: dict[str, Any] = {
        "coverage_max": programme.coverage_max,
        "unit_cost": programme.unit_cost,
        "last_mile": last_mile,
    }
    today = programmes.delivery_cost(programme.provided, **terms)  # what is paid already is not bought again
    beyond = programmes.coverage_bought(spend + today, **terms) - programme.provided
    return np.where(spend > 0, np.maximum(beyond, 0.0), 0.0)


def _bundle(option: Option, known: Mapping[str, Programme]) -> list[Programme]:
    """Programmes of an option, each with the fixed cost that its lever states."""
    return [
        replace(known[name], fixed_cost=lever.fixed_cost) if lever.fixed_cost > 0 else known[name]
        for name, lever in option.programmes.items()
    ]


def courses(
    scenario: Scenario,
    seen: Mapping[str, Mapping[str, Programme]],
    *,
    base: Baseline,
    draws: xr.Dataset,
    growth_max: float,
) -> tuple[dict[str, Paths], dict[str, list[Programme]]]:
    """Coverage and programmes of each option, of its later starts, and of the option under the other readings.

    Args:
        scenario: Options and horizon.
        seen: Programmes ready for the country, by reading and id.
        base: What every option of the country shares.
        draws: Posterior draws.
        growth_max: Most by which money grows from one year to the next where the scenario does not say [1/year].

    Returns:
        Coverage by programme, dims (year,) or (draw, year) where money is given [share], and the programmes, both
        by key of an option, of its twins that start later (`later`), and of it under a reading (`readings.under`).
    """
    levers = levers_by_option(scenario)
    paths: dict[str, Paths] = {}
    bundles: dict[str, list[Programme]] = {}
    for key, option in scenario.options.items():
        for course in (key, *(later(key, years=n) for n in DELAYS)):
            if course in levers:
                paths[course] = _coverage(levers[course], option, seen[EVIDENCE], base, draws, growth_max)
                bundles[course] = _bundle(option, seen[EVIDENCE])
    for reading in READINGS:
        for key, option in scenario.options.items():
            paths[under(key, reading=reading)] = paths[key]
            bundles[under(key, reading=reading)] = _bundle(option, seen[reading])
    return paths, bundles


def deliveries(
    scenario: Scenario,
    coverage: Mapping[str, Paths],
    spent: Mapping[str, Paths],
    *,
    base: Baseline,
    growth_max: float,
) -> dict[str, dict[str, dict[str, Array]]]:
    """How each programme that is given money, or has a fixed cost, is delivered year by year.

    Args:
        scenario: Options and horizon.
        coverage: By option and programme, dims (year,) or (draw, year) [share].
        spent: Gross cost by option and programme, dims (draw, year) [currency/year].
        base: What every option of the country shares.
        growth_max: As in `courses` [1/year].

    Returns:
        By option and programme: money asked and absorbed (where money is given), fixed cost, spend, each dims
        (1 or draw, year) [currency/year], and coverage [share].
    """
    asked, price = levers_by_option(scenario), delivery.price_of_delivery(base)
    found: dict[str, dict[str, dict[str, Array]]] = {}
    for key, option in scenario.options.items():
        money = delivery.money_by_programme(option, asked[key], price=price, default=growth_max)
        for name, lever in option.programmes.items():
            if not (lever.by_money or lever.fixed_cost > 0):
                continue
            given = {"asked": asked[key][name], "absorbed": money[name]} if lever.by_money else {}
            path = coverage[key][name]
            fixed = delivery.fixed_cost_by_year(path, fixed_cost=lever.fixed_cost, price=price)
            told = {**given, "fixed_cost": fixed, "spend": spent[key][name], "coverage": path}
            found.setdefault(key, {})[name] = {what: np.atleast_2d(path) for what, path in told.items()}
    return found
