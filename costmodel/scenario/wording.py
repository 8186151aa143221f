"""How a refusal of a scenario is worded: key path, what is wrong, what to do, nearest known key."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from costmodel.errors import nearest, suggestion
from costmodel.scenario.format import PriorChange, Scenario
from costmodel.scenario.levers import Lever
from costmodel.scenario.option import Option
from costmodel.scenario.own_programme import UNIT, OwnProgramme, Quantiles, UnitCost
from costmodel.scenario.paths import BaselinePaths

_LISTS = r"^countries|^discount|^not_modelled|\.forms|\.violence_types"
"""Places of lists, whose entries are counted."""

LONGEST_SHOWN = 60
"""Characters of a wrong value that a message shows."""

_REMEDIES = {
    "schema": "schema = 1",
    "title": 'title = "Guardianship for unaccompanied children, Netherlands"',
    "countries": 'countries = ["NLD"]',
    "start": "start = 2026",
    "end": "end = 2045",
    "price_year": "price_year = 2024",
    "evidence": 'evidence = ["my_anchors.csv"]',
    "discount": 'discount = ["eu_3", "zero"]',
    "comparator": 'comparator = "no_further_action"',
    "priors": "[priors.between_study_sd] and what changes, as q95 = 0.5",
    "options": "[options.no_further_action] and at least one more option",
    "coverage": "coverage = 0.3",
    "unit_cost": 'unit_cost = {q05 = 300, q95 = 900, unit = "EUR2024/child/year"}',
    "rr": "rr = {q05 = 0.7, q95 = 1.1}",
    "rr_violence": "rr_violence = {q05 = 0.6, q95 = 1.0}",
    "violence_types": 'violence_types = ["physical"]',
    "q05": "q05, the value with 5% below it",
    "q95": "q95, the value with 95% below it",
    "unit": 'unit = "EUR2024/child/year"',
    "acts_on": 'acts_on = "incidence"',
    "forms": 'forms = ["sexual"]',
    "target_group": 'target_group = "families"',
    "coverage_max": "coverage_max = 0.6",
    "lag": "lag = 1 (years to the first effect)",
    "ramp": "ramp = 3 (years from the first to the full effect)",
    "payer": 'payer = "child and social welfare"',
}
_WRONG_TYPE = {
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "string_type": "must be text in double quotes",
    "bool_type": "must be true or false",
    "list_type": 'must be a list, as ["..."]',
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}
_PATTERNS = {
    r"^[A-Z]{3}$": "must be a currency code of three capital letters, as EUR",
    UNIT: "must be a currency, its price year and what it buys, as EUR2024/child/year",
    r"^[a-z][a-z0-9_]*$": "must be a key of small letters, digits and underscores, as no_further_action",
}


def without_echoes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out the keys reported missing because they are misspelt, which is reported too."""
    meant = {
        (*detail["loc"][:-1], nearest(str(detail["loc"][-1]), _keys_at(detail["loc"][:-1])))
        for detail in details
        if detail["type"] == "extra_forbidden"
    }
    return [detail for detail in details if detail["type"] != "missing" or detail["loc"] not in meant]


def absent(detail: ErrorDetails) -> bool:
    """Whether a problem is that a key of the whole file is missing."""
    return detail["type"] == "missing" and len(detail["loc"]) == 1


def describe(detail: ErrorDetails) -> str:
    """Say one problem in the words of the file: key path, what is wrong, what to do."""
    context: Mapping[str, Any] = detail.get("ctx", {})
    path = ".".join(str(part) for part in detail["loc"] if part != "[key]")
    path = re.sub(rf"({_LISTS})\.(\d+)", lambda m: f"{m[1]}[{m[2]}]", path)
    if context.get("path"):
        path = f"{path}.{context['path']}"
    return f"{path}: {_say_what(detail, context)}"


