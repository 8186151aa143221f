"""Levers: how much of a programme an option buys in each year, as a share of its group, money, or part of a budget."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from costmodel.scenario.base import FIRST_YEAR, LAST_YEAR, StrictTable, Year, problem

PERCENT_LIKELY = 2
"""A coverage from here to 100 was probably meant in per cent."""

GROWTH_IN_PERCENT = 10
"""A growth from here on was probably meant in per cent: more than tenfold in one year is no limit."""

KINDS: tuple[Literal["coverage", "spend", "share"], ...] = ("coverage", "spend", "share")
"""The ways to say how much of a programme is bought."""

UNLIMITED = "unlimited"
"""What is written where money may grow as it is asked to."""

SHARES_TOLERANCE = 1e-9
"""Shares of a budget that are meant to sum to 1 may miss it by the rounding of three thirds."""

EXAMPLES = {
    "coverage": ("a number from 0 to 1", "{2026 = 0.1, 2030 = 0.5}"),
    "spend": ("an amount per year", "{2026 = 1e6, 2030 = 5e6}"),
    "budget": ("an amount per year", "{2026 = 1e6, 2030 = 5e6}"),
}
"""Kind of lever -> what one number of it is, and a table of years."""


AMOUNT = {"type": "number", "minimum": 0}
"""JSON Schema of an amount per year."""


def _check_share(value: object, *, path: str) -> float:
    """Return `value` as a share of the target group, or raise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise problem(path, f"coverage must be a number from 0 to 1, not {value!r}")
    if math.isnan(value) or not 0 <= value <= 1:
        hint = f"; for {value:g}% write {value / 100:g}" if PERCENT_LIKELY <= value <= 100 else ""
        raise problem(path, f"coverage is a share of the target group, from 0 to 1, not {value!r}{hint}")
    return float(value)


