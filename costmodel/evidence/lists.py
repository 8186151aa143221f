"""Overlapping lists of victims: how many persons stand on which lists together, and on no other."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from costmodel.errors import EvidenceError
from costmodel.evidence.reading import read_lines

Index = NDArray[np.int64]

COUNT = "count"
#: A count below this is a small cell: outputs say that it is small, never how small.
SMALL = 5
MAX_LISTS = 10
#: More persons than there are: a longer number is a slip.
MOST_PERSONS = 10**10
#: Words in the name of a column that point at a person: such a table may not be read.
IDENTIFYING = (
    *("name", "surname", "forename", "initials", "birth", "dob", "passport", "address", "street", "postcode"),
    *("phone", "mobile", "email", "mail", "id", "identifier", "identity", "ssn", "nino"),
    *("date", "age", "nationality"),
)
#: Letters from which such a word is looked for inside others, as in dateofbirth.
LONG = 5
_INTERVAL = re.compile(r"^(?:<\s*(?P<below>\d+)|(?P<low>\d+)\s*-\s*(?P<high>\d+))$")


@dataclass(frozen=True)
class CaptureTable:
    """Persons by the lists they are on; every pattern but "on no list", in a fixed order.

    Attributes:
        name: What the table is called in messages and outputs.
        lists: Names of the lists.
        patterns: 1 where a pattern is on a list, dims (pattern, list) [0 or 1].
        low, high: Persons with exactly this pattern, dims (pattern,) [persons]; equal where the count is known.
    """

    name: str
    lists: tuple[str, ...]
    patterns: Index
    low: Index
    high: Index

    @property
    def exact(self) -> bool:
        """Whether every count is known."""
        return bool((self.low == self.high).all())

    @property
    def base(self) -> int:
        """What outputs round counts to: where a cell is small, it could be found by subtraction [persons]."""
        return SMALL if bool(((self.low > 0) & (self.low < SMALL)).any()) else 1

    @property
    def n_listed(self) -> int:
        """Persons on at least one list; of intervals, the middle, rounded down [persons]."""
        return int((self.low + self.high).sum() // 2)

    def overlap(self) -> tuple[Index, Index]:
        """Least and most persons on both of two lists, whatever else they are on, dims (list, list) [persons]."""
        both = self.patterns[:, :, None] * self.patterns[:, None, :]
        return tuple((both * bound[:, None, None]).sum(axis=0) for bound in (self.low, self.high))  # type: ignore[return-value]

    def without(self, name: str) -> CaptureTable:
        """The table had one list not been kept; who was on that list alone is then unknown.

        Args:
            name: The list to leave out.

        Returns:
            The table of the other lists.

        Raises:
            EvidenceError: If there is no such list, or only two.
        """
        if name not in self.lists or len(self.lists) < 3:
            raise EvidenceError(
                f"{self.name}: list {name!r} cannot be left out of {', '.join(self.lists)}; at least two must stay"
            )
        kept = [i for i, label in enumerate(self.lists) if label != name]
        patterns = all_patterns(len(kept))
        rows = {tuple(pattern): i for i, pattern in enumerate(patterns)}
        low, high = np.zeros(len(patterns), dtype=int), np.zeros(len(patterns), dtype=int)
        for pattern, least, most in zip(self.patterns[:, kept], self.low, self.high, strict=True):
            if pattern.any():
                low[rows[tuple(pattern)]] += least
                high[rows[tuple(pattern)]] += most
        return CaptureTable(
            f"{self.name} without {name}", tuple(self.lists[i] for i in kept), patterns, low, high
        )


def all_patterns(n_lists: int) -> Index:
    """Every pattern but "on no list": those on one list first, then on two, dims (pattern, list) [0 or 1].

    Example:
        >>> all_patterns(2).tolist()
        [[1, 0], [0, 1], [1, 1]]
    """
    rows = [
        [int(i in chosen) for i in range(n_lists)]
        for size in range(1, n_lists + 1)
        for chosen in itertools.combinations(range(n_lists), size)
    ]
    return np.array(rows)


def shown_count(low: int, high: int, *, base: int = 1) -> str:
    """A count as an output may print it: one that is small, or is not known, is never given in full.

    Args:
        low: Least it can be [persons].
        high: Most it can be [persons].
        base: What it is rounded to, so that no small count is left when others are taken from it [persons].

    Returns:
        The count in words.

    Example:
        >>> shown_count(3, 3), shown_count(0, 0), shown_count(12, 16), shown_count(123, 123, base=5)
        ('<5', '0', '12-16', '125')
    """
    if low == high:
        return f"<{SMALL}" if 0 < low < SMALL else str(base * round(low / base))
    return f"<{max(SMALL, high + 1)}" if low < SMALL else f"{base * (low // base)}-{base * -(-high // base)}"


def masked_text(table: CaptureTable) -> str:
    """A table of lists as a file that an output may hold: counts from 1 to 4 as `<5`."""
    lines = [",".join([*table.lists, COUNT])]
    for pattern, low, high in zip(table.patterns, table.low, table.high, strict=True):
        if high:
            small = low < SMALL and (low != high or low > 0)
            count = (
                shown_count(int(low), int(high)) if small else str(low) if low == high else f"{low}-{high}"
            )
            lines.append(",".join([*map(str, pattern), count]))
    return (
        f"# Counts below {SMALL} are masked here; the fit used the table as it was given.\n"
        + "\n".join(lines)
        + "\n"
    )


def read_lists(path: str | Path) -> CaptureTable:
    """Read a table of overlapping lists (MODEL.md section 11).

    Args:
        path: A CSV file. Either a column for each list with 0 or 1, and `count`: persons with exactly that pattern,
            a whole number, or an interval as `<5` (0 to 4) or `1-4`. Or no `count`: one row a person, whose
            identifiers were removed. Patterns that are left out have no person.

    Returns:
        The table, named after the file.

    Raises:
        EvidenceError: If the file is missing, a column could identify a person, a cell is not 0 or 1, a pattern is
            there twice or on no list, or fewer than two lists have anybody.

    Example:
        >>> from costmodel.evidence.register import DATA
        >>> table = read_lists(DATA / "mse" / "UKdat_5.csv")
        >>> table.lists, table.n_listed
        (('LA', 'NG', 'PFNCA', 'GO', 'GP'), 2744)
    """
    path = Path(path)
    lines = read_lines(path)
    columns = lines[0][1]
    _check_lists(path, columns)
    lists = [column for column in columns if column != COUNT]
    patterns = all_patterns(len(lists))
    rows = {tuple(int(x) for x in pattern): i for i, pattern in enumerate(patterns)}
    low, high = np.zeros(len(patterns), dtype=int), np.zeros(len(patterns), dtype=int)
    seen: set[tuple[int, ...]] = set()
    for line, cells in lines[1:]:
        where = f"{path.name}, line {line}"
        if len(cells) != len(columns):
            raise EvidenceError(
                f"{where}: {len(cells)} cells under {len(columns)} columns; fill in every cell"
            )
        named = dict(zip(columns, cells, strict=True))
        pattern = _pattern(where, {name: named[name] for name in lists})
        least, most = _count(where, named[COUNT]) if COUNT in named else (1, 1)
        if COUNT in named and pattern in seen:
            raise EvidenceError(
                f"{where}: the pattern {_words(pattern, lists)} is there twice; add its rows up"
            )
        seen.add(pattern)
        low[rows[pattern]] += least
        high[rows[pattern]] += most
    if len(lines) == 1:
        raise EvidenceError(
            f"{path.name}: no rows under the names of the lists; give one for each pattern of lists"
        )
    table = CaptureTable(path.stem, tuple(lists), patterns, low, high)
    _check_filled(path, table)
    return table


def _check_lists(path: Path, columns: list[str]) -> None:
    """Two to ten lists, each named once, and no column that could identify a person."""
    for column in columns:
        words = re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column).lower())
        inside = any(len(word) >= LONG and word in column.lower() for word in IDENTIFYING)
        if column != COUNT and (inside or set(words) & set(IDENTIFYING)):
            raise EvidenceError(
                f"{path.name}: column {column!r} may identify a person; the table of lists holds 0 and 1 for each "
                "list and a count, and nothing else about anybody: remove it, or rename the list if it is one"
            )
        if column.lower() == COUNT and column != COUNT:
            raise EvidenceError(f"{path.name}: column {column!r}; did you mean {COUNT!r}?")
        if [other.lower() for other in columns].count(column.lower()) > 1 or not column or "\n" in column:
            raise EvidenceError(
                f"{path.name}: column {column!r} is there twice or has no name; give each list one"
            )
    n_lists = len(columns) - (COUNT in columns)
    if not 2 <= n_lists <= MAX_LISTS:
        raise EvidenceError(
            f"{path.name}: {n_lists} lists; give 2 to {MAX_LISTS}, a column of 0 and 1 for each, and {COUNT}"
        )


def _pattern(where: str, cells: Mapping[str, str]) -> tuple[int, ...]:
    """The lists of one row; not on any is nobody that a list could count."""
    for name, cell in cells.items():
        if cell not in ("0", "1"):
            raise EvidenceError(
                f"{where}: {name} is neither 0 nor 1; a column of a list says whether persons are on it, and "
                "anything else about them must be removed first"
            )
    pattern = tuple(int(cell) for cell in cells.values())
    if not any(pattern):
        raise EvidenceError(f"{where}: on no list; whom nobody listed is what is estimated, remove the row")
    return pattern


def _count(where: str, cell: str) -> tuple[int, int]:
    """Least and most persons of a cell."""
    if cell.isascii() and cell.isdigit() and int(cell) <= MOST_PERSONS:
        return int(cell), int(cell)
    found = _INTERVAL.match(cell)
    bounds = (0, int(found["below"]) - 1) if found and found["below"] else None
    if found and not found["below"]:
        bounds = (int(found["low"]), int(found["high"]))
    if bounds is None or bounds[0] > bounds[1]:
        raise EvidenceError(
            f"{where}: {COUNT} {cell!r} is no count; write a whole number without signs for thousands, or an "
            "interval as <5 or 1-4; a row of totals must go"
        )
    return bounds


def _words(pattern: tuple[int, ...], lists: list[str]) -> str:
    return " and ".join(name for name, on in zip(lists, pattern, strict=True) if on)


def _check_filled(path: Path, table: CaptureTable) -> None:
    """Every list has somebody, and somebody is on two lists: without overlap nothing can be said."""
    _, most = table.overlap()
    for i, name in enumerate(table.lists):
        if most[i, i] == 0:
            raise EvidenceError(f"{path.name}: nobody is on list {name!r}; leave it out")
    if not np.triu(most, 1).any():
        raise EvidenceError(
            f"{path.name}: nobody is on two lists; without overlap nothing can be said of whom no list holds"
        )
