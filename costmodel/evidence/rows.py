"""What a row of each table must say: the checks of a single row, before rows are held against each other.

A field without a default must be filled in. The description of such a field completes the sentence "give …"
of the error that asks for it.
"""

from __future__ import annotations

import math
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ASSUMPTION = "assumption"
RECALLED = "recalled"
#: Roles through which a row moves a result.
DATA_ROLES = ("train", "holdout", "bound")
#: Units that need no currency.
PURE_UNITS = ("ratio", "share", "share of GDP")
#: Largest allowed difference between a stated effect prior and the one recomputed from its study [log].
PRIOR_TOLERANCE = 0.01

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")]
Area = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{2,4}$")]
Iso3 = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Year = Annotated[int, Field(ge=1990, le=2100)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
Rate = Annotated[float, Field(gt=-1, lt=1)]
NonNegative = Annotated[float, Field(ge=0)]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Source = Annotated[
    str, Field(description="its key in sources.bib, or the word assumption with the reason beside it")
]
Status = Annotated[
    Literal["verified", "second-hand", "derived", "elicited", "assumption", "recalled"],
    Field(description="how the number is known: verified, second-hand, derived, elicited or assumption"),
]
Unit = Annotated[str, Field(description="the unit of the number, for example EUR/victim")]
Statement = Annotated[
    Literal["point", "interval", "range", "at_most", "at_least"],
    Field(description="what kind of statement the source makes"),
]
Form = Literal["sexual", "labour", "other"]
ViolenceType = Literal["physical", "emotional", "sexual", "neglect", "witnessing"]
IncomeGroup = Literal["Low income", "Lower middle income", "Upper middle income", "High income"]


class Row(BaseModel):
    """A row of a table: no field that is not named here, no number that is not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    #: Fields that together name the row.
    key: ClassVar[tuple[str, ...]]


class Sourced(Row):
    """A row that says where its numbers come from."""

    source: Source
    locator: str = ""
    status: Status
    note: str = ""

    @model_validator(mode="after")
    def check_provenance(self) -> Self:
        """An assumption gives its reason, a source its place, and memory is no source."""
        if self.source == ASSUMPTION:
            if not (self.note or getattr(self, "reason", "")):
                raise ValueError("an assumption without its reason; say why in note")
            if self.status in ("verified", "second-hand"):
                raise ValueError(
                    f"an assumption cannot be {self.status}; name its source, or set status to elicited"
                )
        elif "locator" in type(self).model_fields and not self.locator:
            raise ValueError("no locator; give the page, table or section of the source")
        if self.status == RECALLED and getattr(self, "role", DATA_ROLES[0]) in DATA_ROLES:
            raise ValueError(
                "status recalled cannot be data; read the source and set status, or leave the row out"
            )
        return self


def check_order(low: float | None, value: float | None, high: float | None) -> None:
    """Low, value and high rise; raises ValueError if they do not."""
    given = [number for number in (low, value, high) if number is not None]
    if given != sorted(given):
        raise ValueError(f"low, value and high do not rise: {', '.join(f'{number:g}' for number in given)}")


def check_statement(statement: str, low: float | None, value: float | None, high: float | None) -> None:
    """The numbers a statement needs are there; raises ValueError if one is missing."""
    needed = {"point": {"value": value}, "at_most": {"high": high}, "at_least": {"low": low}}
    for name, number in needed.get(statement, {"low": low, "high": high}).items():
        if number is None:
            raise ValueError(f"no {name}; a statement {statement!r} needs it")
    check_order(low, value, high)


class Anchor(Sourced):
    """A published unit cost, total or share of GDP, as printed."""

    key = ("id",)

    id: Key
    study: Key
    geography: Annotated[Area, Field(description="the country or region the number is for")]
    population: Annotated[str, Field(description="who is counted, for example registered victims 2016")]
    measure: Literal[
        "incident_lifetime", "annual_stock", "fiscal", "share_of_gdp", "ratio", "productivity_lifetime"
    ]
    module: Literal["unit_cost", "violence"]
    role: Literal["train", "holdout", "bound", "transfer", "context"]
    statement: Statement
    low: Positive | None = None
    value: Positive | None = None
    high: Positive | None = None
    unit: Unit
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    price_year: Annotated[float, Field(ge=1990, le=2100)] | None = None
    price_year_status: Literal["stated", "derived", "uncertain", ""] = ""
    components: str
    severity_class: Literal["maltreatment", "csa", "cse", "trafficking", ""] = ""
    mix: str = ""
    registered_share: Share | None = None
    discount_rate: Rate | None = None
    value_growth: Rate | None = None
    qaly_value: str = ""
    own_sd: NonNegative | None = None
    cluster: str = ""
    url: str = ""

    @model_validator(mode="after")
    def check_money(self) -> Self:
        """Money has a currency and a price year, and the statement has its numbers."""
        if self.unit not in PURE_UNITS and not self.currency:
            raise ValueError("no currency; give the ISO 4217 code of the money in the source")
        if self.unit != "ratio" and self.price_year is None:
            raise ValueError("no price_year; give the year of the source's prices")
        if self.role in DATA_ROLES and self.own_sd is None:
            raise ValueError(
                "no own_sd; give the error of the figure itself as a standard deviation of its log"
            )
        check_statement(self.statement, self.low, self.value, self.high)
        return self

    @model_validator(mode="after")
    def check_attributes(self) -> Self:
        """A unit cost that is data says what it covers, of whom, and how it was discounted."""
        if self.module == "unit_cost" and self.role in DATA_ROLES:
            for name in ("severity_class", "mix", "registered_share", "discount_rate", "value_growth"):
                if getattr(self, name) in ("", None):
                    raise ValueError(
                        f"no {name}; a unit cost with role {self.role} needs this attribute of the study"
                    )
            if "quality" in self.components.split() and not self.qaly_value:
                raise ValueError(
                    "no qaly_value; a cost with quality of life needs the study's value of a QALY"
                )
        return self


class Mix(Row):
    """Share of one group in the victims of a study."""

    key = ("mix", "form", "sex", "age")

    mix: Key
    form: Literal["any", "sexual", "labour", "other"]
    sex: Literal["female", "male"]
    age: Literal["child", "adult"]
    share: Share
    source: Source
    locator: str = ""
    note: str = ""


class Prior(Sourced):
    """One prior distribution and its reason."""

    key = ("name",)

    name: Key
    module: str
    family: str
    p1: float
    p2: float | None = None
    lower: float | None = None
    upper: float | None = None
    unit: str = ""
    reason: Annotated[str, Field(description="the reason for these numbers")]
    locator: str = "see reason"


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
    regime: Key
    flag: str = ""

    @model_validator(mode="after")
    def check_intervals(self) -> Self:
        """Both ends of a count are there or neither is."""
        for name in ("children", "victims", "sexual_children", "labour_children", "other_children"):
            low, high = getattr(self, f"{name}_low"), getattr(self, f"{name}_high")
            if (low is None) != (high is None):
                raise ValueError(
                    f"{name} has one end only; give {name}_low and {name}_high, equal for an exact count"
                )
            if low is not None and low > high:
                raise ValueError(f"{name}_low {low} is above {name}_high {high}")
        if self.id != f"{self.iso3}_{self.year}":
            raise ValueError(f"id does not name its country and year; write {self.iso3}_{self.year}")
        return self


class Estimate(Sourced):
    """A published estimate of victims, registered or not, that meet the national definition."""

    key = ("id",)

    id: Key
    iso3: Iso3
    year_start: Year
    year_end: Year
    window_years: Positive
    population: str
    statement: Statement
    low: Positive | None = None
    value: Positive | None = None
    high: Positive | None = None
    unit: Literal["persons/year", "persons/window", "ratio to registered"]
    method: str
    interval_level: Share | None = None
    url: str = ""
    role: Literal["train", "context"]

    @model_validator(mode="after")
    def check_window(self) -> Self:
        """The window does not end before it starts, and the statement has its numbers."""
        if self.year_end < self.year_start:
            raise ValueError(f"year_end {self.year_end} is before year_start {self.year_start}")
        check_statement(self.statement, self.low, self.value, self.high)
        return self


class Programme(Sourced):
    """Cost and reach of one programme in one income group."""

    key = ("id", "income_group")

    id: Key
    package: Key
    name: str
    area: str
    income_group: IncomeGroup
    unit_cost_low: NonNegative
    unit_cost_mid: Positive
    unit_cost_high: Positive
    currency: Currency
    price_year: Annotated[float, Field(ge=1990, le=2100, description="the year of the source's prices")]
    reach_unit: str
    acts_on: Literal["incidence", "duration", "severity", "detection"]
    forms: str
    target_group: Key
    target_share: Share
    coverage_max: Share
    lag_years: NonNegative
    ramp_years: NonNegative
    half_life_years: NonNegative | None = None
    transfer_share: Share
    payer: str
    public_share: Share
    evidence_grade: str
    cost_status: Literal["verified", "second-hand", "derived", "elicited"]

    @model_validator(mode="after")
    def check_forms(self) -> Self:
        """Costs rise from low to high, and forms are known."""
        check_order(self.unit_cost_low, self.unit_cost_mid, self.unit_cost_high)
        unknown = set(self.forms.split()) - {"sexual", "labour", "other", "all"}
        if unknown or not self.forms:
            raise ValueError(f"forms {self.forms!r}: name sexual, labour or other, or write all")
        return self


class Effect(Sourced):
    """What is believed of the effect of one programme, and which study stands behind it."""

    key = ("programme",)

    programme: Key
    basis: Literal["trial", "elicited"]
    log_rr_study: float | None = None
    se_study: Positive | None = None
    design: str = ""
    kappa: Share | None = None
    rho: Share | None = None
    transfer_sd: NonNegative | None = None
    prior_log_rr_mean: float
    prior_log_rr_sd: Positive
    rr_violence_log_mean: float | None = None
    rr_violence_log_se: Positive | None = None
    violence_types: str = ""
    sentence: Annotated[str, Field(description="one sentence that says what the evidence is and is not")]

    @model_validator(mode="after")
    def check_prior(self) -> Self:
        """The prior of a trial follows from its study (MODEL.md eq. 18)."""
        study = (self.log_rr_study, self.se_study, self.kappa, self.rho, self.transfer_sd)
        if self.basis == "elicited":
            return self
        if None in study:
            raise ValueError(
                "basis trial without log_rr_study, se_study, kappa, rho or transfer_sd; fill in all five"
            )
        log_rr, se, kappa, rho, transfer_sd = (float(number or 0.0) for number in study)
        mean, sd = kappa * rho * log_rr, math.hypot(kappa * rho * se, transfer_sd)
        if max(abs(mean - self.prior_log_rr_mean), abs(sd - self.prior_log_rr_sd)) > PRIOR_TOLERANCE:
            raise ValueError(f"the study gives a prior with mean {mean:.3f} and SD {sd:.3f}; write these")
        return self

    @model_validator(mode="after")
    def check_violence(self) -> Self:
        """An effect on other violence has a mean, an error and the types it was measured for."""
        given = {self.rr_violence_log_mean is None, self.rr_violence_log_se is None, not self.violence_types}
        if len(given) > 1:
            raise ValueError(
                "give rr_violence_log_mean, rr_violence_log_se and violence_types together, or none of them"
            )
        return self
