"""The published numbers, each with its source, checked before anything is computed from them."""

from costmodel.evidence.countries import check_country, country, members
from costmodel.evidence.register import Evidence, read_evidence

__all__ = ["Evidence", "check_country", "country", "members", "read_evidence"]
