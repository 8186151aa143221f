"""What a society loses by not acting against child trafficking, and how sure we are.

The names below are loaded when they are first used: importing the package imports neither PyMC nor pandas.

    >>> import costmodel
    >>> costmodel.read_scenario.__module__
    'costmodel.scenario.reading'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from costmodel.errors import CostmodelError
    from costmodel.evidence import Evidence, read_evidence
    from costmodel.evidence.priors import default_priors, merge_priors
    from costmodel.model.fit import fit_all, from_draws
    from costmodel.pipeline import Result, run, write_run
    from costmodel.scenario import Scenario, check_scenario, dump_scenario, read_scenario, scenario_from_table

__version__ = "0.1.0"

__all__ = [
    "CostmodelError",
    "Evidence",
    "Result",
    "Scenario",
    "__version__",
    "check_scenario",
    "default_priors",
    "dump_scenario",
    "fit_all",
    "from_draws",
    "merge_priors",
    "read_evidence",
    "read_scenario",
    "run",
    "scenario_from_table",
    "write_run",
]

_HOMES = {
    "CostmodelError": "costmodel.errors",
    "Evidence": "costmodel.evidence",
    "Result": "costmodel.pipeline",
    "Scenario": "costmodel.scenario",
    "check_scenario": "costmodel.scenario",
    "default_priors": "costmodel.evidence.priors",
    "dump_scenario": "costmodel.scenario",
    "fit_all": "costmodel.model.fit",
    "from_draws": "costmodel.model.fit",
    "merge_priors": "costmodel.evidence.priors",
    "read_evidence": "costmodel.evidence",
    "read_scenario": "costmodel.scenario",
    "run": "costmodel.pipeline",
    "scenario_from_table": "costmodel.scenario",
    "write_run": "costmodel.pipeline",
}


def __getattr__(name: str) -> Any:
    """Load a public name from its room when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'costmodel' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
