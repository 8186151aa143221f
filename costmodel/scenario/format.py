"""The form of a scenario: its keys and their types.

A scenario holds levers and value judgements. It names evidence (a country, a programme, a discount preset)
and contains none.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import (
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from costmodel.errors import suggestion
from costmodel.scenario.base import FIRST_YEAR, LAST_YEAR, Slug, StrictTable, Words, Year, problem
from costmodel.scenario.option import Option, Overlap, check_within_horizon
from costmodel.scenario.own_programme import OwnProgramme, Share
from costmodel.scenario.paths import BaselinePaths

SCHEMA = 1
"""Version of the scenario format that this package reads and writes."""

INFLATION_MAX = 0.5
"""Yearly inflation beyond which budgets of several years have no meaning in money of each year."""

MISSING_WORDS = frozenset({"nan", "none", "null"})
"""Words that readers of CSV files take for a missing value, so that no option may be called so."""


class PriorChange(StrictTable):
    """What replaces a prior of the package: parameters of its family, or two quantiles."""

    family: Words | None = Field(
        default=None,
        description="normal, halfnormal, lognormal, truncatednormal, beta, gamma or uniform; as it was if left out.",
    )
    p1: float | None = Field(
        default=None,
        description="First parameter: mean, scale, mean of the log, mean before it is cut, alpha, shape or lower end.",
    )
    p2: float | None = Field(
        default=None,
        description="Second parameter: SD, SD of the log, SD before it is cut, beta, rate or upper end.",
    )
    lower: float | None = Field(default=None, description="Lower bound of a truncatednormal.")
    q05: float | None = Field(
        default=None, description="In place of parameters: the value with 5% of the prior below it."
    )
    q95: float | None = Field(
        default=None, description="The value with 95% of the prior below it; alone for a halfnormal."
    )
    reason: str = Field(default="", description="Why; the record of the run keeps it.")


Changes = dict[Slug, PriorChange]
#: A marginal cost of public funds above this is taken for a percentage.
MOST_OF_PUBLIC_FUNDS = 5


class PriorFile(StrictTable):
    """A file that changes priors and says nothing else."""

    priors: Changes


def prior_changes(priors: Mapping[str, PriorChange]) -> dict[str, dict[str, Any]]:
    """What a file changes of priors, by name: only what it writes."""
    return {name: change.model_dump(exclude_none=True, exclude_unset=True) for name, change in priors.items()}


class Scenario(StrictTable):
    """The question: where, when, at what value judgements, and between which options."""

    schema_: Literal[1] = Field(alias="schema", description="Version of this format: 1.")
    title: Words = Field(description="One line that says what is compared, where.")
    description: str = Field(default="", description="What a reader must know: why these options, who asked.")
    describes: str = Field(
        default="",
        description="What the levers describe: a plan by name and date, or that they are illustrative and nobody's "
        "plan.",
    )
    author: str = Field(default="The costmodel developers", description="Who wrote the scenario.")
    reviewed_by: str = Field(default="", description="Who checked it; empty if nobody did.")
    fictional: bool = Field(
        default=False, description="true if the levers are invented: every output then says so on its face."
    )
    countries: Annotated[list[Words], Field(min_length=1)] = Field(
        description='ISO 3166 alpha-3 codes, or the code of a region, as ["EU27"]; results are the sum.'
    )
    start: Year = Field(description="First year of the horizon.")
    end: Year = Field(description="Last year of the horizon, included.")
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(
        default="EUR", description="ISO 4217 code of the currency of the results."
    )
    price_year: Year = Field(description="Year of the prices of the results.")
    discount: Annotated[list[Words], Field(min_length=1)] = Field(
        description="Discount presets (`discounting.csv`), all computed; the first is the headline."
    )
    cost_of_public_funds: float = Field(
        default=1.0,
        json_schema_extra={"exclusiveMinimum": 0, "maximum": MOST_OF_PUBLIC_FUNDS},
        description="What one unit of public money costs society, marginal cost of public funds: 1 if raising it "
        "distorts no more than it redistributes; shown beside the headline, which it does not change.",
    )
    overlap: Overlap = Field(
        default="partial",
        description="How programmes for the same children overlap: partial (the strongest in full, the others to a "
        "power that is drawn), random (each reaches children whatever the others do), nested (whoever the smaller "
        "reaches is reached by the larger too), additive (no case is averted twice).",
    )
    reduction_cap: Annotated[float, Field(gt=0, le=1)] | None = Field(
        default=None,
        description="Largest total cut of new victims, of each form and year, 0.6 for 60%; that of the evidence if "
        "left out.",
    )
    inflation: float | None = Field(
        default=None,
        description="Yearly rate at which the currency of the results loses value, for budgets in money of each year: "
        "0.02 is 2%; that of `defaults.csv` if left out.",
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        default=0, description="Seed of what the simulation draws; the fit has a seed of its own."
    )
    evidence: list[Words] = Field(
        default_factory=list,
        description="Tables of evidence of one's own, CSV files relative to this file, whose rows join or take the "
        "place of the package's (`costmodel anchors new` writes one to begin with).",
    )
    priors: Changes = Field(
        default_factory=dict,
        description="Priors of one's own by name (`priors.csv`), each with what changes; sub-models whose priors "
        "change are fitted again.",
    )
    programmes: dict[Slug, OwnProgramme] = Field(
        default_factory=dict,
        description="Programmes of one's own by id, which options use as those of the evidence; nothing is fitted "
        "again.",
    )
    baseline: BaselinePaths = Field(
        default_factory=BaselinePaths,
        description="Paths of the years without further action that the author states, in place of the evidence's.",
    )
    provision: dict[Slug, Share] = Field(
        default_factory=dict,
        description="Share of its target group that each programme reaches already today, by id: under every option "
        "and the comparator, paid and effective. Coverage and spend of an option come on top.",
    )
    not_modelled: list[Words] = Field(
        default_factory=list,
        description="What this scenario leaves out, printed beside what the package leaves out.",
    )
    options: dict[Slug, Option] = Field(description="The courses of action compared, by key.")
    comparator: str = Field(description="Key of the option that stands for inaction.")

    _file: str = PrivateAttr(default="scenario")

    @field_validator("countries", "discount", "evidence")
    @classmethod
    def _check_written_once(cls, values: list[str]) -> list[str]:
        """Refuse a list that names the same thing twice."""
        for place, value in enumerate(values):
            if value in values[:place]:
                raise problem("", f"{value!r} is listed twice; keep one")
        return values

    @field_validator("cost_of_public_funds")
    @classmethod
    def _check_public_funds(cls, cost: float) -> float:
        """Refuse a percentage, and a cost at which nobody would raise a tax."""
        if not 0 < cost <= MOST_OF_PUBLIC_FUNDS:
            raise problem(
                "",
                f"what one unit of public money costs society, above 0 and at most {MOST_OF_PUBLIC_FUNDS}, "
                f"not {cost:g}; for a fifth more than itself write 1.2",
            )
        return cost

    @field_validator("inflation")
    @classmethod
    def _check_inflation(cls, rate: float | None) -> float | None:
        """Refuse a rate that is written in percent, or that leaves money without value."""
        if rate is None or -INFLATION_MAX < rate < INFLATION_MAX:
            return rate
        hint = f"; for {rate:g}% write {rate / 100:g}" if 1 <= rate < 100 * INFLATION_MAX else ""
        what = f"must be a yearly rate between -{INFLATION_MAX} and {INFLATION_MAX}, not {rate:g}{hint}"
        raise problem("", what)

    @field_validator("end")
    @classmethod
    def _check_end(cls, end: int, info: ValidationInfo) -> int:
        """Refuse a horizon that ends before it starts."""
        start = info.data.get("start", end)
        if end < start:
            raise problem(
                "", f"end {end} is before start {start}; give the last year of the horizon, {start} or later"
            )
        return end

    @field_validator("programmes", "options")
    @classmethod
    def _check_keys[Table: StrictTable](cls, tables: dict[str, Table]) -> dict[str, Table]:
        """Refuse keys that readers of tables lose."""
        for key in MISSING_WORDS & set(tables):
            raise problem(
                key,
                f"{key!r} is a missing value to programs that read tables; choose another key",
            )
        return tables

    @field_validator("options")
    @classmethod
    def _check_levers(cls, options: dict[str, Option], info: ValidationInfo) -> dict[str, Option]:
        """Refuse levers that could never act within the horizon."""
        start, end = info.data.get("start", FIRST_YEAR), info.data.get("end", LAST_YEAR)
        for key, option in options.items():
            check_within_horizon(option, path=key, start=start, end=end)
        return options

    @field_validator("comparator")
    @classmethod
    def _check_comparator(cls, comparator: str, info: ValidationInfo) -> str:
        """Refuse a comparator that is not among the options, or has nothing to be compared with."""
        options = info.data.get("options")
        if options is None:  # already reported
            return comparator
        if comparator not in options:
            hint = suggestion(comparator, options) or f"; add an empty table [options.{comparator}]"
            raise problem("", f"the comparator {comparator!r} is not among the options{hint}")
        if len(options) == 1:
            what = f"{comparator!r} is the only option; inaction has a cost only beside an action: add one"
            raise problem("", what)
        return comparator

    @property
    def file(self) -> str:
        """The file the scenario was read from, as it was given, for messages."""
        return self._file

    @property
    def name(self) -> str:
        """Short name of the scenario: its file's, without folder and ending."""
        return Path(self._file).stem

    @property
    def evidence_files(self) -> list[Path]:
        """Paths of the tables of evidence of one's own, as seen from where the package runs."""
        return [Path(self._file).parent / name for name in self.evidence]

    @property
    def prior_changes(self) -> dict[str, dict[str, Any]]:
        """What the scenario changes of priors, by name, as `merge_priors` takes it."""
        return prior_changes(self.priors)

    @property
    def used_programmes(self) -> dict[str, OwnProgramme]:
        """Programmes of one's own that some option names, by id."""
        named = {name for option in self.options.values() for name in option.programmes}
        return {name: own for name, own in self.programmes.items() if name in named}

    @property
    def stated(self) -> list[str]:
        """What the author states of today and of the years without further action, in words."""
        reached = (
            f"reached already today: {name.replace('_', ' ')}, {100 * share:.3g}% of its group"
            for name, share in self.provision.items()
        )
        return [*reached, *self.baseline.words()]

    def with_file(self, file: str | Path) -> Self:
        """Return the scenario, remembering that it was read from `file`."""
        self._file = str(file)
        return self


def years(scenario: Scenario) -> np.ndarray[Any, np.dtype[np.int64]]:
    """List the years of the horizon.

    Args:
        scenario: The scenario.

    Returns:
        Every year from `start` to `end`, both included, dims (year).
    """
    return np.arange(scenario.start, scenario.end + 1)
