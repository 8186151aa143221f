"""Decisions under uncertainty: one quantity a module, pure functions of draws (MODEL.md section 12)."""

from costmodel.decision.evsi import (
    Study,
    cost_survey,
    evsi,
    list_linkage,
    prevalence_survey,
    stepped_wedge,
    stepped_wedge_error,
    study_price,
)
from costmodel.decision.voi import Value, evpi, evppi, variance_reduction

__all__ = [
    "Study",
    "Value",
    "cost_survey",
    "evpi",
    "evppi",
    "evsi",
    "list_linkage",
    "prevalence_survey",
    "stepped_wedge",
    "stepped_wedge_error",
    "study_price",
    "variance_reduction",
]