def _check_amount(value: object, *, path: str, kind: str = "spend") -> float:
    """Return `value` as money per year, or raise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise problem(path, f"{kind} must be an amount per year, not {value!r}")
    if not math.isfinite(value) or value < 0:
        raise problem(path, f"{kind} is an amount per year, 0 or more, not {value!r}")
    return float(value)


def _check_growth(value: object) -> float | str:
    """Return `value` as a limit of yearly growth, or raise."""
    if value == UNLIMITED:
        return UNLIMITED
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value < 0:  # type: ignore[operator, arg-type]
        what = f'must be a share per year, as 0.4 for 40%, or "{UNLIMITED}", not {value!r}'
        raise problem("", what)
    if value >= GROWTH_IN_PERCENT:  # type: ignore[operator]
        hint = f'for {value:g}% write {value / 100:g}, for no limit "{UNLIMITED}"'  # type: ignore[operator]
        raise problem("", f"is a share per year, and {value:g} is {GROWTH_IN_PERCENT:g} or more; {hint}")
    return float(value)  # type: ignore[arg-type]


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
    _json_schema(AMOUNT),
]
Budget = Annotated[
    float | dict[int, float],
    BeforeValidator(_reader("budget", partial(_check_amount, kind="budget"))),
    _json_schema(AMOUNT),
]
GrowthMax = Annotated[
    float | Literal["unlimited"],
    BeforeValidator(_check_growth),
    WithJsonSchema({"anyOf": [{**AMOUNT, "exclusiveMaximum": GROWTH_IN_PERCENT}, {"const": UNLIMITED}]}),
]


def most(given: float | dict[int, float]) -> float:
    """The largest number of a lever or budget."""
    return max(given.values()) if isinstance(given, dict) else given


def check_buys_something(money: float, fixed_cost: float, *, path: str) -> None:
    """Refuse money that in no year is left when the fixed cost is paid.

    Args:
        money: The most that is given in any year [currency/year].
        fixed_cost: Fixed cost of the programme [currency/year].
        path: Path of the key that gives the money.

    Raises:
        PydanticCustomError: If nobody would be reached.
    """
    if fixed_cost > 0 and money <= fixed_cost:
        what = f"{money:,.12g} a year is not above fixed_cost {fixed_cost:,.12g}, so that nobody is reached"
        raise problem(path, f"{what}; give more, or lower fixed_cost")


class Lever(StrictTable):
    """How much of one programme an option buys: coverage, spend, or a share of the option's budget."""

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
    share: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="In place of coverage and spend: share of the option's `budget` that is spent on the programme.",
    )
    end: Year | None = Field(
        default=None,
        description="Last year of spending; without it the programme is paid to the end of the horizon.",
    )
    fixed_cost: Annotated[float, Field(ge=0)] = Field(
        default=0.0,
        description="What the programme costs per year however many are reached, in the currency and prices of the "
        "results, in each year in which somebody is; spend, or a share, buys coverage with what it leaves.",
    )
    growth_max: GrowthMax | None = Field(
        default=None,
        description="Most by which spend, or a share of the budget, can grow from one year to the next, 0.4 for 40%; "
        'the option\'s, else that of `priors.csv`, if left out; "unlimited" for no limit.',
    )

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        """Refuse a lever that says nothing, the same thing twice, or what cannot matter."""
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if not given:
            what = "missing; add coverage = 0.3, spend = 1e6, or share = 0.5 of the option's budget"
            raise problem("coverage", what)
        if given == ["coverage", "spend"]:
            raise problem("spend", "stands beside coverage; what is spent follows from coverage: keep one")
        if len(given) > 1:
            raise problem("share", f"stands beside {given[0]}; both say how much is done: keep one")
        if self.growth_max is not None and not self.by_money:
            what = (
                "limits how fast money can grow, and coverage says itself how many are reached: take it out"
            )
            raise problem("growth_max", what)
        if self.spend is not None:
            check_buys_something(most(self.spend), self.fixed_cost, path="spend")
        return self

    @property
    def kind(self) -> Literal["coverage", "spend", "share"]:
        """Which of the three is given."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def by_money(self) -> bool:
        """Whether money is given, from which coverage follows."""
        return self.coverage is None

    @property
    def given(self) -> float | dict[int, float]:
        """What is given: one number, or one at each of some years [share, currency/year, or share of the budget]."""
        given: float | dict[int, float] = getattr(self, self.kind)
        return given


Years = np.ndarray[Any, np.dtype[np.int64]]
Path = np.ndarray[Any, np.dtype[np.float64]]


def _by_year(given: float | dict[int, float], years: Years) -> Path:
    """Straight lines between the years given, 0 before the first, flat after the last."""
    if isinstance(given, dict):
        path: Path = np.interp(years, np.array(list(given)), np.array(list(given.values())), left=0.0)
        return path
    return np.full(len(years), given)


def lever_path(lever: Lever, years: Years, *, budget: float | dict[int, float] | None = None) -> Path:
    """Share of the target group, or money, that a lever asks for in each year, before ramp and lag (MODEL.md eq. 25b).

    Args:
        lever: Coverage, spend or share, as one number or as numbers at given years, and the last year of spending.
        years: Years wanted, dims (year).
        budget: Budget of the option, of which a share is meant [currency/year].

    Returns:
        Coverage or money, dims (year) [share of the target group, or currency/year]: straight lines between the
        years given, 0 before the first, flat after the last, 0 after the last year of spending.

    Example:
        >>> lever = Lever(coverage={2026: 0.1, 2030: 0.5}, end=2031)
        >>> lever_path(lever, np.array([2025, 2026, 2028, 2031, 2032]))
        array([0. , 0.1, 0.3, 0.5, 0. ])
        >>> lever_path(Lever(share=0.25), np.array([2026, 2027]), budget={2026: 8.0, 2027: 12.0})
        array([2., 3.])
    """
    path = _by_year(lever.given, years)
    if lever.share is not None:
        assert budget is not None  # a share of an option without a budget is refused
        path = path * _by_year(budget, years)
    return path if lever.end is None else np.where(years <= lever.end, path, 0.0)
