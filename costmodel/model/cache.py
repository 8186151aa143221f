"""The store of fits: a file is found by the content of what made it, and is there whole or not at all."""

import hashlib
import inspect
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import filelock
import pandas as pd
import platformdirs
import xarray as xr

from costmodel import __version__, gate, lifetime
from costmodel.errors import CacheError
from costmodel.evidence import countries, harmonise, prices, scope
from costmodel.evidence import lists as lists_module
from costmodel.evidence.register import Evidence
from costmodel.hidden import bayes_loglinear
from costmodel.model import captures, rates, sexes
from costmodel.model import priors as priors_module
from costmodel.model.joint import BUILDERS
from costmodel.model.own_code import source_of
from costmodel.model.priors import Priors

#: Tables of the evidence that each sub-model of the package reads; a builder of one's own may read any of them.
TABLES = {
    "unit_cost": (
        *("anchors", "grades", "mixes", "prices", "countries"),
        *("lifetables", "earnings_profile", "constants"),
    ),
    "prevalence": ("counts", "estimates", "grades", "children", "countries", "constants"),
    "forms": ("counts", "countries"),
    "violence": ("anchors", "grades", "prices", "countries", "regions"),
    "effects": ("effects",),
}
#: Columns that move no number: where it was read, and what is said of it.
WORDS = ("note", "url", "locator", "source", "population", "reason", "supersedes")
#: Roles of anchors that a sub-model fits, predicts or is bound by.
ENTERING = ("train", "holdout", "bound")
#: Modules whose code every sub-model rests on.
SHARED = (priors_module, countries, harmonise, scope, prices, lifetime)
#: Further modules that a sub-model of the package is built from.
PARTS = {"forms": (sexes,), "prevalence": (captures, bayes_loglinear, lists_module)}
PACKAGES = ("pymc", "pytensor", "nutpie", "numpy", "xarray")


def folder() -> Path:
    """Where fits are kept: `COSTMODEL_CACHE`, or the user's cache folder."""
    return Path(os.environ.get("COSTMODEL_CACHE") or platformdirs.user_cache_dir("costmodel"))


def check_folder() -> None:
    """Refuse to sample for minutes what cannot be kept.

    Raises:
        CacheError: If the folder cannot be made or written.
    """
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder()):
            pass
    except OSError as error:
        raise CacheError(
            f"{folder()}: fits cannot be kept here ({error.strerror}); set COSTMODEL_CACHE"
        ) from error


