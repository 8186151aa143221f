"""The shape of the house: who may import whom, who may touch a file, and how large a room may grow.

The exceptions to each rule stand in this file and nowhere else.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "costmodel"
MAX_LINES = 400

#: Reading order is import order: a room imports only from rooms before it. Every room has its place here.
ORDER = (
    *("errors", "record", "randomness", "lifetime", "draws", "gate"),
    *("evidence", "scenario"),
    "ages",
    *("hidden", "model"),
    *(
        "programmes",
        "overlap",
        "own_programmes",
        "programme_inputs",
        "readings",
        "unit_costs",
        "baseline",
        "delivery",
        "courses",
        "bundles",
        "offsets",
        "simulation",
    ),
    *("economics", "discounting", "appraisal"),
    *(
        "summary",
        "validation",
        "trust",
        "groups",
        "views",
        "waiting",
        "deliveries",
        "budget_offsets",
        "judgements",
    ),
    *("ministries", "budgets", "acceptability"),
    *("by_country", "results", "verdict"),
    "decision",
    "figures",
    "briefing",
    *("printing", "headline", "cards", "programme_cards", "fit_report", "hidden_report", "comparison"),
    *("parameters", "run_draws", "choices", "drivers", "planned_studies"),
    *("decision_text", "driver_text"),
    *("pipeline", "cut_down", "spending_question", "spending", "spending_text", "selftest"),
    *("options", "anchor_verbs", "decision_verbs", "hidden_verbs", "programme_verbs", "cli", "__main__"),
)
#: Libraries that only some rooms may know.
CONFINED = {
    "pymc": {"hidden", "model"},
    "pytensor": {"hidden", "model"},
    "nutpie": {"hidden", "model"},
    "matplotlib": {"figures"},
    "dask": set(),
}
#: Modules that read files of a user or of the evidence, and those that write.
READERS = {"evidence.reading", "evidence.register", "model.cache", "record", "scenario.reading"}
WRITERS = {"briefing.writer", "model.cache", "record", "scenario.template"}
#: Rooms imported inside functions, which keeps `costmodel --help` fast. No other module imports so.
LAZY = {
    "anchor_verbs": {"briefing", "cards", "evidence", "scenario"},
    "decision_verbs": {
        "briefing",
        "choices",
        "decision",
        "spending_text",
        "decision_text",
        "driver_text",
        "drivers",
        "planned_studies",
        "scenario",
        "spending",
        "spending_question",
    },
    "hidden_verbs": {"evidence", "hidden", "hidden_report", "record"},
    "programme_verbs": {"briefing", "evidence", "own_programmes", "programme_cards", "scenario"},
    "cli": {
        "briefing",
        "comparison",
        "evidence",
        "fit_report",
        "headline",
        "model",
        "pipeline",
        "record",
        "scenario",
    }
    | {"selftest", "validation"},
}
#: Names that say nothing of what a module is about.
NAMELESS = {"common", "helpers", "misc", "tools", "util", "utils"}

READING = {"read_bytes", "read_csv", "read_text"}
READING_FROM = {"open_dataset", "open_datatree", "load_dataset", "load_datatree"}
WRITING = {
    *("mkdir", "rmdir", "rmtree", "unlink", "touch", "copytree", "symlink_to"),
    *("mkstemp", "mkdtemp", "NamedTemporaryFile", "TemporaryDirectory"),
    *("savefig", "to_netcdf", "to_zarr", "write_bytes", "write_text"),
}


class Import(NamedTuple):
    """One imported module, as seen from the importing one."""

    target: str
    in_function: bool
    for_types: bool


def _name(path: Path) -> str:
    """Name of a module inside the package: `evidence.prices`; a package is named as its folder."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def _room(name: str) -> str:
    """The room a module is in."""
    return name.partition(".")[0]