def _say_what(detail: ErrorDetails, context: Mapping[str, Any]) -> str:
    """Say what is wrong with one key, and what to do."""
    kind, given, loc = detail["type"], detail["input"], detail["loc"]
    if kind == "extra_forbidden":
        return _explain_unknown(loc, given)
    if kind == "missing":
        return f"missing; add {_REMEDIES[str(loc[-1])]}"
    if kind == "costmodel":
        return str(context["what"])
    if kind in _WRONG_TYPE:
        return _explain_type(kind, str(loc[-1]), given)
    if kind == "string_pattern_mismatch":
        return f"{_PATTERNS[str(context['pattern'])]}, not {_as_written(given)}"
    if kind in {"too_short", "string_too_short"}:
        return f"is empty; write {_REMEDIES.get(str(loc[-1]), 'something, or leave the key out')}"
    if kind == "literal_error":
        hint = suggestion(str(given), re.findall(r"'(\w+)'", str(context["expected"])))
        return f"must be {context['expected']}, not {_as_written(given)}{hint}"
    if kind == "greater_than":
        return f"must be above {context['gt']:g}, not {_as_written(given)}"
    if kind in {"greater_than_equal", "less_than_equal"}:
        word, bound = (
            ("least", context.get("ge")) if kind.startswith("greater") else ("most", context.get("le"))
        )
        return f"must be at {word} {bound:.12g}, not {_as_written(given)}{_percent(bound, given)}"
    return f"{detail['msg']}, not {_as_written(given)}"


def _percent(bound: float | None, given: object) -> str:
    """Say how a share is written that was given in per cent."""
    if bound != 1 or isinstance(given, bool) or not isinstance(given, int | float) or not 1 < given <= 100:
        return ""
    return f"; for {given:g}% write {given / 100:g}"


def _explain_type(kind: str, key: str, given: object) -> str:
    """Say that a value is of another kind; false in the place of a table was meant to take one away."""
    if given is False and kind.startswith("model"):
        return "is false, which takes away what an extended file has under this key, and none has it"
    example = f", as {_REMEDIES[key]}" if key in ("unit_cost", "rr", "rr_violence") else ""
    return f"{_WRONG_TYPE[kind]}{example}, not {_as_written(given)}"


def _as_written(value: object) -> str:
    """Show a value much as the file has it, and not at length."""
    text = (
        str(value) if isinstance(value, date | time) else json.dumps(value, ensure_ascii=False, default=str)
    )
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _explain_unknown(loc: tuple[int | str, ...], given: object) -> str:
    """Say that a key is unknown, with the nearest known one, or where it belongs, or all that are known."""
    key, known = str(loc[-1]), _keys_at(loc[:-1])
    if key == "extends":
        return "only a file can extend another; take it out"
    if key in _keys_at(()) and not isinstance(given, dict):
        return f"unknown key here; {key!r} is a key of the whole file: write it above the first [table]"
    if hint := suggestion(key, known):
        return f"unknown key{hint}"
    if known == _keys_at(("options", "")) and isinstance(given, dict):
        return f"unknown key; a programme goes one level down, as [options.{loc[1]}.programmes.{key}]"
    if key == "budget":
        return "unknown key here; a budget belongs to an option, as [options.protect], and a share to its programmes"
    if key in Lever.model_fields:
        return (
            f"unknown key here; {key!r} belongs to a programme, as [options.protect.programmes.guardianship]"
        )
    return f"unknown key; the keys here are {', '.join(known)}"


def _keys_at(place: tuple[int | str, ...]) -> list[str]:
    """List the keys that are understood at one place, as the path of a key leads there."""
    by_depth: dict[int, type[BaseModel]] = {0: Scenario, 2: Option, 4: Lever}
    model: type[BaseModel]
    match place:
        case ("priors", *_):
            model = PriorChange
        case ("baseline", *_):
            model = BaselinePaths
        case ("programmes", _, "unit_cost"):
            model = UnitCost
        case ("programmes", _, "rr" | "rr_violence"):
            model = Quantiles
        case ("programmes", *_):
            model = OwnProgramme
        case _:
            model = by_depth[len(place)]
    keys = [field.alias or name for name, field in model.model_fields.items()]
    return [*keys, "extends"] if model is Scenario else keys
