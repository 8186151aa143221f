"""Levers: how much of a programme an option buys in each year, as a share of its group or as money."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from costmodel.scenario.base import FIRST_YEAR, LAST_YEAR, StrictTable, Year, problem

PERCENT_LIKELY = 2
"""A coverage from here to 100 was probably meant in per cent."""

EXAMPLES = {
    "coverage": ("a number from 0 to 1", "{2026 = 0.1, 2030 = 0.5}"),
    "spend": ("an amount per year", "{2026 = 1e6, 2030 = 5e6}"),
}
"""Kind of lever -> what one number of it is, and a table of years."""


def _check_share(value: object, *, path: str) -> float:
    """Return `value` as a share of the target group, or raise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise problem(path, f"coverage must be a number from 0 to 1, not {value!r}")
    if math.isnan(value) or not 0 <= value <= 1:
        hint = f"; for {value:g}% write {value / 100:g}" if PERCENT_LIKELY <= value <= 100 else ""
        raise problem(path, f"coverage is a share of the target group, from 0 to 1, not {value!r}{hint}")
    return float(value)


def _check_amount(value: object, *, path: str) -> float:
    """Return `value` as money per year, or raise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise problem(path, f"spend must be an amount per year, not {value!r}")
    if not math.isfinite(value) or value < 0:
        raise problem(path, f"spend is an amount per year, 0 or more, not {value!r}")
    return float(value)


def _check_year(key: object, *, kind: str) -> int:
    """Return a key of a table of years as a year, or raise."""
    text = str(key)
    if not (text.isascii() and text.isdigit() and FIRST_YEAR <= int(text) <= LAST_YEAR):
        raise problem(str(key), f"{kind} by year needs years as keys, as {EXAMPLES[kind][1]}")
    return int(text)


def _reader(kind: str, check: Callable[..., float]) -> Callable[[object], float | dict[int, float]]:
    """Make the reader of one kind of lever: one number for every year, or a number at each of the years given."""

    def read(value: object) -> float | dict[int, float]:
        number, table = EXAMPLES[kind]
        if not isinstance(value, dict):
            if isinstance(value, int | float):
                return check(value, path="")
            raise problem("", f"{kind} must be {number}, or a table as {table}, not {value!r}")
        if not value:
            raise problem("", f"{kind} is empty; give {number}, or a table as {table}")
        given = {_check_year(key, kind=kind): check(share, path=str(key)) for key, share in value.items()}
        return dict(sorted(given.items()))

    return read


def _json_schema(number: dict[str, Any]) -> WithJsonSchema:
    """The JSON Schema of one number, or of a table of years."""
    by_year = {
        "type": "object",
        "patternProperties": {"^[0-9]{4}$": number},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return WithJsonSchema({"anyOf": [number, by_year]})


Coverage = Annotated[
    float | dict[int, float],
    BeforeValidator(_reader("coverage", _check_share)),
    _json_schema({"type": "number", "minimum": 0, "maximum": 1}),
]
Spend = Annotated[
    float | dict[int, float],
    BeforeValidator(_reader("spend", _check_amount)),
    _json_schema({"type": "number", "minimum": 0}),
]


class Lever(StrictTable):
    """How much of one programme an option buys: coverage or spend."""

    coverage: Coverage | None = Field(
        default=None,
        description="Share of the programme's target group that is reached beyond what is provided today, "
        "0 to 1: one number for every year, or a table of years, as {2026 = 0.1, 2030 = 0.5}: straight lines "
        "between them, 0 before the first, flat after the last.",
    )
    spend: Spend | None = Field(
        default=None,
        description="In place of coverage: what is spent on the programme per year, transfers included, in the "
        "currency and prices of the results, written as coverage is. How many children that reaches is drawn.",
    )
    end: Year | None = Field(
        default=None,
        description="Last year of spending; without it the programme is paid to the end of the horizon.",
    )

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        """Refuse a lever that says nothing, or the same thing twice."""
        if self.coverage is None and self.spend is None:
            raise problem("coverage", "missing; add coverage = 0.3, or spend = 1e6")
        if self.coverage is not None and self.spend is not None:
            raise problem("spend", "stands beside coverage; what is spent follows from coverage: keep one")
        return self

    @property
    def kind(self) -> Literal["coverage", "spend"]:
        """Which of the two is given."""
        return "coverage" if self.spend is None else "spend"

    @property
    def given(self) -> float | dict[int, float]:
        """What is given: one number, or a number at each of some years [share, or currency/year]."""
        given = self.coverage if self.spend is None else self.spend
        assert given is not None  # one of the two is always there
        return given


def lever_path(
    lever: Lever, years: np.ndarray[Any, np.dtype[np.int64]]
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Share of the target group, or money, that a lever gives in each year, before ramp and lag.

    Args:
        lever: Coverage or spend, as one number or as numbers at given years, and the last year of spending.
        years: Years wanted, dims (year).

    Returns:
        Coverage or spend, dims (year) [share of the target group, or currency/year]: straight lines between the
        years given, 0 before the first, flat after the last, 0 after the last year of spending.

    Example:
        >>> lever = Lever(coverage={2026: 0.1, 2030: 0.5}, end=2031)
        >>> lever_path(lever, np.array([2025, 2026, 2028, 2031, 2032]))
        array([0. , 0.1, 0.3, 0.5, 0. ])
    """
    if isinstance(lever.given, dict):
        given = np.array(list(lever.given))
        path = np.interp(years, given, np.array(list(lever.given.values())), left=0.0)
    else:
        path = np.full(len(years), lever.given)
    return path if lever.end is None else np.where(years <= lever.end, path, 0.0)
