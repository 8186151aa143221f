"""What every row of a table must say, and the words and numbers that rows share.

A field without a default must be filled in. The description of such a field completes the sentence "give …"
of the error that asks for it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

ASSUMPTION = "assumption"
RECALLED = "recalled"
#: Roles through which a row moves a result.
DATA_ROLES = ("train", "holdout", "bound")
#: Units that need no currency.
PURE_UNITS = ("ratio", "share", "share of GDP", "persons")
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
Grade = Annotated[
    Literal["A", "B", "C", "D"],
    Field(description="how far the figure can be trusted: A, B, C or D of grades.csv"),
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