def _targets(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Full names of the modules that an import statement loads."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    assert node.level == 0, "relative imports hide which room they reach into"
    assert node.module is not None
    for alias in node.names:
        whole = f"{node.module}.{alias.name}"
        yield whole if whole.removeprefix("costmodel.") in MODULES else node.module


def _imports(tree: ast.AST, *, in_function: bool = False, for_types: bool = False) -> Iterator[Import]:
    """All imports of a module, and whether they happen when it is imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for target in _targets(node):
                yield Import(target, in_function, for_types)
        else:
            yield from _imports(
                node,
                in_function=in_function or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef),
                for_types=for_types
                or (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)),
            )


IMPORTS = {name: list(_imports(tree)) for name, tree in TREES.items()}


def _ours(found: Import) -> str | None:
    """Name of an imported module of ours inside the package; None for a library or the package itself."""
    return found.target.removeprefix("costmodel.") if found.target.startswith("costmodel.") else None


def _calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Calls of a module by the last part of the called name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield (node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id), node


def _opens_to_write(call: ast.Call) -> bool:
    """Whether a call of `open` has a mode that writes; the mode comes after the path of the built-in one."""
    modes = [
        *call.args[isinstance(call.func, ast.Name) :][:1],
        *(k.value for k in call.keywords if k.arg == "mode"),
    ]
    return any(isinstance(mode, ast.Constant) and set(str(mode.value)) & set("wax+") for mode in modes)


def _reads(name: str, call: ast.Call) -> bool:
    """Whether a call reads a file."""
    return name in READING | READING_FROM or (name == "open" and not _opens_to_write(call))


def _writes(name: str, call: ast.Call) -> bool:
    """Whether a call writes a file or changes a folder; a table turned to text without a path does not."""
    if name == "to_csv":
        return bool(call.args)
    if name in {"rename", "replace"}:  # of text or of a table, unless it is the one of the operating system
        return ast.unparse(call.func).startswith("os.")
    return name in WRITING or (name == "open" and _opens_to_write(call))


def test_every_room_has_its_place_in_the_order() -> None:
    """A new module is placed before it is used; a place without a module is taken away."""
    assert {_room(name) for name in MODULES} - {"__init__"} == set(ORDER)


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"__init__"}))
def test_a_module_imports_only_from_rooms_before_its_own(name: str) -> None:
    """One direction, so that no room has to know of what is built on it."""
    place = ORDER.index(_room(name))
    reached = {_room(target) for found in IMPORTS[name] if (target := _ours(found))} - {_room(name)}
    assert [room for room in sorted(reached) if ORDER.index(room) >= place] == []


def test_inside_a_room_nothing_imports_in_a_circle() -> None:
    """Between rooms the order forbids a circle; here, CycleError names the one inside a room."""
    graph = {
        name: {
            target
            for found in found_in
            if not found.for_types and (target := _ours(found)) and target != name
        }
        for name, found_in in IMPORTS.items()
        if name != "__init__"
    }
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph)


@pytest.mark.parametrize(("library", "rooms"), CONFINED.items())
def test_a_confined_library_is_known_in_its_room_only(library: str, rooms: set[str]) -> None:
    """Simulation and economics know nothing of a sampler; only figures know how one is drawn."""
    known = {
        _room(name)
        for name, found_in in IMPORTS.items()
        for found in found_in
        if _room(found.target) == library
    }
    assert known <= rooms


def test_imports_inside_functions_are_those_listed_here() -> None:
    """An import inside a function hides a dependency; the command line has them for speed."""
    found_in = {
        name: {_room(_ours(found) or found.target) for found in found_in if found.in_function}
        for name, found_in in IMPORTS.items()
    }
    assert {name: lazy for name, lazy in found_in.items() if lazy} == LAZY


def test_importing_the_package_imports_none_of_its_rooms() -> None:
    """`import costmodel` must cost nothing: its names are loaded when they are first used."""
    assert [found.target for found in IMPORTS["__init__"] if _ours(found) and not found.for_types] == []


def test_files_are_read_where_reading_belongs() -> None:
    """Between the first step and the last, a quantity depends on its arguments alone."""
    assert {name for name, tree in TREES.items() if any(_reads(*call) for call in _calls(tree))} == READERS


def test_files_are_written_where_writing_belongs() -> None:
    """What computes does not write, so a failed run leaves nothing half-written."""
    assert {name for name, tree in TREES.items() if any(_writes(*call) for call in _calls(tree))} == WRITERS


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_fits_in_one_reading(name: str) -> None:
    """At the cap, find the second idea and name it."""
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= MAX_LINES


def test_every_module_says_by_its_name_what_it_is_about() -> None:
    """What has no name of its own has no idea of its own."""
    assert NAMELESS & {part for name in MODULES for part in name.split(".")} == set()


def _defined(name: str) -> set[str]:
    """Functions, classes and constants at the top level of a module."""
    names = {node.name for node in TREES[name].body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    for node in TREES[name].body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def _exists(reference: str) -> bool:
    """Whether a module of this name, or one that ends in it, defines what is named."""
    module, _, quantity = reference.removeprefix("costmodel.").rpartition(".")
    homes = [name for name in MODULES if name == module or name.endswith(f".{module}")]
    return any(quantity in _defined(home) for home in homes)


def test_every_function_the_equation_sheet_names_exists() -> None:
    """The sheet names functions as `module.function`; one that was renamed is renamed there too."""
    parts = {part for name in MODULES for part in name.split(".")}
    files = (".csv", ".json", ".md", ".nc", ".py", ".toml")
    named = re.findall(r"`((?:[a-z_]\w*\.)+\w+)(?:\(\))?`", (ROOT / "MODEL.md").read_text(encoding="utf-8"))
    references = {
        found for found in named if _room(found) in parts | {"costmodel"} and not found.endswith(files)
    }
    assert references
    assert [found for found in sorted(references) if not _exists(found)] == []
