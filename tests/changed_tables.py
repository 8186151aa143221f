"""The tables of the package with some of them changed: what they then say against each other."""

from __future__ import annotations

import pandas as pd

from costmodel.evidence import Evidence
from costmodel.evidence.agreement import disagreements
from costmodel.evidence.register import TABLES


def problems(evidence: Evidence, **changed: pd.DataFrame) -> list[str]:
    """Disagreements of the tables once those named are replaced."""
    frames = {name: changed.get(name, getattr(evidence, name)) for name in TABLES}
    return list(
        disagreements({TABLES[name].file: (name, frame) for name, frame in frames.items()}, evidence.sources)
    )
