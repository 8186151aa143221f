"""An option of a scenario: programmes, each with its lever, and a budget that some of them share."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from costmodel.scenario.base import Slug, StrictTable, problem
from costmodel.scenario.levers import (
    SHARES_TOLERANCE,
    Budget,
    GrowthMax,
    Lever,
    check_buys_something,
    most,
)

Overlap = Literal["partial", "random", "nested", "additive"]
"""How programmes for the same children overlap."""


class Option(StrictTable):
    """One course of action: a bundle of programmes, or none."""

    title: str = Field(
        default="", description="Name of the option in tables and figures; its key if left out."
    )
    description: str = Field(
        default="",
        description="What the option is for, and what its numbers leave out; printed in the briefing.",
    )
    budget: Budget | None = Field(
        default=None,
        description="What the option spends per year on those of its programmes that have a `share` of it, written "
        "as `spend` is; what its other programmes cost comes on top.",
    )
    growth_max: GrowthMax | None = Field(
        default=None,
        description="Most by which money can grow from one year to the next, 0.4 for 40%, of every programme of the "
        'option that is given money and has no `growth_max` of its own; "unlimited" for no limit.',
    )
    programmes: dict[Slug, Lever] = Field(
        default_factory=dict,
        description="Programmes by id, each with its lever: of the evidence (`programmes.csv`), or of one's own "
        "(`[programmes.ID]`).",
    )

    @model_validator(mode="after")
    def _check_budget(self) -> Self:
        """Refuse a budget that nobody shares, shares of no budget, and shares of more than all of it."""
        if self.growth_max is not None and not any(lever.by_money for lever in self.programmes.values()):
            what = "limits how fast money can grow, and no programme is given spend or a share: take it out"
            raise problem("growth_max", what)
        shares = {name: lever.share for name, lever in self.programmes.items() if lever.share is not None}
        if self.budget is None:
            for name in shares:
                what = (
                    "is a share of nothing: the option has no budget; add budget = 5e6, or write spend here"
                )
                raise problem(f"programmes.{name}.share", what)
            return self
        if not shares:
            raise problem("budget", "no programme of the option has a share of it; add share = 0.5 to one")
        if (whole := sum(shares.values())) > 1 + SHARES_TOLERANCE:
            what = f"the shares of its programmes sum to {whole:g}, above 1; lower one of them"
            raise problem("budget", f"{what} ({', '.join(shares)})")
        for name, share in shares.items():
            money = most(self.budget) * share
            check_buys_something(money, self.programmes[name].fixed_cost, path=f"programmes.{name}.share")
        return self


def check_within_horizon(option: Option, *, path: str, start: int, end: int) -> None:
    """Refuse levers and budgets that could never act within the horizon.

    Args:
        option: The option.
        path: Its key.
        start: First year of the horizon.
        end: Last year of the horizon.

    Raises:
        PydanticCustomError: If one ends before the horizon or begins after it.
    """
    if option.budget is not None:
        _check_begins(option.budget, f"{path}.budget", end=end)
    for programme, lever in option.programmes.items():
        at = f"{path}.programmes.{programme}"
        if lever.end is not None and lever.end < start:
            what = f"spending ends in {lever.end}, before the start in {start}; give a later year"
            raise problem(f"{at}.end", what)
        _check_begins(lever.given, f"{at}.{lever.kind}", end=end)


def _check_begins(given: float | dict[int, float], path: str, *, end: int) -> None:
    """Refuse a table of years that begins after the horizon."""
    if isinstance(given, dict) and min(given) > end:
        kind = path.rpartition(".")[2]
        raise problem(path, f"{kind} begins in {min(given)}, after the end in {end}; begin earlier")
