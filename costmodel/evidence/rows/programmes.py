"""What a row of the programme tables must say: cost and reach, and the effect with its study."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from costmodel.evidence.rows.base import (
    PRIOR_TOLERANCE,
    Currency,
    IncomeGroup,
    Key,
    NonNegative,
    Positive,
    Share,
    Sourced,
    check_order,
)


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
    supersedes: str = ""

    @model_validator(mode="after")
    def check_forms(self) -> Self:
        """Costs rise from low to high, and forms are known."""
        check_order(self.unit_cost_low, self.unit_cost_mid, self.unit_cost_high)
        unknown = set(self.forms.split()) - {"sexual", "labour", "other", "all"}
        if unknown or not self.forms:
            raise ValueError(f"forms {self.forms!r}: name sexual, labour or other, or write all")
        return self


class Offset(Sourced):
    """What a programme saves on what it replaces, per reached child-year, in one income group or in all."""

    key = ("programme", "income_group")

    programme: Key
    income_group: IncomeGroup | Literal["all"]
    replaces: Annotated[str, Field(description="what is no longer paid for when the programme acts")]
    unit: Annotated[
        Literal["money", "multiple of unit cost"],
        Field(description="money, or multiple of unit cost: of the programme's own"),
    ]
    saved_low: Positive
    saved_mid: Positive
    saved_high: Positive
    currency: Annotated[str, Field(pattern=r"^([A-Z]{3})?$")] = ""
    price_year: Annotated[float, Field(ge=1990, le=2100)] | None = None
    cash_now_low: Share
    cash_now_high: Share
    lag_years: Annotated[
        int, Field(ge=0, le=100, description="years after which the rest of the saving reaches the budget")
    ]
    payer: str
    public_share: Share
    supersedes: str = ""

    @model_validator(mode="after")
    def check_saving(self) -> Self:
        """Numbers rise, and money has its currency and price year, which a multiple has not."""
        check_order(self.saved_low, self.saved_mid, self.saved_high)
        if self.cash_now_low > self.cash_now_high:
            raise ValueError(
                f"cash_now_low {self.cash_now_low:g} is above cash_now_high {self.cash_now_high:g}"
            )
        money = self.unit == "money"
        if money and not (self.currency and self.price_year):
            raise ValueError("no currency or price_year; give those of the source's prices")
        if not money and (self.currency or self.price_year is not None):
            raise ValueError(
                "a multiple of the unit cost has no currency and no price_year; leave both blank"
            )
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
    supersedes: str = ""

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
