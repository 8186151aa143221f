"""What a row of the cost tables must say: published figures, the victims of a study, and priors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from costmodel.errors import suggestion
from costmodel.evidence.rows.base import (
    DATA_ROLES,
    PURE_UNITS,
    Area,
    Grade,
    Key,
    NonNegative,
    Positive,
    Row,
    Share,
    Source,
    Sourced,
    Statement,
    Unit,
    check_statement,
)

#: Units of an anchor: money of a currency per victim or in total, or a pure number.
UNIT_PATTERN = (
    r"^(ratio|share|share of GDP|persons|[A-Z]{3}( total|/yr|/(victim|child|death|person served)(/yr)?))$"
)
UNITS = "ratio, share, share of GDP, persons, or money as EUR/victim, EUR total or EUR/yr"
NUMBER = r"[0-9]*\.?[0-9]+"
#: Units of a value of health.
VALUE_PATTERN = r"^([A-Z]{3}(/QALY|/DALY|/life-year|/life)|GDP per capita/DALY|elasticity|1/year)$"
#: Sub-model -> what a row that moves it may say: its roles, measures, unit and components.
ENTERS: Mapping[str, Mapping[str, str]] = {
    "unit_cost": {
        "role": "train holdout",
        "measure": "incident_lifetime fiscal annual_stock ratio",
        "unit": r"[A-Z]{3}/(victim|child)|[A-Z]{3} total|ratio|share",
        "components": "coordination law services health output quality transfers community",
    },
    "violence": {
        "role": "train holdout bound",
        "measure": "annual_stock share_of_gdp productivity_lifetime",
        "unit": r"share of GDP|[A-Z]{3}/yr",
        "components": "daly daly_ace productivity services",
    },
    "profits": {
        "role": "train",
        "measure": "profits",
        "unit": r"[A-Z]{3}/(yr|victim/yr)",
        "components": "profits",
    },
}
UNITS_OF = {
    "unit_cost": "money per victim as EUR/victim, a total with its count as EUR total, ratio or share",
    "violence": "share of GDP, or money a year as EUR/yr",
    "profits": "money a year as USD/yr",
}
#: Largest value of a QALY that can be meant in GDP per capita: those built on a statistical life are 8 to 9.
QALY_MAX = 50
#: Values of a QALY that the unit-cost model knows by name.
QALY_VALUES = ("value_of_qaly_unknown", "value_of_qaly_au", "value_of_qaly_us", "value_of_qaly_uk")
#: What a figure may contain: parts of a unit cost, parts of the burden of violence, and profits.
COMPONENT_WORDS = (
    *("coordination", "law", "services", "health", "output", "quality", "transfers", "community"),
    *("daly", "daly_ace", "productivity", "profits"),
)


class Anchor(Sourced):
    """A published unit cost, total, share of GDP, ratio or count, as printed."""

    key = ("id",)

    id: Key
    study: Key
    geography: Annotated[Area, Field(description="the country or region the number is for")]
    population: Annotated[str, Field(description="who is counted, for example registered victims 2016")]
    counted: Literal["registered", "estimated", "survey", "served", ""] = ""
    ages: Literal["all", "children", "adults", ""] = ""
    sex: Literal["both", "female", "male", ""] = ""
    forms: str = ""
    measure: Literal[
        "incident_lifetime",
        "annual_stock",
        "fiscal",
        "share_of_gdp",
        "productivity_lifetime",
        "ratio",
        "profits",
        "benefit",
        "count",
        "quotation",
    ]
    module: Literal["unit_cost", "violence", "prevalence", "profits", "prevention", "framing"]
    role: Literal["train", "holdout", "bound", "transfer", "context"]
    grade: Grade
    statement: Statement
    low: Positive | None = None
    value: Positive | None = None
    high: Positive | None = None
    unit: Unit
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    price_year: Annotated[float, Field(ge=1990, le=2100)] | None = None
    price_year_status: Literal["stated", "derived", "uncertain", ""] = ""
    conversion: Literal["market", "ppp", ""] = ""
    per: str = ""
    components: str = ""
    of_components: str = ""
    severity_class: Literal["maltreatment", "csa", "cse", "trafficking", ""] = ""
    mix: str = ""
    of_mix: str = ""
    registered_share: Share | None = None
    discount_rate: Annotated[float, Field(ge=0, le=0.2)] | None = None
    value_growth: Annotated[float, Field(ge=-0.1, le=0.1)] | None = None
    qaly_value: str = ""
    own_sd: NonNegative | None = None
    cluster: str = ""
    supersedes: str = ""
    url: str = ""

    @model_validator(mode="after")
    def check_money(self) -> Self:
        """Money has a currency and, unless it is only quoted, a price year; the statement has its numbers."""
        check_statement(self.statement, self.low, self.value, self.high)
        if self.price_year is not None and not float(2 * self.price_year).is_integer():
            raise ValueError(
                f"price_year is {self.price_year:g}; write a calendar year, or 2016.5 for the fiscal year 2016/17"
            )
        if self.statement == "interval" and self.low == self.high:
            raise ValueError("low and high of an interval are equal; use statement point with its own_sd")
        moves = self.role in DATA_ROLES
        if not re.match(UNIT_PATTERN, self.unit):
            raise ValueError(f"unit is {self.unit!r}; write {UNITS}")
        if self.unit not in PURE_UNITS:
            if not self.currency:
                raise ValueError("no currency; give the ISO 4217 code of the money in the source")
            if not self.unit.startswith(self.currency):
                raise ValueError(
                    f"currency is {self.currency} and unit is {self.unit}; both must name the same money"
                )
        if moves and self.unit not in ("ratio", "share", "persons") and self.price_year is None:
            raise ValueError("no price_year; give the year of the source's prices")
        if moves and self.own_sd is None:
            raise ValueError(
                "no own_sd; give the error of the figure itself as a standard deviation of its log"
            )
        return self

    @model_validator(mode="after")
    def check_scope(self) -> Self:
        """What is inside a figure is said in words that the model knows."""
        for name in ("components", "of_components"):
            for word in getattr(self, name).split():
                if word not in COMPONENT_WORDS:
                    hint = suggestion(word, COMPONENT_WORDS)
                    raise ValueError(f"{name} {word!r} is not one of {', '.join(COMPONENT_WORDS)}{hint}")
        if self.role in DATA_ROLES and not self.components:
            raise ValueError("no components; name what the figure contains, for example health output")
        if self.role == "train" and {"daly", "productivity"} <= set(self.components.split()):
            raise ValueError(
                "the figure adds DALYs and earnings, which hold the same lost production; enter one of them"
            )
        if self.measure == "ratio" and self.role == "train" and not self.of_components:
            raise ValueError("no of_components; name what the denominator of the ratio contains")
        return self

    @model_validator(mode="after")
    def check_place(self) -> Self:
        """A row that moves a sub-model says only what that sub-model can read."""
        if self.role not in DATA_ROLES:
            return self
        if self.module not in ENTERS:
            raise ValueError(
                f"module {self.module} is quoted only; set role context, or one of the modules {', '.join(ENTERS)}"
            )
        may = ENTERS[self.module]
        for name in ("role", "measure"):
            if getattr(self, name) not in may[name].split():
                raise ValueError(
                    f"{name} {getattr(self, name)} cannot enter module {self.module}, which reads "
                    f"{', '.join(may[name].split())}; correct it, or set role context"
                )
        if not re.fullmatch(may["unit"], self.unit):
            raise ValueError(
                f"unit {self.unit} cannot enter module {self.module}; give {UNITS_OF[self.module]}, or set role "
                "context"
            )
        for word in f"{self.components} {self.of_components}".split():
            if word not in may["components"].split():
                raise ValueError(
                    f"components: {word!r} is no part of module {self.module}, which reads "
                    f"{', '.join(may['components'].split())}"
                )
        return self

    @model_validator(mode="after")
    def check_statement_of_role(self) -> Self:
        """A ratio has no unit of money, a bound is one-sided, and no figure is without an error."""
        if self.role not in DATA_ROLES:
            return self
        if (self.measure == "ratio") != (self.unit in ("ratio", "share")):
            raise ValueError(
                f"measure {self.measure} and unit {self.unit} do not fit; a ratio has unit ratio or share"
            )
        if self.role == "bound" and self.statement not in ("at_most", "at_least"):
            raise ValueError(
                f"a bound is at_most or at_least, not {self.statement}; use role train for a figure"
            )
        one_sided = self.statement in ("at_most", "at_least")
        if one_sided and self.role == "train" and self.module == "unit_cost":
            raise ValueError("a one-sided unit cost cannot train the model; make its role context")
        if self.module == "unit_cost" and not set(self.components.split()) - {"transfers", "community"}:
            raise ValueError(
                "components hold no cost; name what the figure contains, for example health output"
            )
        if self.per and self.unit not in (f"{self.currency} total", f"{self.currency}/yr"):
            raise ValueError(f"unit {self.unit} is per victim already; leave per blank, or write a total")
        if self.statement == "point" and self.grade == "A" and not self.own_sd:
            raise ValueError("own_sd is 0; give the error of the figure itself, which no figure is without")
        return self

    @model_validator(mode="after")
    def check_attributes(self) -> Self:
        """A unit cost that is data says what it covers, of whom, and how it was discounted."""
        if self.module == "unit_cost" and self.role in DATA_ROLES:
            for name in (
                *("counted", "severity_class", "mix"),
                *("registered_share", "discount_rate", "value_growth"),
            ):
                if getattr(self, name) in ("", None):
                    raise ValueError(
                        f"no {name}; a unit cost with role {self.role} needs this attribute of the study"
                    )
            inside = f"{self.components} {self.of_components}".split()
            if "quality" in inside and not self.qaly_value:
                raise ValueError(
                    "no qaly_value; a cost with quality of life needs the study's value of a QALY"
                )
            number = bool(re.fullmatch(NUMBER, self.qaly_value)) and 0 < float(self.qaly_value) <= QALY_MAX
            if self.qaly_value and self.qaly_value not in QALY_VALUES and not number:
                hint = suggestion(self.qaly_value, QALY_VALUES)
                raise ValueError(
                    f"qaly_value {self.qaly_value!r} is neither a number of GDP per capita, above 0 and at most "
                    f"{QALY_MAX}, nor one of {', '.join(QALY_VALUES)}{hint}"
                )
            if self.unit.endswith("total") and not self.per:
                raise ValueError(
                    "no per; a total is compared per victim: name the row that counts its victims"
                )
        return self


class GradeError(Sourced):
    """What a grade of evidence adds to the error of a figure."""

    key = ("grade",)

    grade: Grade
    error_sd: NonNegative
    statuses: str
    reason: Annotated[str, Field(description="the reason for this number")]
    locator: str = "see reason"


class Study(Sourced):
    """What a study says in its own words, and what its figures may not be used for."""

    key = ("study",)

    study: Key
    title: Annotated[str, Field(description="a short name of the study")]
    says: Annotated[str, Field(description="what the source says, in one sentence")]
    quote: str = ""
    not_for: Annotated[str, Field(description="what the figure may not be used for")]
    supersedes: str = ""


class Valuation(Sourced):
    """A published value of health or rate of discount that a study or a prior rests on."""

    key = ("id",)

    id: Key
    geography: Area
    quantity: Literal[
        "value_of_qaly",
        "value_of_daly",
        "value_of_life_year",
        "value_of_statistical_life",
        "income_elasticity",
        "discount_rate",
    ]
    statement: Statement
    low: Positive | None = None
    value: Positive | None = None
    high: Positive | None = None
    unit: Annotated[Unit, Field(pattern=VALUE_PATTERN)]
    price_year: Annotated[float, Field(ge=1990, le=2100)] | None = None
    url: str = ""
    supersedes: str = ""

    @model_validator(mode="after")
    def check_numbers(self) -> Self:
        """The statement has its numbers, and money its price year."""
        check_statement(self.statement, self.low, self.value, self.high)
        if self.unit[:3].isupper() and self.unit[:3] != "GDP" and self.price_year is None:
            raise ValueError("no price_year; give the year of the source's prices")
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
    supersedes: str = ""
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
