"""From draws to print: every table goes through `summarise`, every number in words through the rest."""

from costmodel.summary.draws import (
    LEVELS,
    SAMPLE_DIMS,
    STATISTICS,
    Estimate,
    binned,
    draws_needed,
    estimates,
    relative_error,
    summarise,
    summarise_ratio,
)
from costmodel.summary.words import (
    SCALES,
    SKEWED,
    UNKNOWN,
    central,
    interval,
    is_skewed,
    percent,
    printed,
    spoken,
    stated,
)

__all__ = [
    "LEVELS",
    "SAMPLE_DIMS",
    "SCALES",
    "SKEWED",
    "STATISTICS",
    "UNKNOWN",
    "Estimate",
    "binned",
    "central",
    "draws_needed",
    "estimates",
    "interval",
    "is_skewed",
    "percent",
    "printed",
    "relative_error",
    "spoken",
    "stated",
    "summarise",
    "summarise_ratio",
]
