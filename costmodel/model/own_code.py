"""The code of a builder of one's own as text, with all that it reads: no old fit may pass for a new one."""

from __future__ import annotations

import dis
import functools
import hashlib
import inspect
import pickle
import sys
from collections.abc import Iterator
from importlib import metadata
from types import CodeType, FunctionType, ModuleType
from typing import Any

from costmodel.errors import ModelError

OURS = "costmodel"
REMEDY = "write it as a function in a file or a notebook cell"


def source_of(builder: Any) -> str:
    """Everything a builder is made of: its source, and what it reads from around it, one part a line.

    Args:
        builder: A function; also one with arguments filled in by `functools.partial`.

    Returns:
        Sources of the functions it reaches outside installed packages, versions of the packages, hashes of data.

    Raises:
        ModelError: If a source cannot be read, or data it reads cannot be told apart from other data.
    """
    found: dict[str, str] = {}
    _collect(builder, getattr(builder, "__name__", "the builder"), found)
    return "\n".join(sorted(found.values()))


def _collect(value: Any, name: str, found: dict[str, str]) -> None:
    """Add what one value is made of, and what it reads, unless it is there already."""
    if isinstance(value, functools.partial):
        found[f"{name}()"] = f"{name}: {_hash((value.args, value.keywords), name)}"
        _collect(value.func, name, found)
    elif isinstance(value, ModuleType):
        found[value.__name__] = _module(value)
    elif isinstance(value, FunctionType | type) or inspect.isroutine(value):
        _collect_code(value, name, found)
    elif callable(value) and not _installed(type(value)):
        raise ModelError(f"{name}: is an object that can be called, whose source cannot be read; {REMEDY}")
    else:
        found[name] = f"{name}: {_hash(value, name)}"


def _collect_code(value: Any, name: str, found: dict[str, str]) -> None:
    """Add a function or class: as its module, if that is installed or ours, else with all that it reads."""
    home = getattr(value, "__module__", None) or "builtins"
    key = f"{home}.{getattr(value, '__qualname__', name)}"
    if key in found:
        return
    if home in sys.modules and _installed(value):
        found[key] = _module(sys.modules[home])
        return
    try:
        found[key] = inspect.getsource(value)
    except (OSError, TypeError) as error:
        raise ModelError(
            f"{name}: its source cannot be read, so its fit could not be kept apart; {REMEDY}"
        ) from error
    if isinstance(value, FunctionType):
        for inner, read in _reads(value):
            _collect(read, inner, found)


def _installed(value: Any) -> bool:
    """Whether a function or class is of this package, of an installed one, or of Python."""
    top = str(getattr(value, "__module__", None) or "builtins").partition(".")[0]
    return top == OURS or _version(top) is not None


def _reads(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """Names and values that a function takes from around it: globals, enclosing functions, defaults."""
    for name in sorted(set(_globals(function.__code__))):
        if name in function.__globals__:
            yield name, function.__globals__[name]
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield name, cell.cell_contents
    for i, default in enumerate(function.__defaults__ or ()):
        yield f"{function.__name__}.default.{i}", default
    for name, default in (function.__kwdefaults__ or {}).items():
        yield f"{function.__name__}.default.{name}", default


def _globals(code: CodeType) -> Iterator[str]:
    """Names that a function, and functions inside it, look up outside themselves."""
    for step in dis.get_instructions(code):
        if step.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            yield str(step.argval)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _globals(inner)


def _module(module: ModuleType) -> str:
    """A module as its version if it is installed, else as its source."""
    top = module.__name__.partition(".")[0]
    version = None if top == OURS else _version(top)
    if version is not None:
        return f"{module.__name__} {version}"
    try:
        return inspect.getsource(module)
    except (OSError, TypeError):
        return module.__name__


@functools.cache
def _version(top: str) -> str | None:
    """Version of an installed package, or of Python for what comes with it; None for code of one's own."""
    if top in sys.stdlib_module_names and top != "__main__":
        return sys.version
    names = metadata.packages_distributions().get(top)
    return metadata.version(names[0]) if names else None


def _hash(value: Any, name: str) -> str:
    """Hash of data that a builder reads."""
    try:
        return hashlib.sha256(pickle.dumps(value)).hexdigest()
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ModelError(
            f"{name}: is read by the builder, and what is in it cannot be told ({error}); make it inside the builder"
        ) from error
