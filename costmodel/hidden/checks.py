"""What can be seen in a table of lists before any model: overlap, pairs without any, what cannot be told apart."""

from __future__ import annotations

import itertools

import numpy as np

from costmodel.evidence.lists import CaptureTable, shown_count

#: Persons on two or more lists below which every engine rests on a handful of persons.
FEW = 50


def empty_pairs(table: CaptureTable) -> list[tuple[str, str]]:
    """Pairs of lists that nobody is on together."""
    _, most = table.overlap()
    pairs = itertools.combinations(range(len(table.lists)), 2)
    return [(table.lists[i], table.lists[j]) for i, j in pairs if most[i, j] == 0]


def triangles(table: CaptureTable) -> int:
    """Threes of lists of which every two overlap: without one, dependence of all pairs cannot be told from numbers.

    Chan, Silverman and Vincent (2021), section 2.
    """
    _, most = table.overlap()
    near = (most > 0) & ~np.eye(len(table.lists), dtype=bool)
    threes = itertools.combinations(range(len(table.lists)), 3)
    return sum(bool(near[i, j] and near[i, k] and near[j, k]) for i, j, k in threes)


def check_lists(table: CaptureTable) -> list[str]:
    """What a reader of the estimates must know of the lists.

    Args:
        table: Overlapping lists.

    Returns:
        Sentences, none if there is nothing to say. Small counts are not given in them.
    """
    several = table.patterns.sum(axis=1) > 1
    low, high = int(table.low[several].sum()), int(table.high[several].sum())
    found = []
    if high < FEW:
        found.append(
            f"{shown_count(low, high)} persons are on two or more lists, fewer than {FEW}: every estimate rests on a "
            "handful of persons"
        )
    if empty := empty_pairs(table):
        words = ", ".join(f"{a} and {b}" for a, b in empty)
        found.append(
            f"nobody is on both of: {words}; whether such lists avoid each other rests on the priors"
        )
    everybody = [
        name for i, name in enumerate(table.lists) if not table.high[table.patterns[:, i] == 0].any()
    ]
    if everybody:
        found.append(
            f"everybody is on {', '.join(everybody)}: such a column is a total or a trait, no list beside others"
        )
    if not triangles(table):
        found.append(
            "no three lists overlap with one another: numbers and dependence of lists cannot be told apart"
        )
    if len(table.lists) == 2:
        found.append(
            "two lists cannot show whether they depend on each other: all engines assume or guess it"
        )
    if not table.exact:
        found.append(
            "some counts are intervals: engines draw them within or sum over them, and no output shows one"
        )
    return found
