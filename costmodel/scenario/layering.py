"""One scenario file over another: what the upper one adds, replaces and takes away; and files made to lie below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Table = dict[str, Any]

OWN_WORDS = ("title", "countries")
"""Keys by which a file asks a question of its own."""


def lay_over(below: Table, above: Table, *, place: tuple[str, ...] = ()) -> Table:
    """Lay one table over another.

    Args:
        below: Keys and values of the file that is extended.
        above: Those of the file that extends it.
        place: Keys that lead to both tables.

    Returns:
        Tables merged key by key; anything else, and a whole table of years, replaced; without the keys of
        `below` for which `above` says false.

    Example:
        >>> below = {"end": 2045, "options": {"care": {}, "know": {}}}
        >>> lay_over(below, {"end": 2035, "options": {"know": False}})
        {'end': 2035, 'options': {'care': {}}}
    """
    merged = dict(below)
    for key, value in above.items():
        held, here = below.get(key), (*place, key)
        if value is False and key in below and not isinstance(held, bool):
            del merged[key]
        elif isinstance(value, dict) and isinstance(held, dict) and not _by_year(here):
            merged[key] = lay_over(held, value, place=here)
        else:
            merged[key] = value
    return merged


def _by_year(place: tuple[str, ...]) -> bool:
    """Whether a table holds years: of a path of the baseline, of an option's budget, or of a lever."""
    match place:
        case (
            ("baseline", _) | ("options", _, "budget") | ("options", _, "programmes", _, "coverage" | "spend")
        ):
            return True
    return False


def is_base(table: Mapping[str, Any]) -> bool:
    """Tell whether a file is made to be extended: it has options, and neither a title nor countries.

    Args:
        table: Keys and values of the file, with what it extends.

    Returns:
        True for a preset, such as those in scenarios/presets.
    """
    return "options" in table and not any(key in table for key in OWN_WORDS)


BASE = (
    "is a base for other files: it has options, and no title or countries of its own; check or run a file that has "
    "them and names it in extends"
)
"""What is said of a file that is made to be extended."""
