"""Rows of one's own: added to a table of the package, or put in the place of rows that they name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from costmodel.errors import EvidenceError, suggestion

#: Column of the key of a programme that a superseding row keeps.
GROUP = "income_group"


def check_unique(file: str, keys: Iterable[str]) -> None:
    """No two rows of one name; raises EvidenceError for the first that is there twice."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise EvidenceError(f"{file}, row {key}: there twice; each row needs a name of its own")
        seen.add(key)


def check_file_names(paths: Sequence[Path]) -> None:
    """No two files of one name: a run folder keeps them side by side."""
    names = [path.name for path in paths]
    for path in paths:
        if names.count(path.name) > 1:
            raise EvidenceError(f"{path}: two files are called {path.name}; rename one")


def merged(frame: pd.DataFrame, more: pd.DataFrame, *, file: str, key: tuple[str, ...]) -> pd.DataFrame:
    """A table with the rows of a file of one's own.

    Args:
        frame: The table as it stands.
        more: Rows to add; those named in its column `supersedes` become context, or go where no role says so.
        file: Name of the file of `more`, for messages.
        key: Columns that name a row.

    Returns:
        The table, its own rows first.

    Raises:
        EvidenceError: If a row has the name of another and does not supersede it, or supersedes none.
    """
    if frame.index.names == [None]:
        return _joined(frame, more, file=file, key=key)
    kept = frame
    for name, row in more.iterrows():
        for old in str(row.get("supersedes", "")).split():
            kept = _without(kept, old, by=str(name), file=file, known=more.index)
    for name in more.index.intersection(kept.index):
        remedy = f"; to take its place write {name} in supersedes" if "supersedes" in more else ""
        raise EvidenceError(
            f"{file}, row {name}: is the name of a row of the package or of another file; give it its own{remedy}"
        )
    return pd.concat([kept, more])


def _joined(frame: pd.DataFrame, more: pd.DataFrame, *, file: str, key: tuple[str, ...]) -> pd.DataFrame:
    """A table whose rows have no single name: a whole mix goes, or a programme in one income group."""
    kept = frame
    for _, row in more.iterrows():
        for old in str(row.get("supersedes", "")).split():
            if old not in set(frame[key[0]]):
                hint = suggestion(old, frame[key[0]])
                raise EvidenceError(f"{file}, row {row[key[0]]}: supersedes {old!r}, which is no row{hint}")
            same_group = kept[GROUP] == row[GROUP] if GROUP in key else True
            kept = kept[~((kept[key[0]] == old) & same_group)]
    names = kept[list(key)].astype(str).agg(" ".join, axis=1)
    for name in more[list(key)].astype(str).agg(" ".join, axis=1):
        if name in set(names):
            word = name.split()[0]
            raise EvidenceError(
                f"{file}, row {name}: is the name of a row of the package or of another file; give it its own; to take "
                f"its place write {word} in supersedes"
            )
    return pd.concat([kept, more], ignore_index=True)


def _without(frame: pd.DataFrame, old: str, *, by: str, file: str, known: pd.Index) -> pd.DataFrame:
    """The table with one row superseded: context where rows have a role, gone where it is read again."""
    if old not in frame.index:
        what = "itself" if old == by else repr(old)
        if old in known:
            raise EvidenceError(
                f"{file}, row {by}: supersedes {what}, a row of the same file; leave one of them out"
            )
        hint = (
            suggestion(old, frame.index) or "; it must stand in the package or in a file that is named before"
        )
        raise EvidenceError(f"{file}, row {by}: supersedes {what}, which is no row{hint}; correct its name")
    if old == by:
        return frame.drop(index=old)
    if "role" not in frame:
        raise EvidenceError(
            f"{file}, row {by}: supersedes {old!r}, another count; a row of this table takes the place of the one of "
            f"its own name, {by}"
        )
    changed = frame.copy()
    changed.loc[old, "role"] = "context"
    changed.loc[old, "note"] = f"Superseded by {by} ({file}). {changed.at[old, 'note']}".strip()
    return changed
