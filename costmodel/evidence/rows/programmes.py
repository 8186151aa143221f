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
