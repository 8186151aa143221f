"""What a row of the tables of victims must say: counts, estimates, durations and children exposed."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from costmodel.evidence.rows.base import (
    Count,
    Form,
    Grade,
    Iso3,
    Key,
    NonNegative,
    Positive,
    Share,
    Sourced,
    Statement,
    Year,
    check_statement,
)

#: Counts of registered victims, each an interval: columns `<name>_low` and `<name>_high`.
COUNTS = (
    *("children", "victims"),
    *("sexual_children", "labour_children", "other_children"),
    *("girls", "boys", "adults"),
    *("sexual_victims", "labour_victims", "other_victims"),
)
#: Flag of a row whose source prints more children than victims.
CONTRADICTION = "victims_below_children"
#: Part -> whole, where a part cannot be larger. Forms are left out: a victim may be counted in several.
WHOLE = {"girls": "children", "boys": "children", "adults": "victims"}


class VictimCount(Sourced):
    """Registered victims of one country and year; a masked cell is the interval from 0 to 4."""

    key = ("id",)

    id: Key
    iso3: Iso3
    year: Year
    children_low: Count | None = None
    children_high: Count | None = None
    victims_low: Count | None = None
    victims_high: Count | None = None
    sexual_children_low: Count | None = None
    sexual_children_high: Count | None = None
    labour_children_low: Count | None = None
    labour_children_high: Count | None = None
    other_children_low: Count | None = None
    other_children_high: Count | None = None
    girls_low: Count | None = None
    girls_high: Count | None = None
    boys_low: Count | None = None
    boys_high: Count | None = None
    adults_low: Count | None = None
    adults_high: Count | None = None
    sexual_victims_low: Count | None = None
    sexual_victims_high: Count | None = None
    labour_victims_low: Count | None = None
    labour_victims_high: Count | None = None
    other_victims_low: Count | None = None
    other_victims_high: Count | None = None
    regime: Key
    flag: str = ""
    supersedes: str = ""

    @model_validator(mode="after")
    def check_intervals(self) -> Self:
        """Both ends of a count are there or neither is."""
        for name in COUNTS:
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if (low is None) != (high is None):
                raise ValueError(
                    f"{name} has one end only; give {name}_low and {name}_high, equal for an exact count"
                )
            if low is not None and low > high:
                raise ValueError(f"{name}_low {low} is above {name}_high {high}")
        more = self.victims_high is not None and (self.children_low or 0) > self.victims_high
        if more and CONTRADICTION not in self.flag:
            raise ValueError(
                f"children_low {self.children_low} is above victims_high {self.victims_high}; correct them, or "
                f"write {CONTRADICTION} in flag if the source prints it so"
            )
        if self.id != f"{self.iso3}_{self.year}":
            raise ValueError(f"id does not name its country and year; write {self.iso3}_{self.year}")
        return self

    @model_validator(mode="after")
    def check_parts(self) -> Self:
        """No part is certainly above its whole."""
        for part, whole in WHOLE.items():
            low, high = getattr(self, f"{part}_low"), getattr(self, f"{whole}_high")
            if low is not None and high is not None and low > high:
                raise ValueError(
                    f"{part}_low {low} is above {whole}_high {high}; "
                    f"leave {part} blank and write {part}_above_{whole} in flag"
                )
        return self


#: Estimand -> units its estimates may have (MODEL.md, first page).
ESTIMAND_UNITS = {
    "A": ("persons/year", "persons/window", "ratio to registered"),
    "B": ("persons", "per 1,000 people"),
    "C": ("share of population",),
}
#: Areas that a source draws itself and for which it was not read which countries belong to them.
SOURCE_AREAS = (
    *("GEMS_AFRICA", "GEMS_AMERICAS", "GEMS_ARAB_STATES", "GEMS_ASIA_PACIFIC", "GEMS_EUROPE_CENTRAL_ASIA"),
    *("CHILDLIGHT_WESTERN_EUROPE", "WHO_EUROPE"),
    *("UNICEF_CEE_CIS", "UNICEF_EAST_ASIA_PACIFIC", "UNICEF_EUROPE_CENTRAL_ASIA", "UNICEF_INDUSTRIALISED"),
    *("UNICEF_MIDDLE_EAST_NORTH_AFRICA", "UNICEF_WESTERN_EUROPE"),
)


#: How the population of an estimate that is fitted begins.
ALL_AGES = "all ages"


class Estimate(Sourced):
    """A published estimate of victims, registered or not; only those of estimand A may be fitted."""

    key = ("id",)

    id: Key
    area: Key
    estimand: Literal["A", "B", "C"]
    year_start: Year
    year_end: Year
    window_years: Positive | None = None
    population: str
    statement: Statement
    low: Positive | None = None
    value: Positive | None = None
    high: Positive | None = None
    unit: Literal[
        "persons/year",
        "persons/window",
        "ratio to registered",
        "persons",
        "per 1,000 people",
        "share of population",
    ]
    method: str
    interval_level: Share | None = None
    url: str = ""
    role: Literal["train", "holdout", "context"]
    grade: Grade
    lists: str = ""
    supersedes: str = ""

    @model_validator(mode="after")
    def check_window(self) -> Self:
        """The window does not end before it starts, and the statement has its numbers."""
        if self.year_end < self.year_start:
            raise ValueError(f"year_end {self.year_end} is before year_start {self.year_start}")
        if self.estimand == "A" and self.window_years is None:
            raise ValueError("no window_years; give the time over which the counted victims were seen")
        if self.lists and not (self.lists.endswith(".csv") and set(self.lists).isdisjoint("/\\")):
            raise ValueError(
                f"lists {self.lists!r}; write the name of a .csv file that lies beside this table"
            )
        if self.lists and self.role == "context":
            raise ValueError(
                "lists on a row of role context would not be used; write train or holdout, or leave it out"
            )
        if self.lists and self.estimand != "A":
            raise ValueError(
                f"lists {self.lists!r} with estimand {self.estimand}; lists count victims of estimand A"
            )
        check_statement(self.statement, self.low, self.value, self.high)
        return self

    @model_validator(mode="after")
    def check_estimand(self) -> Self:
        """Only estimand A is fitted, and each estimand has units of its own."""
        if self.estimand != "A" and self.role != "context":
            raise ValueError(
                f"estimand {self.estimand} with role {self.role}; only A is fitted: write context"
            )
        allowed = ESTIMAND_UNITS[self.estimand]
        if self.unit not in allowed:
            raise ValueError(
                f"unit {self.unit!r} with estimand {self.estimand}; write one of {', '.join(allowed)}"
            )
        if self.role != "context" and not self.population.startswith(ALL_AGES):
            raise ValueError(
                f"population {self.population!r} with role {self.role}; a fitted estimate counts victims of all ages "
                f"and begins with {ALL_AGES!r}: children alone would be taken for all"
            )
        largest = max(number for number in (self.low, self.value, self.high) if number is not None)
        if self.unit == "share of population" and largest > 1:
            raise ValueError(f"a share of {largest:g}; it must be 1 or less")
        return self


class Duration(Sourced):
    """How long victims were in exploitation, as printed; quoted beside the prior, never fitted."""

    key = ("id",)

    id: Key
    population: str
    form: Form | Literal["any"]
    ages: Literal["all", "children", "adults"]
    statement: Statement
    low: NonNegative | None = None
    value: Positive | None = None
    high: Positive | None = None
    unit: Literal["months"]
    url: str = ""
    role: Literal["context"]
    supersedes: str = ""

    @model_validator(mode="after")
    def check_numbers(self) -> Self:
        """The statement has its numbers."""
        check_statement(self.statement, self.low, self.value, self.high)
        return self


class Exposure(Sourced):
    """Children of one area who are in a group at risk."""

    key = ("id",)

    id: Key
    area: Key
    group: Literal["refugees_and_asylum_seekers", "internally_displaced", "migrants", "residential_care"]
    year: Year
    value: Positive
    unit: Literal["children", "per 100,000 children"]
    child_share: Share | None = None
    url: str = ""
    supersedes: str = ""

    @model_validator(mode="after")
    def check_id(self) -> Self:
        """The row is named after its area, group and year."""
        name = f"{self.area.lower()}_{self.group}_{self.year}"
        if self.id != name:
            raise ValueError(f"id does not name its area, group and year; write {name}")
        return self
