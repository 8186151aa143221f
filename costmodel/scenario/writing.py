"""Write a scenario back as TOML, whole and resolved; and the JSON Schema of the format for editors."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from costmodel.scenario.format import Scenario

_HEADINGS = (
    ("schema", "title", "description", "describes", "author", "reviewed_by", "fictional"),
    ("countries", "start", "end"),
    ("currency", "price_year", "inflation", "discount", "comparator"),
    ("cost_of_public_funds", "overlap", "reduction_cap"),
    ("seed", "evidence", "not_modelled"),
)

TAKEN_AWAY = {"const": False, "description": "Takes away what the file that is extended has under this key."}


def dump_scenario(scenario: Scenario) -> str:
    """Write a scenario as TOML text, with nothing left to changes or other files.

    Only what the evidence decides where a scenario is silent (inflation) stays left out.

    Args:
        scenario: The scenario.

    Returns:
        The text of a scenario file; read back, it gives an equal scenario.
    """
    table = scenario.model_dump(by_alias=True, exclude_none=True)
    blocks = [
        "\n".join(f"{key} = {_write_value(table[key])}" for key in keys if key in table) for keys in _HEADINGS
    ]
    blocks.append("[priors]")
    for name, change in scenario.prior_changes.items():
        blocks.append(_write_table(["priors", name], change))
    blocks += [_write_table([name], table[name]) for name in ("baseline", "provision")]
    blocks.append("[programmes]")
    for name, own in table["programmes"].items():
        blocks.append(_write_table(["programmes", name], own))
    for key, option in table["options"].items():
        levers = option.pop("programmes")
        blocks.append(_write_table(["options", key], option))
        for programme, lever in levers.items():
            blocks.append(_write_table(["options", key, "programmes", programme], lever))
    return "\n\n".join(blocks) + "\n"


def scenario_json_schema() -> dict[str, Any]:
    """Describe the scenario format as a JSON Schema, which editors use to complete and check a file.

    Returns:
        The schema, as scenarios/scenario.schema.json holds it.
    """
    schema = Scenario.model_json_schema(by_alias=True)
    schema["properties"]["extends"] = {
        "type": "string",
        "description": "A scenario file that this one is laid over, its name relative to this file.",
    }
    for holder in (schema["properties"], schema["$defs"]["Option"]["properties"]):
        for tables in holder.keys() & {"options", "programmes", "priors"}:
            keys = holder[tables]["patternProperties"]
            keys |= {pattern: {"anyOf": [one, TAKEN_AWAY]} for pattern, one in keys.items()}
    del schema["required"]  # a file that extends another may leave any key to it
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "required": ["schema"],
    }


def write_json_schema() -> str:
    """Write the JSON Schema of the scenario format as text.

    Returns:
        The text of scenarios/scenario.schema.json.
    """
    return json.dumps(scenario_json_schema(), indent=2, ensure_ascii=False) + "\n"


def _write_table(path: list[str], entries: Mapping[str, Any]) -> str:
    """Write one [table] and its keys."""
    head = ".".join(_write_key(key) for key in path)
    return "\n".join(
        [f"[{head}]", *(f"{_write_key(key)} = {_write_value(value)}" for key, value in entries.items())]
    )


def _write_key(key: object) -> str:
    """Write a key, in quotes if it needs them."""
    text = str(key)
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _write_value(text)


def _write_value(value: Any) -> str:
    """Write one value in TOML."""
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{_write_key(key)} = {_write_value(inner)}" for key, inner in value.items())
            + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(_write_value(inner) for inner in value) + "]"
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for the delete character, which TOML wants escaped
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
