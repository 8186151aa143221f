"""Errors that say where, what, and what to do; and the nearest known name to a misspelt one.

Every error the package raises on purpose is a `CostmodelError`: the command line prints its message and
leaves with its `exit_code`. Exit code 2 means that the input is wrong (a scenario, a row of evidence, an
output folder) and that running it again will not help; 1 means that the work itself did not succeed.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable

CANDIDATES = 10
"""Near names that are looked at more closely."""


class CostmodelError(Exception):
    """Work that could not be done; its message says where, what, and what to do."""

    exit_code = 1


class ScenarioError(CostmodelError):
    """A scenario file, or a change to it, that cannot be understood."""

    exit_code = 2


class EvidenceError(CostmodelError):
    """A row of evidence that lacks what it must have, or a fact the evidence does not hold."""

    exit_code = 2


class ModelError(CostmodelError):
    """A sub-model, or draws, of one's own that the package cannot use."""

    exit_code = 2


class OutputError(CostmodelError):
    """A place for results that is not ours to write in."""

    exit_code = 2


class RunError(CostmodelError):
    """A folder that should hold a run and does not, or two runs that cannot be compared."""

    exit_code = 2


class CacheError(CostmodelError):
    """A stored fit that is truncated, from another version, or not there."""


class ConvergenceError(CostmodelError):
    """A fit that did not pass the convergence gate."""


class Interrupted(CostmodelError):  # noqa: N818 (not an error of anybody)
    """Work stopped by the person who started it."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Find the known name that a misspelt one most likely means.

    Args:
        name: What was written.
        known: The names that would have been understood.

    Returns:
        The most similar known name, upper and lower case taken as equal, or None if nothing is similar.

    Example:
        >>> nearest("covrage", ["coverage", "end"])
        'coverage'
        >>> nearest("zzz", ["coverage", "end"]) is None
        True
        >>> nearest("NDL", ["NZL", "NLD"])
        'NLD'
    """
    written = name.casefold()
    by_folded = {candidate.casefold(): candidate for candidate in known}

    def likeness(candidate: str) -> tuple[float, bool, int]:
        # short codes tie often: exchanged letters are the likelier slip, then a slip towards the end
        pairs = zip(candidate, written, strict=False)
        shared = itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)
        ratio = difflib.SequenceMatcher(a=candidate, b=written).ratio()
        return ratio, sorted(candidate) == sorted(written), sum(1 for _ in shared)

    found = difflib.get_close_matches(written, list(by_folded), n=CANDIDATES)
    return by_folded[max(found, key=likeness)] if found else None


def suggestion(name: str, known: Iterable[str]) -> str:
    """Say the nearest known name as the end of a sentence, or nothing.

    Args:
        name: What was written.
        known: The names that would have been understood.

    Returns:
        `"; did you mean 'x'?"`, or an empty text if nothing is similar.

    Example:
        >>> suggestion("covrage", ["coverage", "end"])
        "; did you mean 'coverage'?"
    """
    found = nearest(name, known)
    return f"; did you mean {found!r}?" if found else ""
