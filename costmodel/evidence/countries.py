"""Countries and regions: which codes exist, whom they stand for, and the facts of a country."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

import pandas as pd

from costmodel.errors import EvidenceError

if TYPE_CHECKING:
    from costmodel.evidence.register import Evidence

#: Short names in use that resemble no name of the country table.
OTHER_NAMES = {
    "uk": "GBR",
    "great britain": "GBR",
    "england": "GBR",
    "us": "USA",
    "america": "USA",
    "eu": "EU27",
    "holland": "NLD",
}


def region_codes(evidence: Evidence) -> list[str]:
    """Codes of the regions, for example EU27."""
    return list(dict.fromkeys(evidence.regions["region"]))


def members(code: str, evidence: Evidence) -> tuple[str, ...]:
    """Countries that a code stands for.

    Args:
        code: ISO 3166 alpha-3 code of a country, or the code of a region.
        evidence: Country facts and regions.

    Returns:
        ISO3 codes, one for a country.

    Raises:
        EvidenceError: If the evidence holds no such country or region.

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> len(members("EU27", read_evidence())), members("NLD", read_evidence())
        (27, ('NLD',))
    """
    check_country(code, evidence)
    if code in evidence.countries.index:
        return (code,)
    return tuple(evidence.regions.loc[evidence.regions["region"] == code, "iso3"])


def country(iso3: str, evidence: Evidence) -> pd.Series:
    """Facts of one country: a row of `evidence.countries`.

    Raises:
        EvidenceError: If the evidence holds no such country.
    """
    if iso3 not in evidence.countries.index:
        raise EvidenceError(f"unknown country {iso3!r}{_hint(iso3, evidence)}")
    return evidence.countries.loc[iso3]


def check_country(code: str, evidence: Evidence) -> None:
    """Check that a code is a country or a region of the evidence.

    Args:
        code: What was written.
        evidence: Country facts and regions.

    Raises:
        EvidenceError: If it is neither; the message names the code that was probably meant.

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> check_country("Netherlands", read_evidence())
        Traceback (most recent call last):
        costmodel.errors.EvidenceError: unknown country 'Netherlands'; did you mean 'NLD' (Netherlands)?
    """
    if code not in evidence.countries.index and code not in region_codes(evidence):
        raise EvidenceError(f"unknown country {code!r}{_hint(code, evidence)}")


def _hint(code: str, evidence: Evidence) -> str:
    """The code that was probably meant; names first, because they are written more often."""
    written = code.strip().casefold()
    regions = dict(zip(evidence.regions["region"], evidence.regions["name"], strict=True))
    labels = {**evidence.countries["name"].to_dict(), **regions}
    names = {label.casefold(): found for found, label in labels.items()} | OTHER_NAMES
    codes = {found.casefold(): found for found in labels}
    found = names.get(written) or codes.get(written)
    for known in (names, codes):
        near = (
            []
            if found
            else difflib.get_close_matches(written, known, n=1, cutoff=0.75 if known is names else 0.6)
        )
        found = known[near[0]] if near else found
    if not found:
        return "; use the ISO 3166 alpha-3 code of a country, for example NLD, or a region: " + ", ".join(
            regions
        )
    return f"; did you mean {found!r} ({labels[found]})?"
