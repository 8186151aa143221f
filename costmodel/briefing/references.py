"""References for readers, from BibTeX entries."""

from __future__ import annotations

import re
import unicodedata

_FIELD = re.compile(r"(\w+)\s*=\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_ACCENT = re.compile(r"\\([\"'`^~])\{?(\w)\}?")
_COMBINING = {'"': "\u0308", "'": "\u0301", "`": "\u0300", "^": "\u0302", "~": "\u0303"}
_PLACE = ("journal", "institution", "volume", "type", "number")


def reference(entry: str) -> str:
    r"""Write a BibTeX entry as a reference.

    Args:
        entry: The entry; any other text is taken for a reference already written.

    Returns:
        Author (year). Title. Where it appeared. Note. Address.

    Example:
        >>> reference("@misc{a, author = {{Drugs and Crime}}, title = {Counts}, year = {2026}}")
        'Drugs and Crime (2026). Counts.'
        >>> reference(r"@article{b, author = {F, J{\"o}rg and others}, title = {A \& B}, journal = {C}}")
        'F, Jörg et al. A & B. C.'
        >>> reference("Elicited by the authors.")
        'Elicited by the authors.'
    """
    if not entry.lstrip().startswith("@"):
        return entry
    raw = {name.lower(): value for name, value in _FIELD.findall(entry)}
    if not raw.get("author", "").startswith("{"):  # an organisation in braces may have an "and" in its name
        raw["author"] = raw.get("author", "").replace(" and others", " et al").replace(" and ", "; ")
    fields = {name: _plain(value) for name, value in raw.items()}
    year = f" ({fields['year']})" if "year" in fields else ""
    place = ", ".join(fields[name] for name in _PLACE if name in fields)
    sentences = (f"{fields['author']}{year}", fields.get("title", ""), place, fields.get("note", ""))
    ended = [f"{sentence.strip().rstrip('.')}." for sentence in sentences if sentence.strip()]
    return " ".join([*ended, fields.get("url", "")]).strip()


def _plain(value: str) -> str:
    """Turn the value of a field into plain text."""
    accented = _ACCENT.sub(lambda found: f"{found[2]}{_COMBINING[found[1]]}", value)
    bare = re.sub(r"[{}]", "", accented).replace("\\&", "&").replace("\\%", "%")
    return unicodedata.normalize("NFC", " ".join(bare.split()))
