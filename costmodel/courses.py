"""The courses that are simulated: options, their later starts, and options under other readings of the effects."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel import programmes
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
    """What each option and its twins that start later buy of each programme, dims (year,) [share, or currency/year]."""
    horizon = years(scenario)
    paths: dict[str, Paths] = {}
    for key, option in scenario.options.items():
        now = {name: lever_path(lever, horizon) for name, lever in option.programmes.items()}
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
    levers: Paths, option: Option, known: Mapping[str, Programme], base: Baseline, draws: xr.Dataset
) -> dict[str, Array]:
    """Coverage of each programme of an option, dims (year,), or (draw, year) where spend is the lever [share]."""
    found = dict(levers)
    price = base.growth_to_start * base.value_index[None, : base.children.size]
    for name in (name for name in levers if option.programmes[name].spend is not None):
        programme = known[name]
        terms: dict[str, Any] = {
            "coverage_max": programme.coverage_max,
            "unit_cost": programme.unit_cost,
            "last_mile": flat(draws, "last_mile"),
        }
        extra = levers[name] / (price * base.children * programme.target_share)
        today = programmes.delivery_cost(programme.provided, **terms)  # paid already: not bought again
        beyond = programmes.coverage_bought(extra + today, **terms) - programme.provided
        found[name] = np.where(extra > 0, np.maximum(beyond, 0.0), 0.0)
    return found


def courses(
    scenario: Scenario, seen: Mapping[str, Mapping[str, Programme]], *, base: Baseline, draws: xr.Dataset
) -> tuple[dict[str, Paths], dict[str, list[Programme]]]:
    """Coverage and programmes of each option, of its later starts, and of the option under the other readings.

    Args:
        scenario: Options and horizon.
        seen: Programmes ready for the country, by reading and id.
        base: What every option of the country shares.
        draws: Posterior draws.

    Returns:
        Coverage by programme, dims (year,) or (draw, year) where spend is the lever [share], and the programmes, both
        by key of an option, of its twins that start later (`later`), and of it under a reading (`readings.under`).
    """
    known, levers = seen[EVIDENCE], levers_by_option(scenario)
    paths: dict[str, Paths] = {}
    for key, option in scenario.options.items():
        for course in (key, *(later(key, years=n) for n in DELAYS)):
            if course in levers:
                paths[course] = _coverage(levers[course], option, known, base, draws)
    bundles = {key: [known[name] for name in coverage] for key, coverage in paths.items()}
    for reading in READINGS:
        for option_key in scenario.options:
            key = under(option_key, reading=reading)
            paths[key] = paths[option_key]
            bundles[key] = [seen[reading][name] for name in paths[option_key]]
    return paths, bundles
