"""What a row of the cost tables must say: published figures, the victims of a study, and priors."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from costmodel.evidence.rows.base import (
    DATA_ROLES,
    PURE_UNITS,
    Area,
    Key,
    NonNegative,
    Positive,
    Rate,
    Row,
    Share,
    Source,
    Sourced,
    Statement,
    Unit,
    check_statement,
)


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