@contextmanager
def alone(name: str, *, say: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time fit a sub-model, so that what two ask for together is fitted once.

    The lock goes with its process: one that is killed leaves nobody waiting.

    Args:
        name: Sub-model.
        say: Where to tell that another process is at work.
    """
    lock = filelock.FileLock(folder() / f".{name}.lock")
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        say(f"Another process is fitting {name}: waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def versions() -> dict[str, str]:
    """Versions of everything that can change a fit."""
    return {"costmodel": __version__, **{name: metadata.version(name) for name in PACKAGES}}


def key(name: str, builder: Callable[..., Any], evidence: Evidence, priors: Priors, settings: Any) -> str:
    """Hash of evidence, priors, model code, versions and sampler settings of one sub-model.

    The number of draws is left out: a longer fit of the same content answers the same question. A builder of
    one's own may read any table and any prior; its code is all that it is made of.

    Raises:
        ModelError: If the source of a builder of one's own cannot be read.
    """
    digest, ours = hashlib.sha256(), BUILDERS.get(name) is builder
    for table in TABLES[name] if ours else sorted({*itertools.chain(*TABLES.values())}):
        frame = _content(table, name if ours else None, evidence)
        digest.update(table.encode())
        digest.update(pd.util.hash_pandas_object(frame.astype(str), index=False).to_numpy().tobytes())
    for estimate, lists in sorted(evidence.lists.items()) if name == "prevalence" or not ours else ():
        digest.update(f"{estimate} {lists.lists} {lists.low.tolist()} {lists.high.tolist()}".encode())
    for prior in sorted(priors.values(), key=lambda prior: prior.name):
        if not ours or prior.module == name:
            digest.update(prior.numbers.encode())
    if not ours:
        digest.update(source_of(builder).encode())
    let_through_by = (gate, rates) if name == "prevalence" else (gate,)  # the outcome is stored with the fit
    parts = PARTS.get(name, ()) if ours else ()
    for module in (inspect.getmodule(builder) if ours else None, *parts, *SHARED, *let_through_by):
        if module is not None:
            digest.update(inspect.getsource(module).encode())
    digest.update(json.dumps([versions(), {**asdict(settings), "draws": None}], sort_keys=True).encode())
    return digest.hexdigest()[:24]


def _content(table: str, name: str | None, evidence: Evidence) -> pd.DataFrame:
    """What a sub-model reads of a table: of anchors the rows that enter it, and counts that totals are shared by."""
    frame: pd.DataFrame = getattr(evidence, table).reset_index()
    if table == "anchors":
        enters = frame["role"].isin(ENTERING) & ((frame["module"] == name) | (name is None))
        frame = frame[enters | frame["id"].isin(frame.loc[enters, "per"])]
    return frame.drop(columns=[column for column in WORDS if column in frame])


def last_seconds(name: str) -> float | None:
    """How long the latest stored fit of a sub-model took, None where there is none that says so."""
    files = sorted(folder().glob(f"{name}-*.nc"), key=lambda file: file.stat().st_mtime)
    try:
        with xr.open_datatree(files[-1], engine="netcdf4") as stored:
            return float(json.loads(stored.attrs["diagnostics"])["seconds"])
    except (IndexError, OSError, ValueError, KeyError, RuntimeError):
        return None


def path(name: str, fit_key: str, draws: int) -> Path:
    """File of a fit that keeps `draws` draws a chain."""
    return folder() / f"{name}-{fit_key}-{draws}.nc"


def stored_draws(name: str, fit_key: str) -> set[int]:
    """Draws a chain of every stored fit of this content."""
    return {int(file.stem.rsplit("-", 1)[1]) for file in folder().glob(f"{name}-{fit_key}-*.nc")}


def save(name: str, fit_key: str, draws: int, tree: xr.DataTree, diagnostics: dict[str, Any]) -> Path:
    """Write a fit to a temporary file and move it into place.

    Args:
        name: Sub-model.
        fit_key: Its cache key.
        draws: Draws a chain that were asked for.
        tree: The fit.
        diagnostics: See `gate.diagnose`.

    Returns:
        The file.
    """
    target = path(name, fit_key, draws)
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = tree.copy()
    kept.attrs = {
        "costmodel_key": fit_key,
        "costmodel_version": __version__,
        "diagnostics": json.dumps(diagnostics),
    }
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{name}-", suffix=".nc")
    os.close(handle)
    try:
        kept.to_netcdf(temporary, engine="netcdf4")
        os.replace(temporary, target)
    finally:
        Path(temporary).unlink(missing_ok=True)
    return target


def load(
    name: str, fit_key: str, draws: int, *, say: Callable[[str], None]
) -> tuple[xr.DataTree, dict[str, Any]] | None:
    """A stored fit and its diagnostics, or None where there is none that can be used; says why it cannot.

    Args:
        name: Sub-model.
        fit_key: The key it must have.
        draws: Draws a chain.
        say: Where to tell that a file is damaged or of another version.
    """
    file = path(name, fit_key, draws)
    if not file.exists():
        return None
    try:
        with xr.open_datatree(file, engine="netcdf4") as stored:
            tree = stored.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:  # RuntimeError: HDF5, mid-file
        say(f"{file}: this stored fit cannot be read ({error}); it is fitted again")
        return None
    if tree.attrs.get("costmodel_key") != fit_key:
        say(f"{file}: this stored fit is of other evidence or another version; it is fitted again")
        return None
    return tree, json.loads(tree.attrs["diagnostics"])


def _replicate_path(name: str, key: str, number: int) -> Path:
    return folder() / "calibration" / f"{name}-{key}" / f"{number:04}.json"


def save_replicate(name: str, key: str, number: int, row: dict[str, Any]) -> None:
    """Keep one replicate of a calibration (`calibration.calibrate`); it is there whole or not at all.

    Args:
        name: Sub-model.
        key: Key of what it depends on.
        number: Its number.
        row: What to keep, as JSON has it.
    """
    target = _replicate_path(name, key, number)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_suffix(".part")
    temporary.write_text(json.dumps(row), encoding="utf-8")
    os.replace(temporary, target)


def load_replicate(name: str, key: str, number: int) -> dict[str, Any] | None:
    """A replicate that is kept, None where there is none.

    Args:
        name: Sub-model.
        key: Key of what it depends on.
        number: Its number.
    """
    file = _replicate_path(name, key, number)
    if not file.exists():
        return None
    row: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return row
