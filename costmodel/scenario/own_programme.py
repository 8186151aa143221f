"""A programme of the analyst's own: cost, effect and reach stated in the scenario, with who says so."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from costmodel.scenario.base import Slug, StrictTable, Words, problem

VICTIMS = "victims"
"""Target group of registered victims, whom alone care can reach."""

CARE = ("duration", "severity", "revictimisation")
"""What a programme of care acts on."""

UNIT = r"^[A-Z]{3}[0-9]{4}/child/year$"
"""How a unit cost says its currency, its price year and what it buys."""

Share = Annotated[float, Field(ge=0, le=1)]
PositiveShare = Annotated[float, Field(gt=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Years = Annotated[float, Field(ge=0)]
Form = Literal["sexual", "labour", "other"]


class Quantiles(StrictTable):
    """A positive quantity that is not known: log-normal between two quantiles."""

    q05: Positive = Field(description="The value that you give a chance of 5% to lie below.")
    q95: Positive = Field(description="The value that you give a chance of 5% to lie above.")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        """Refuse quantiles that fall."""
        if self.q05 >= self.q95:
            what = f"q05 {self.q05:g} is not below q95 {self.q95:g}; q05 is the smaller of the two"
            raise problem("", what)
        return self


class UnitCost(Quantiles):
    """Cost of reaching one child for one year."""

    unit: Annotated[str, StringConstraints(pattern=UNIT)] = Field(
        description='Currency, price year and what it buys, as "EUR2024/child/year".'
    )

    @property
    def currency(self) -> str:
        """ISO 4217 code."""
        return self.unit[:3]

    @property
    def price_year(self) -> int:
        """Year of the prices."""
        return int(self.unit[3:7])


class OwnProgramme(StrictTable):
    """A programme that the evidence does not hold; it is drawn in the simulation, and nothing is fitted to it."""

    title: str = Field(
        default="", description="Name of the programme in tables and figures; its key if left out."
    )
    unit_cost: UnitCost = Field(
        description="Cost of reaching one child of the target group for one year: "
        '{q05 = 300, q95 = 900, unit = "EUR2024/child/year"}.'
    )
    rr: Quantiles = Field(
        description="Relative risk among reached children, 1 for no effect, below 1 for an improvement of what it "
        "acts on: {q05 = 0.7, q95 = 1.1}."
    )
    acts_on: Literal["incidence", "duration", "severity", "revictimisation", "detection"] = Field(
        description="What the effect acts on: new victims, time in exploitation, harm, being exploited again, or the "
        "share of victims who stay unregistered."
    )
    forms: Annotated[list[Form], Field(min_length=1)] = Field(
        default=["sexual", "labour", "other"],
        description="Forms of exploitation it acts on; all if left out.",
    )
    target_group: Slug = Field(
        description="Children it works with: a group of `programmes.csv`, whose programmes it overlaps, or one of "
        "your own."
    )
    target_share: PositiveShare | None = Field(
        default=None,
        description="Share of all children who are in the group, in each country; for a group of the evidence, the "
        "largest share that a programme of it has if left out.",
    )
    coverage_max: PositiveShare = Field(description="Share of the group that it can reach at most.")
    lag: Years = Field(description="Years from spending to the first effect.")
    ramp: Years = Field(description="Years from the first to the full effect.")
    half_life: Years | None = Field(
        default=None,
        description="Half-life of the effect after spending ends, in years; if left out it ends with the spending.",
    )
    payer: Words = Field(description="Who pays: a payer of `payers.csv` or `programmes.csv`.")
    public_share: Share | None = Field(
        default=None,
        description="Share of the cost that public budgets bear; all of it if left out, and never left out where "
        "business or households pay.",
    )
    transfer_share: Share = Field(
        default=0.0,
        description="Share of the cost that is handed to families: public money, but no cost to society.",
    )
    rr_violence: Quantiles | None = Field(
        default=None,
        description="Relative risk of other violence of `violence_types` among reached children, as you would deliver "
        "the programme: {q05 = 0.6, q95 = 1.0}; it enters the line of other violence averted alone.",
    )
    violence_types: Annotated[list[Words], Field(min_length=1)] | None = Field(
        default=None,
        description='Types of violence that `rr_violence` is of, as ["physical"] (`violence_types.csv`).',
    )
    source: Words | None = Field(
        default=None, description="Where the numbers were read; this, `assumption`, or both."
    )
    assumption: Words | None = Field(default=None, description="Why these numbers, where no source has them.")

    @model_validator(mode="after")
    def _check_says_why(self) -> Self:
        """Refuse numbers that nobody stands for."""
        if self.source is None and self.assumption is None:
            raise problem(
                "",
                'says neither source nor assumption; add source = "..." (where the numbers were read) or '
                'assumption = "..." (why these, where nobody has them)',
            )
        return self

    @model_validator(mode="after")
    def _check_care(self) -> Self:
        """Refuse care for children whom nobody has found, and prevention for those who are victims already."""
        if self.acts_on in CARE and self.target_group != VICTIMS:
            what = f'care acts on {self.acts_on} of registered victims: write target_group = "{VICTIMS}"'
            raise problem("target_group", what)
        if self.acts_on not in CARE and self.target_group == VICTIMS:
            what = (
                "registered victims can have their duration or severity changed, or their revictimisation (being "
                f"exploited again), not their {self.acts_on}"
            )
            raise problem("acts_on", f"{what}; choose another target_group, or acts_on")
        return self

    @model_validator(mode="after")
    def _check_violence(self) -> Self:
        """Refuse an effect on other violence of no type, types without an effect, and one of care."""
        if self.rr_violence is not None and self.violence_types is None:
            what = 'missing; say of which types of violence rr_violence is, as violence_types = ["physical"]'
            raise problem("violence_types", what)
        if self.violence_types is not None and self.rr_violence is None:
            what = "missing; violence_types stands without it: add rr_violence = {q05 = 0.6, q95 = 1.0}"
            raise problem("rr_violence", what)
        if self.rr_violence is not None and self.target_group == VICTIMS:
            what = "care reaches registered victims, whose other violence is not counted: take it out"
            raise problem("rr_violence", what)
        for place, name in enumerate(self.violence_types or ()):
            if name in (self.violence_types or ())[:place]:
                raise problem(f"violence_types[{place}]", f"{name!r} is listed twice; keep one")
        return self

    @property
    def sentence(self) -> str:
        """What the numbers rest on, as tables and pages print it."""
        said = {"Source": self.source, "Assumption": self.assumption}
        reasons = [f"{head}: {text.rstrip('. ')}." for head, text in said.items() if text is not None]
        return " ".join(["Of the scenario's author, not of the evidence.", *reasons])
