"""Hidden populations from overlapping lists: multiple systems estimation.

Names are loaded when they are first used, so that reading a table imports no sampler. Each engine is the function of
the same name in the file of the same name, as `hidden.stepwise.stepwise`; `ENGINES` holds them all.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "CaptureTable": "costmodel.evidence.lists",
    "read_lists": "costmodel.evidence.lists",
    "EngineFit": "costmodel.hidden.engine",
    "ENGINES": "costmodel.hidden.together",
    "HiddenPopulation": "costmodel.hidden.together",
    "estimate_hidden": "costmodel.hidden.together",
    "leave_one_list_out": "costmodel.hidden.together",
    "check_lists": "costmodel.hidden.checks",
}
__all__ = [
    "ENGINES",
    "CaptureTable",
    "EngineFit",
    "HiddenPopulation",
    "check_lists",
    "estimate_hidden",
    "leave_one_list_out",
    "read_lists",
]


def __getattr__(name: str) -> Any:
    """Load a public name of the package when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
