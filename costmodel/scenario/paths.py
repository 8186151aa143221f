"""What the author of a scenario states of the years without further action: children, growth, trends."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema

from costmodel.scenario.base import FIRST_YEAR, LAST_YEAR, StrictTable, problem

RATE_MAX = 0.2
"""No real growth and no trend lasts at 20% a year: a larger one was probably meant in per cent."""


def _check_children(value: object, *, path: str) -> float:
    """Return `value` as a number of children, or raise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise problem(path, f"children must be a number of persons, not {value!r}")
    if not math.isfinite(value) or value < 1:
        raise problem(path, f"children are persons, 1 or more, not {value!r}")
    return float(value)


def _check_rate(value: object, *, path: str) -> float:
    """Return `value` as a rate per year, or raise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise problem(path, f"must be a rate per year, as 0.01, not {value!r}")
    if not math.isfinite(value) or abs(value) > RATE_MAX:
        hint = f"; for {value:g}% write {value / 100:g}" if RATE_MAX < abs(value) <= 100 * RATE_MAX else ""
        raise problem(path, f"is a rate per year, from -{RATE_MAX:g} to {RATE_MAX:g}, not {value!r}{hint}")
    return float(value)


def _by_year(value: dict[Any, Any], check: Callable[..., float], *, example: str) -> dict[int, float]:
    """Return a table of years, or raise."""
    if not value:
        raise problem("", f"is empty; give a table as {example}, or leave the key out")
    for key in value:
        text = str(key)
        if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text) <= LAST_YEAR):
            raise problem(text, f"needs years as keys, as {example}")
    return {int(key): check(value[key], path=str(key)) for key in sorted(value, key=int)}


def _read_children(value: object) -> dict[int, float]:
    """Children by year: one number for every year would hide that it is a path."""
    example = "{2035 = 1.1e6}"
    if not isinstance(value, dict):
        raise problem("", f"must be a table of years, as {example}, not {value!r}")
    return _by_year(value, _check_children, example=example)


def _read_growth(value: object) -> float | dict[int, float]:
    """One rate for every year, or a rate at each of the years given."""
    if isinstance(value, dict):
        return _by_year(value, _check_rate, example="{2027 = 0.02, 2035 = 0.01}")
    return _check_rate(value, path="")


def _table_schema(number: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a table of years."""
    return {
        "type": "object",
        "patternProperties": {"^[0-9]{4}$": number},
        "additionalProperties": False,
        "minProperties": 1,
    }


_RATE_SCHEMA = {"type": "number", "minimum": -RATE_MAX, "maximum": RATE_MAX}
Children = Annotated[
    dict[int, float],
    BeforeValidator(_read_children),
    WithJsonSchema(_table_schema({"type": "number", "minimum": 1})),
]
Growth = Annotated[
    float | dict[int, float],
    BeforeValidator(_read_growth),
    WithJsonSchema({"anyOf": [_RATE_SCHEMA, _table_schema(_RATE_SCHEMA)]}),
]
Trend = Annotated[
    float, BeforeValidator(lambda value: _check_rate(value, path="")), WithJsonSchema(_RATE_SCHEMA)
]


class BaselinePaths(StrictTable):
    """Paths of the years without further action that the author states; what is left out is the evidence's."""

    children: Children | None = Field(
        default=None,
        description="Children 0-17 at the years given, as {2035 = 1.1e6} [persons]: straight lines between them and "
        "from the evidence's projection before the first, flat after the last; of one country.",
    )
    growth: Growth | None = Field(
        default=None,
        description="Real growth of GDP per capita per year, in place of own growth that fades to the long run: one "
        "rate, or rates at the years given; after the end of the horizon it fades to the long run.",
    )
    incidence_trend: Trend | None = Field(
        default=None,
        description="Yearly change of new victims per child without further action, as -0.01; none if left out.",
    )
    online_trend: Trend | None = Field(
        default=None,
        description="Yearly growth of the odds that a case is online, as 0.05: which cases programmes online can "
        "reach, and nothing else; none if left out.",
    )

    def words(self) -> Iterator[str]:
        """Say each path that is stated, for readers.

        Example:
            >>> [*BaselinePaths(children={2035: 1.1e6}, incidence_trend=-0.01).words()]
            ['children 0-17: 1,100,000 in 2035', 'new victims per child: 1% fewer each year']
        """
        if self.children is not None:
            yield f"children 0-17: {', '.join(f'{n:,.0f} in {year}' for year, n in self.children.items())}"
        if isinstance(self.growth, dict):
            said = ", ".join(f"{100 * rate:.3g}% in {year}" for year, rate in self.growth.items())
            yield f"real growth of GDP per capita: {said}"
        elif self.growth is not None:
            yield f"real growth of GDP per capita: {100 * self.growth:.3g}% a year"
        if self.incidence_trend is not None:
            yield f"new victims per child: {_change(self.incidence_trend, 'more', 'fewer')} each year"
        if self.online_trend is not None:
            yield f"odds that a case is online: {_change(self.online_trend, 'higher', 'lower')} each year"


def _change(rate: float, up: str, down: str) -> str:
    """A rate as "1% fewer"."""
    return f"{100 * abs(rate):.3g}% {up if rate >= 0 else down}"
