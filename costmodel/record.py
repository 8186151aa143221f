"""The record of a run, and the run folder: there whole or not at all."""

import hashlib
import json
import math
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from costmodel import __version__
from costmodel.errors import OutputError, RunError

RECORD = "record.json"
DRAWS = "results.nc"
PACKAGES = (
    "numpy",
    "scipy",
    "xarray",
    "pandas",
    "pymc",
    "pytensor",
    "nutpie",
    "arviz",
    "matplotlib",
    "pydantic",
)


def text_hash(text: str) -> str:
    """SHA-256 of a text.

    Example:
        >>> text_hash("")[:8]
        'e3b0c442'
    """
    return hashlib.sha256(text.encode()).hexdigest()


def run_id(parts: Mapping[str, Any]) -> str:
    """Short id of a run: the same question, evidence, fit and versions give the same id."""
    return text_hash(json.dumps(parts, sort_keys=True, default=str))[:10]


def versions() -> dict[str, str]:
    """Versions of Python, the platform and the packages that can change a number."""
    return {
        "costmodel": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: metadata.version(name) for name in PACKAGES},
    }


#: Key of a record -> what the folder holds; a folder is replaced only by what wrote it.
KINDS = {"run_id": "run", "ledger_id": "ledger", "fit_report_id": "report", "hidden_id": "hidden population"}


def _holds(folder: Path, kind: str) -> bool:
    """Whether a folder holds the record of a run, or of ledgers."""
    try:
        found = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and kind in found


def check_out(folder: Path, *, kind: str = "run_id") -> None:
    """Refuse to replace anything that is not a folder of the same kind.

    Args:
        folder: Where results are to go.
        kind: A key of `KINDS`.

    Raises:
        OutputError: If `folder` exists and is neither empty nor of this kind, or is a file.
    """
    word = KINDS[kind]
    if folder.is_file():
        raise OutputError(f"{folder}: is a file; give a folder for the {word} with --out")
    if folder.exists() and any(folder.iterdir()) and not _holds(folder, kind):
        raise OutputError(
            f"{folder}: not empty and not a {word} folder (no {RECORD} of a {word}), so it is not replaced; "
            "give another folder with --out"
        )


@contextmanager
def whole_folder(folder: Path, *, kind: str = "run_id") -> Iterator[Path]:
    """A temporary sibling that takes the place of `folder` when everything in it was written.

    Args:
        folder: The run folder; an older one of the same kind there is replaced whole.
        kind: A key of `KINDS`.

    Yields:
        Where to write. If the block fails, nothing is left behind and an older run stays as it was.

    Raises:
        OutputError: If `folder` is something else, or cannot be made.
    """
    check_out(folder, kind=kind)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise OutputError(
            f"{folder}: {folder.parent} is a file or lies in one; give another folder with --out"
        ) from None
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        yield temporary
        temporary.chmod(0o755)
        _replace(folder, temporary)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _replace(folder: Path, new: Path) -> None:
    """Put a new folder in the place of an older one, which comes back if that fails half-way."""
    previous = new.with_name(f"{new.name}-previous")
    try:
        if folder.exists():
            os.replace(folder, previous)
        os.replace(new, folder)
    except BaseException:
        if previous.exists() and not folder.exists():
            os.replace(previous, folder)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _plain(value: Any) -> Any:
    """A value as JSON has it: a number that is missing or infinite is null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_record(record: Mapping[str, Any], folder: Path) -> Path:
    """Write `record.json`, the mark of a run folder.

    Args:
        record: JSON values.
        folder: Run folder.

    Returns:
        The file.
    """
    path = folder / RECORD
    text = json.dumps(_plain(record), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    return write_part(text + "\n", path)


def write_part(text: str, path: Path) -> Path:
    """Write one text file of a run folder, its own folder made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_draws(draws: xr.Dataset, path: Path) -> Path:
    """Write draws of a run folder as netCDF."""
    draws.to_netcdf(path, engine="netcdf4")
    return path


def read_run(folder: Path) -> tuple[dict[str, Any], xr.Dataset]:
    """Read record and draws of a run folder.

    Args:
        folder: As a run wrote it.

    Returns:
        The record, and the draws in memory.

    Raises:
        RunError: If it is no run folder, or its draws cannot be read.
    """
    if not _holds(folder, "run_id"):
        what = f"no run folder (no {RECORD} of a run)" if folder.is_dir() else "no such folder"
        raise RunError(f"{folder}: {what}; give a folder that costmodel run wrote, such as out/serbia")
    try:
        with xr.open_dataset(folder / DRAWS, engine="netcdf4") as stored:
            draws = stored.load()
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: HDF5, mid-file
        raise RunError(f"{folder / DRAWS}: cannot be read ({error}); run the scenario again") from None
    return json.loads((folder / RECORD).read_text(encoding="utf-8")), draws


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read one table of a run folder, text as it stands.

    Args:
        folder: As a run wrote it.
        name: Name of the table.

    Returns:
        The table.

    Raises:
        RunError: If it is not there: an older version wrote the folder, or somebody deleted the table.
    """
    path = folder / "tables" / f"{name}.csv"
    try:
        return pd.read_csv(path, keep_default_na=False, na_values={})
    except OSError:
        raise RunError(
            f"{path}: not there, because an older version made this run or the table was deleted; run the scenario "
            "again"
        ) from None


def file_hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a run folder, by its path inside."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
