"""Discount presets of the evidence as factors for one country: steps, growth of incomes, a rate for quality of life."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costmodel import economics
from costmodel.economics import lifetime_factor
from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.scenario import Scenario

Array = NDArray[np.float64]
Steps = Sequence[tuple[int, float]]
QUALITY = "quality"


@dataclass(frozen=True)
class Preset:
    """One discount preset as steps of (first year since the base, value), from year 0.

    Attributes:
        money: Real rate, or the pure rate where the rate follows growth [1/year].
        elasticity: Elasticity to growth of GDP per capita; empty where the rate does not follow it [1].
        health: Real rate of quality of life, whose value is then held flat; empty without one [1/year].
    """

    money: Steps
    elasticity: Steps = ()
    health: Steps = ()


@dataclass(frozen=True)
class Factors:
    """What costs of one country are worth under one preset.

    Attributes:
        money: Discount factor of each year of the horizon, dims (year,) [1].
        lifetime: By component, what turns a cost in the values of the year of harm and `money` into present value,
            dims (draw or 1, year of harm) [1].
        violence: The same for other violence, whose harm is lost quality of life.
        at_harm: By component, value in the year of harm of costs that fall later; `lifetime`, but for quality of life
            under a rate of its own.
    """

    money: Array
    lifetime: list[Array]
    violence: Array
    at_harm: list[Array]


def presets(scenario: Scenario, evidence: Evidence) -> dict[str, Preset]:
    """Each discount preset of a scenario, steps ascending."""
    table = evidence.discounting
    found = {}
    for name in scenario.discount:
        rows = table[table["preset"] == name].sort_values("from_year")
        found[name] = Preset(
            money=_steps(rows, "rate"),
            elasticity=_steps(rows, "growth_elasticity"),
            health=_steps(rows, "health_rate"),
        )
    return found


def _steps(rows: pd.DataFrame, column: str) -> list[tuple[int, float]]:
    """(First year, value) of a column, nothing where it is blank."""
    if column not in rows:
        return []
    filled = rows[rows[column].notna()]
    return [
        (int(year), float(value)) for year, value in zip(filled["from_year"], filled[column], strict=True)
    ]


def money_factors(preset: Preset, *, value_index: Array) -> Array:
    """Discount factor of money in each calendar year of one country (MODEL.md eq. 34, 34a).

    Args:
        preset: Rates.
        value_index: Real GDP per capita of the country, dims (year,) [index].

    Returns:
        Factor, dims (year,) [1].

    Raises:
        ValueError: If a rate is -1 or less, or the preset does not begin at year 0.
    """
    rates = economics.yearly(preset.money, n_years=value_index.size)
    if preset.elasticity:
        elasticity = economics.yearly(preset.elasticity, n_years=value_index.size)
        rates = economics.ramsey_rates(rates, elasticity=elasticity, value_index=value_index)
    return economics.factors_of_rates(rates)


def preset_factors(
    preset: Preset,
    *,
    timing: Mapping[str, Array],
    violence_timing: Array,
    value_index: Array,
    n_years: int,
) -> Factors:
    """What costs of one country are worth under a preset (MODEL.md eq. 4, 34, 34a, 34b).

    With a rate for quality of life of its own, a QALY keeps the value of the first year for ever: the growth of its
    value is what makes that rate lower than the one of money, so that growth before or after the harm would be counted
    twice.

    Args:
        preset: Rates.
        timing: Profile of each component over the years after exit, dims (draw or 1, year since exit).
        violence_timing: The same for other violence.
        value_index: Real GDP per capita, 1 in the first year, dims (year,), to the end of the last harm [index].
        n_years: Years of the horizon.

    Returns:
        Factors of money, of each component, and of other violence.

    Raises:
        ValueError: If a rate is -1 or less, or the preset does not begin at year 0.
    """
    money = money_factors(preset, value_index=value_index)
    at_harm = [
        lifetime_factor(timing[name], value_index=value_index, factors=money, n_years=n_years)
        for name in COMPONENTS
    ]
    if not preset.health:
        violence = lifetime_factor(violence_timing, value_index=value_index, factors=money, n_years=n_years)
        return Factors(money[:n_years], at_harm, violence, at_harm)
    health = economics.discount_factors(preset.health, n_years=value_index.size)
    quality, violence = (
        lifetime_factor(profile, value_index=np.ones_like(value_index), factors=health, n_years=n_years)
        for profile in (timing[QUALITY], violence_timing)
    )
    # costs come in the values of their year and are multiplied by the factor of money: both are taken out
    flat = health[:n_years] / (money[:n_years] * value_index[:n_years])
    place = COMPONENTS.index(QUALITY)
    at_harm[place] = quality
    lifetime = [*at_harm[:place], quality * flat, *at_harm[place + 1 :]]
    return Factors(money[:n_years], lifetime, violence * flat, at_harm)
