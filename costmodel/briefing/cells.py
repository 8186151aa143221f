"""Tables for readers: words in cells, with what must be said beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from costmodel.briefing.meta import Meta
from costmodel.summary import Estimate, central, interval

SHORT = 8  # rows


class Cell(NamedTuple):
    """What one cell says: a text, and smaller lines below it."""

    text: str
    small: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """A table for readers; the first cell of each row is its heading.

    In a grouped table the first cell is the heading of a group of rows, the second that of the row.
    """

    caption: str
    heads: tuple[str, ...]
    body: tuple[tuple[Cell, ...], ...]
    note: str = ""
    grouped: bool = False

    @property
    def kind(self) -> str:
        """How the page may lay it out: grouped, and short enough to be kept on one sheet."""
        return " ".join(
            [*(["grouped"] if self.grouped else []), *(["short"] if len(self.body) <= SHORT else [])]
        )


def estimate_cell(found: Estimate | None, unit: str = "") -> Cell:
    """Write an estimate: its mean, below it the median if it differs much, and the 90% interval.

    Args:
        found: The estimate, or None if the tables don't hold it.
        unit: As in `spoken`; left out where the head of the column says it.

    Returns:
        The cell; empty without an estimate.

    Example:
        >>> estimate_cell(Estimate(1.2e9, 4e7, 6.4e8, 4e9, 2e7))
        Cell(text='1.2 billion', small=('median 640 million', '40 million to 4.0 billion'))
    """
    if found is None:
        return Cell("")
    mean, _, median = central(found, unit).partition(" (")
    return Cell(mean, (*([median.removesuffix(")")] if median else []), interval(found, unit)))


def with_warnings(shown: Sequence[Table], meta: Meta) -> list[Table]:
    """Put the warnings of a run into the caption of every table, so that none travels without them.

    Args:
        shown: The tables.
        meta: Holds the warnings.

    Returns:
        The tables with their captions extended; as they were if there is no warning.
    """
    said = " ".join(warning.split(":")[0] + "." for warning in meta.warnings)
    if not said:
        return list(shown)
    return [replace(one, caption=f"{one.caption}. {said}") for one in shown]
