"""What a row of the tables of facts must say: countries, prices, people, shares and named numbers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from costmodel.evidence.rows.base import (
    Area,
    Count,
    Currency,
    IncomeGroup,
    Iso3,
    Key,
    NonNegative,
    Positive,
    Rate,
    Row,
    Share,
    Source,
    Sourced,
    Status,
    Unit,
    ViolenceType,
    Year,
)

Flag = Annotated[int, Field(ge=0, le=1)]
Age = Annotated[int, Field(ge=0, le=120)]
#: The value of a QALY that the posterior holds, as a named valuation.
ESTIMATE = "estimate"


class Country(Sourced):
    """Facts of one country."""

    key = ("iso3",)

    iso3: Iso3
    name: str
    subregion: str
    region: str
    wb_region: str
    income_group: IncomeGroup
    currency: Currency
    eu27: Flag
    population_2024: Count
    children_2024: Count
    children_2030: Count
    children_0_4: Count
    children_5_11: Count
    children_12_14: Count
    children_15_17: Count
    gdp_year: Year | None = None
    gdp_usd: Positive | None = None
    gdp_ppp: Positive | None = None
    gdp_per_capita_usd: Positive | None = None
    gdp_per_capita_ppp: Positive | None = None
    lcu_per_usd_2024: Positive | None = None
    price_level_2024: Positive | None = None
    growth_gdp_per_capita: Annotated[float, Field(gt=-0.5, lt=0.5)] | None = None
    tax_share_gdp: Share | None = None


class Price(Row):
    """Prices, exchange rate, purchasing power and output of one area and year."""

    key = ("area", "year")

    area: Area
    year: Year
    gdp_deflator: Positive | None = None
    lcu_per_usd: Positive | None = None
    lcu_per_usd_implied: Positive | None = None
    ppp: Positive | None = None
    gdp_usd: Positive | None = None
    population: Count | None = None
    gdp_growth: Annotated[float, Field(gt=-1)] | None = None
    gdp_lcu: Positive | None = None


class Children(Row):
    """Children aged 0-17 of one country and year."""

    key = ("iso3", "year")

    iso3: Iso3
    year: Year
    children: Count


class Survivors(Row):
    """Survivors to an exact age, of one birth."""

    key = ("iso3", "age")

    iso3: Iso3
    age: Age
    survivors: Share


class Member(Row):
    """One country of a region."""

    key = ("region", "iso3")

    region: Area
    name: str
    iso3: Iso3
    source: Source
    note: str = ""


class ViolenceShare(Sourced):
    """Share of one type in the burden of violence against children."""

    key = ("type",)

    type: ViolenceType
    share: Share


class Payer(Row):
    """Who bears a component, and how much of it."""

    key = ("component", "payer")

    component: str
    payer: str
    share: Share
    public: Flag
    source: Source
    note: str = ""


class PublicFinance(Sourced):
    """What the central government of a country spends."""

    key = ("iso3",)

    iso3: Iso3
    central_expense_share_gdp: Positive
    year: Year


class Default(Sourced):
    """A value judgement that holds where a scenario states none."""

    key = ("name",)

    name: Key
    value: float
    unit: str


class DiscountStep(Sourced):
    """Rate of a discount preset from a number of years after the base year."""

    key = ("preset", "from_year")

    preset: Key
    from_year: Count
    rate: Rate
    growth_elasticity: NonNegative | None = None
    health_rate: Rate | None = None
    dated: Year

    @model_validator(mode="after")
    def check_growth_counted_once(self) -> Self:
        """A rate of its own for quality of life goes with a flat value of it, and so with no growth in the rates."""
        if self.health_rate is not None and self.growth_elasticity is not None:
            raise ValueError(
                "health_rate beside growth_elasticity: a rate for quality of life of its own stands for the growth of "
                "its value, which would be counted twice; leave one of the two blank"
            )
        return self


class Judgement(Sourced):
    """One value judgement under which a run shows its decision again."""

    key = ("judgement", "name")

    judgement: Literal["qaly_value", "equity_weight", "public_funds"]
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]+$")]
    value: NonNegative | None = None
    unit: Unit

    @model_validator(mode="after")
    def check_value(self) -> Self:
        """Only the posterior's own value of a QALY has none, because it differs by country and draw."""
        if (self.value is None) != ((self.judgement, self.name) == ("qaly_value", ESTIMATE)):
            raise ValueError(f"a judgement has a value, and qaly_value {ESTIMATE} alone has none; correct it")
        return self


class Constant(Row):
    """A named number that is neither estimated nor chosen in a scenario."""

    key = ("name",)

    name: Key
    value: float
    unit: str
    status: Status
    source: Source
    reason: Annotated[str, Field(description="the reason for this number")]


class EarningsPoint(Row):
    """Earnings at one age relative to their peak."""

    key = ("age",)

    age: Age
    earnings: Share
    status: Status
    source: Source
    note: str = ""


class TableSource(Sourced):
    """Where a whole table comes from whose rows do not say so one by one."""

    key = ("table",)

    table: Key
