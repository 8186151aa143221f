"""Read a scenario file: parse, extend, change by `--set`, validate; a refusal names file, key and remedy."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from costmodel.errors import ScenarioError, suggestion
from costmodel.scenario.format import SCHEMA, PriorFile, Scenario, prior_changes
from costmodel.scenario.layering import BASE, Table, is_base, lay_over
from costmodel.scenario.wording import absent, describe, without_echoes

UNREADABLE = (ValueError, RecursionError)
"""What the parser raises: ValueError for bad TOML and for 5,000 digits; nesting can be too deep for it."""

_NAMED_TABLES = {"options": "option", "programmes": "programme of its own"}
"""Tables of tables to which a change adds none: a misspelt key would be a new one."""


def read_scenario(path: str | Path, *, sets: Sequence[str] = ()) -> Scenario:
    """Read a scenario file, with the files it extends, and apply changes to it.

    Args:
        path: A TOML file; scenarios/README.md is the dictionary of its keys.
        sets: Changes as `key.path=value`, the value written as in TOML; a single bare word stands for text.

    Returns:
        The scenario, valid in itself; `check_scenario` holds it against the evidence.

    Raises:
        ScenarioError: If a file is not there, does not parse, or extends itself; if a key is unknown,
            missing, of another type or out of range; if a change cannot be understood. Every
            problem is listed, one a line.
    """
    table = _read_extended(Path(path), seen=())
    for change in sets:
        _apply_change(table, change)
    where = f"{path} (with --set {' --set '.join(sets)})" if sets else str(path)
    return scenario_from_table(table, where=where).with_file(path)


def scenario_from_table(table: Mapping[str, Any], *, where: str = "scenario") -> Scenario:
    """Validate a scenario given as nested tables, as `tomllib` reads them.

    Args:
        table: Keys and values of a scenario.
        where: What to call it in messages.

    Returns:
        The scenario, valid in itself.

    Raises:
        ScenarioError: As `read_scenario`.
    """
    _check_schema(table, where=where)
    return _validated(Scenario, table, where=where).with_file(where)


def read_priors(path: str | Path) -> dict[str, dict[str, Any]]:
    """Read changes of priors from a scenario, or from a file with nothing but tables `[priors.NAME]`.

    Args:
        path: A TOML file.

    Returns:
        What changes by name, for `merge_priors`.

    Raises:
        ScenarioError: As `read_scenario`; or if there are no priors in the file.
    """
    table = read_table(Path(path))
    if "schema" in table:
        return read_scenario(path).prior_changes
    return prior_changes(_validated(PriorFile, table, where=str(path)).priors)


def _validated[Model: BaseModel](model: type[Model], table: Mapping[str, Any], *, where: str) -> Model:
    """A table as a model, or a refusal that lists every problem by its key."""
    try:
        return model.model_validate(dict(table))
    except ValidationError as error:
        details = without_echoes(error.errors(include_url=False))
        base = model is Scenario and is_base(table)
        problems = [f"{where}: {BASE}"] if base else []
        problems += [f"{where}: {describe(detail)}" for detail in details if not (base and absent(detail))]
        raise ScenarioError("\n".join(problems)) from None


def read_table(path: Path) -> Table:
    """Read one TOML file as it stands.

    Args:
        path: The file.

    Returns:
        Its nested tables.

    Raises:
        ScenarioError: If it is not there, is not text, or does not parse; the message gives the line.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ScenarioError(f"{path}: there is no such file{_nearby(path)}") from None
    except IsADirectoryError:
        raise ScenarioError(
            f"{path}: is a folder; name a scenario file, as {path / 'netherlands.toml'}"
        ) from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ScenarioError(
            f"{path}: cannot be read ({error.strerror}); check the file and its permissions"
        ) from None
    try:
        return tomllib.loads(text)
    except UNREADABLE as error:
        raise ScenarioError(f"{path}, {_explain_toml(str(error), text)}") from None


def _nearby(path: Path) -> str:
    """Suggest a file beside the one that is not there, or how to begin one."""
    beside = [entry.name for entry in path.parent.glob("*.toml")] if path.parent.is_dir() else []
    return suggestion(path.name, beside) or f"; begin one with: costmodel new NLD --out {path}"


