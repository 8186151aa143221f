"""What the tables of a scenario share: strictness, names, and errors that know the path of their key."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

FIRST_YEAR, LAST_YEAR = 1990, 2200
"""Years outside these are taken for a slip of the pen: no price is older, no horizon longer."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, StringConstraints(min_length=1)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


def problem(path: str, what: str) -> PydanticCustomError:
    """Build a validation error that knows the path of the key it is about, below the field that raises it."""
    return PydanticCustomError("costmodel", "{what}", {"what": what, "path": path})


class StrictTable(BaseModel):
    """A table of a scenario file: strict about types, and with no key that is not understood."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
