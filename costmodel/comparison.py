"""Two runs side by side: what the second says more or less than the first, option by option, draw by draw."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from costmodel import economics, record
from costmodel.appraisal import ALL_VIOLENCE, TRAFFICKING
from costmodel.errors import RunError
from costmodel.scenario import Scenario, read_scenario
from costmodel.summary import STATISTICS, summarise

LABELS = ["option", "discount", "scope", "quantity", "unit", "a_mean", "a_mcse", "b_mean", "b_mcse"]
ABSENT = "(not there)"
#: Told where either run has any, so that spend, savings and net benefit of both add up.
WHERE_ANY = ("offset",)


@dataclass(frozen=True)
class Run:
    """A run folder as it is read again.

    Attributes:
        folder: Where it is.
        scenario: The question, as it was run.
        record: Fit keys, seed, versions.
        draws: Burden, spend, other violence averted and, where there are any, savings on what programmes replace, dims
            (chain, draw, option, discount) [currency of the price year].
    """

    folder: Path
    scenario: Scenario
    record: Mapping[str, Any]
    draws: xr.Dataset

    @property
    def unit(self) -> str:
        """Currency and price year of its money."""
        return f"{self.scenario.currency}{self.scenario.price_year}"


@dataclass(frozen=True)
class Comparison:
    """What two runs differ by.

    Attributes:
        table: B less A by option, preset, scope and quantity: means of both with their errors, then mean, low, mid,
            high and mcse of the difference; without an interval where the runs are not paired.
        changed: Keys of the scenario, and of the record, that differ: key, a, b.
        unpaired: Why the draws of the two cannot be subtracted one by one; empty if they can.
    """

    table: pd.DataFrame
    changed: pd.DataFrame
    unpaired: str


def read_run(folder: Path) -> Run:
    """Read a run folder again.

    Args:
        folder: As `costmodel run` wrote it.

    Returns:
        Its scenario, record and draws.

    Raises:
        RunError: If it is no run folder, or a part of it is not there.
    """
    found, draws = record.read_run(folder)
    return Run(folder, read_scenario(folder / "scenario.toml"), found, draws)


def compare(a: Run, b: Run) -> Comparison:
    """Compare two runs (MODEL.md eq. 41a).

    Args:
        a: The first.
        b: The second; every difference is it less the first.

    Returns:
        Differences of the options and presets that both have.

    Raises:
        RunError: If their money has another unit, or they share no option or no preset.
    """
    options, presets = _shared(a, b)
    unpaired = _unpaired(a, b)
    rows = []
    for option, preset in product(options, presets):
        first, second = (_quantities(run, option=option, preset=preset) for run in (a, b))
        for (scope, quantity), values in first.items():
            other = second[scope, quantity]
            if quantity in WHERE_ANY and not (values.any() or other.any()):
                continue
            labels = (option, preset, scope, quantity, a.unit)
            rows.append(_difference(labels, values, other, paired=not unpaired))
    table = pd.DataFrame(rows, columns=[*LABELS, *STATISTICS])
    return Comparison(table.assign(paired=not unpaired), _changed(a, b), unpaired)


def _shared(a: Run, b: Run) -> tuple[list[str], list[str]]:
    """Options and discount presets of both runs, in the order of the first."""
    if a.unit != b.unit:
        raise RunError(
            f"{b.folder}: its money is {b.unit}, that of {a.folder} {a.unit}; run one again with --set currency or "
            "--set price_year"
        )
    options = [key for key in a.scenario.options if key in b.scenario.options]
    if not options:
        raise RunError(f"{b.folder}: shares no option with {a.folder}; options are matched by their key")
    presets = [name for name in a.scenario.discount if name in b.scenario.discount]
    if not presets:
        raise RunError(
            f"{b.folder}: shares no discount preset with {a.folder}; run one again with --set discount"
        )
    return options, presets


def _unpaired(a: Run, b: Run) -> str:
    """Why draw i of one run does not belong to draw i of the other; empty if it does."""
    keys = [run.record["fit"]["keys"] for run in (a, b)]
    fits = sorted(name for name in {*keys[0], *keys[1]} if keys[0].get(name) != keys[1].get(name))
    if fits:
        return f"they rest on other fits ({', '.join(fits)})"
    kept = [
        (run.record["draws"], *(one["draws"] for one in run.record["fit"]["diagnostics"])) for run in (a, b)
    ]
    if kept[0] != kept[1] or a.draws["burden"].sizes["chain"] != b.draws["burden"].sizes["chain"]:
        return f"they keep other draws of the fit ({a.record['draws']} and {b.record['draws']})"
    if a.record["seed"] != b.record["seed"]:
        return f"their seeds differ ({a.record['seed']} and {b.record['seed']})"
    return ""


def _quantities(run: Run, *, option: str, preset: str) -> dict[tuple[str, str], xr.DataArray]:
    """Draws of one option of a run by scope and quantity, dims (chain, draw); of the comparator its burden alone."""
    draws = run.draws.sel(discount=preset, drop=True)
    own, inaction = (draws.sel(option=key, drop=True) for key in (option, run.scenario.comparator))
    found = {(TRAFFICKING, "burden"): own["burden"]}
    if option == run.scenario.comparator:
        return found
    spend = own["spend"] - inaction["spend"]
    averted = {
        TRAFFICKING: economics.cost_of_inaction(inaction["burden"], own["burden"]),
        ALL_VIOLENCE: economics.cost_of_inaction(inaction["burden"], own["burden"])
        + (own["violence_averted"] - inaction["violence_averted"]).to_numpy(),
    }
    offset = own["offset"] - inaction["offset"] if "offset" in draws else 0 * spend
    found |= {(TRAFFICKING, "offset"): offset, (TRAFFICKING, "spend"): spend}
    for scope, gain in averted.items():
        found[scope, "cost_of_inaction"] = spend.copy(data=gain)
        found[scope, "net_benefit"] = spend.copy(data=economics.net_benefit(gain, spend=spend - offset))
    return found


def _difference(labels: tuple[str, ...], a: xr.DataArray, b: xr.DataArray, *, paired: bool) -> list[Any]:
    """One row: means of both and B less A; of runs that are not paired the difference of means with its error."""
    first, second = (summarise(one).iloc[0] for one in (a, b))
    own = [first["mean"], first["mcse"], second["mean"], second["mcse"]]
    if paired:
        return [*labels, *own, *summarise(b.copy(data=b.to_numpy() - a.to_numpy())).iloc[0]]
    error = math.hypot(first["mcse"], second["mcse"])
    return [*labels, *own, second["mean"] - first["mean"], math.nan, math.nan, math.nan, error]


def _changed(a: Run, b: Run) -> pd.DataFrame:
    """Keys of the two scenario files, and what else a result rests on, that differ."""
    first, second = (_flat(_identity(run)) for run in (a, b))
    rows = [
        (key, first.get(key, ABSENT), second.get(key, ABSENT))
        for key in [*first, *(key for key in second if key not in first)]
        if first.get(key, ABSENT) != second.get(key, ABSENT)
    ]
    return pd.DataFrame(rows, columns=["key", "a", "b"])


def _identity(run: Run) -> dict[str, Any]:
    """What the numbers of a run rest on, as nested keys."""
    made = run.record
    used = {"seed": made["seed"], "draws": made["draws"], "version": made["version"]}
    scenario = run.scenario.model_dump(by_alias=True, exclude_none=True)
    return {**scenario, "record": {**used, "fit": made["fit"]["keys"], "evidence": made["evidence"]["files"]}}


def _flat(table: Mapping[str, Any], path: str = "") -> dict[str, str]:
    """Nested keys as dotted ones, values as text; an empty table is a value."""
    found: dict[str, str] = {}
    for key, value in table.items():
        name = f"{path}{key}"
        found |= _flat(value, f"{name}.") if isinstance(value, Mapping) and value else {name: str(value)}
    return found