def _explain_toml(message: str, text: str) -> str:
    """Turn the parser's message into line, text of the line, and what to do."""
    found = re.fullmatch(r"(?s)(.*) \(at (?:line (\d+), column \d+|end of document)\)", message)
    what, number = (found[1], found[2]) if found else (message, None)
    lines = text.rstrip().splitlines() or [""]
    line = int(number) if number else len(lines)
    if what.startswith(("Cannot overwrite", "Cannot declare", "Cannot mutate", "Cannot redefine")):
        what, remedy = "the same key or table is written twice", "keep one of the two"
    else:
        what, remedy = what[:1].lower() + what[1:], "text goes in double quotes, lists in [ ], tables in { }"
    shown = lines[min(line, len(lines)) - 1].strip()
    return f"line {line}: does not parse as TOML: {what}: {shown}; {remedy}"


def _read_extended(path: Path, *, seen: tuple[Path, ...]) -> Table:
    """Read a file and lay it over the one it extends, if it extends one."""
    if path.resolve() in seen:
        raise ScenarioError(f"{path}: extends itself, in a circle; take one of the `extends` out")
    table = read_table(path)
    _check_schema(table, where=str(path))
    base = table.pop("extends", None)
    if base is None:
        return table
    if not isinstance(base, str) or not base:
        raise ScenarioError(f'{path}: extends: must be the name of one file, as "base.toml", not {base!r}')
    if not (path.parent / base).is_file():
        raise ScenarioError(
            f"{path}: extends: there is no file {base!r} beside it{_nearby(path.parent / base)}"
        )
    below = _read_extended(path.parent / base, seen=(*seen, path.resolve()))
    if isinstance(below.get("evidence"), list):  # relative to the file that is extended: now to this one
        below["evidence"] = [(Path(base).parent / str(name)).as_posix() for name in below["evidence"]]
    return lay_over(below, table)


def _check_schema(table: Mapping[str, Any], *, where: str) -> None:
    """Refuse another version of the format before its keys are read by the rules of this one."""
    if "schema" not in table:
        raise ScenarioError(f"{where}: schema: missing; write schema = {SCHEMA} at the top")
    version = table["schema"]
    if type(version) is not int:
        raise ScenarioError(f"{where}: schema: must be the whole number {SCHEMA}, not {version!r}")
    if version != SCHEMA:
        remedy = (
            "install a newer costmodel"
            if version > SCHEMA
            else f"write schema = {SCHEMA} and check the keys again"
        )
        raise ScenarioError(
            f"{where}: schema: the file is in version {version}; this costmodel reads {SCHEMA}: {remedy}"
        )


def _apply_change(table: Table, change: str) -> None:
    """Apply one `--set key.path=value` to the table of the file, in place."""
    path, value = _parse_change(change)
    inner = table
    for depth, key in enumerate(path[:-1]):
        if depth == 1 and path[0] in _NAMED_TABLES and key not in inner:
            named = f"; its {path[0]} are {', '.join(inner)}" if inner else ""
            hint = suggestion(key, inner) or named
            raise ScenarioError(f"--set {change}: the file has no {_NAMED_TABLES[path[0]]} {key!r}{hint}")
        inner = inner.setdefault(key, {})
        if not isinstance(inner, dict):
            whole = ".".join(path[: depth + 1])
            raise ScenarioError(
                f"--set {change}: {whole} is not a table in the file; set it whole, as {whole}=..."
            )
    if value is False and isinstance(inner.get(path[-1]), dict):
        del inner[path[-1]]  # as in a file that extends another
    else:
        inner[path[-1]] = value


def _parse_change(change: str) -> tuple[list[str], Any]:
    """Split `key.path=value` into the keys and the value."""
    key, sign, text = change.partition("=")
    remedy = "; write it as --set end=2035, text and lists in single quotes: --set 'discount=[\"zero\"]'"
    try:
        inner: Any = tomllib.loads(f"{key.strip()} = 0")
    except UNREADABLE:
        raise ScenarioError(f"--set {change}: {key.strip()!r} is not a key{remedy}") from None
    if not sign:
        raise ScenarioError(f"--set {change}: there is no value{remedy}")
    path: list[str] = []
    while isinstance(inner, dict):
        ((name, inner),) = inner.items()
        path.append(name)
    if re.fullmatch(r"[A-Za-z][\w.-]*", text.strip()) and text.strip() not in {"true", "false", "nan", "inf"}:
        return path, text.strip()
    try:
        value = tomllib.loads(f"value = {text}")
    except UNREADABLE:
        raise ScenarioError(f"--set {change}: {text.strip()!r} is not a value{remedy}") from None
    if list(value) != ["value"]:
        raise ScenarioError(f"--set {change}: is more than one value{remedy}")
    return path, value["value"]
