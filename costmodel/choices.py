"""A run folder read again for the choice it informs: draws of quantities, of options, and of what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr

from costmodel import comparison, record
from costmodel.appraisal import ALL_VIOLENCE, TRAFFICKING
from costmodel.comparison import Run
from costmodel.decision.foretelling import MIN_DRAWS
from costmodel.errors import RunError, suggestion
from costmodel.parameters import EFFECTS, PRICES, REACH, VIOLENCE

BURDEN, COST_OF_INACTION, NET_BENEFIT = "burden", "cost_of_inaction", "net_benefit"
QUANTITIES = (BURDEN, COST_OF_INACTION, NET_BENEFIT)
SCOPES = (TRAFFICKING, ALL_VIOLENCE)
#: Parts of a quantity that are no component of the burden.
SPEND, OFFSET, AVERTED = "spend", "offset", "other violence averted"


@dataclass(frozen=True)
class Choice:
    """A run seen under one discount preset and scope.

    Attributes:
        run: The run.
        dictionary: Its parameters: `tables/parameters.csv`.
        sources: The evidence behind them: `tables/parameter_sources.csv`.
        discount: Discount preset.
        scope: trafficking, or all_violence to count other violence averted.
    """

    run: Run
    dictionary: pd.DataFrame
    sources: pd.DataFrame
    discount: str
    scope: str

    @property
    def draws(self) -> xr.Dataset:
        """Draws under the preset, dims (chain, draw, option, ...) [currency of the price year]."""
        return self.run.draws.sel(discount=self.discount, drop=True)

    @property
    def comparator(self) -> str:
        """Key of the option that stands for inaction."""
        return self.run.scenario.comparator

    @cached_property
    def parameters(self) -> xr.Dataset:
        """Draws of the parameters by name, dims (chain, draw) [unit of each]."""
        values = self.run.draws["parameter_value"].astype(float)
        return xr.Dataset(
            {name: values.sel(parameter=name, drop=True) for name in self.dictionary["parameter"]}
        )

    def on_log_scale(self, name: str) -> bool:
        """Whether a parameter is told by its logarithm: what is positive and no share."""
        row = self.dictionary.set_index("parameter").loc[name]
        return bool(row["unit"] != "share" and self.parameters[name].min() > 0)

    @property
    def log_likelihood(self) -> xr.DataArray | None:
        """Log likelihood of each piece of evidence, dims (chain, draw, term); None where draws were brought."""
        found = self.run.draws.get("log_likelihood")
        return None if found is None else found.astype(float).transpose("chain", "draw", "term")


def read_choice(folder: Path, *, discount: str | None = None, scope: str = TRAFFICKING) -> Choice:
    """Read a run folder for a choice.

    Args:
        folder: As `costmodel run` wrote it.
        discount: Discount preset of the run; its first if not given.
        scope: One of `SCOPES`.

    Returns:
        The run, and what it rests on.

    Raises:
        RunError: If it is no run folder, an older version wrote it, it holds fewer than 100 draws, or the preset or
            scope is unknown.
    """
    run = comparison.read_run(folder)
    if "parameter_value" not in run.draws:
        raise RunError(
            f"{folder}: holds no draws of its parameters, because an older version made it; run the scenario again"
        )
    n_draws = run.draws["burden"].sizes["chain"] * run.draws["burden"].sizes["draw"]
    if n_draws < MIN_DRAWS:
        raise RunError(
            f"{folder}: {n_draws} draws say too little of what drives a number; run the scenario with --draws "
            f"{MIN_DRAWS} or more"
        )
    preset = discount or run.scenario.discount[0]
    check_known("discount", preset, run.scenario.discount)
    check_known("scope", scope, SCOPES)
    dictionary, sources = (record.read_table(folder, name) for name in ("parameters", "parameter_sources"))
    return Choice(run, dictionary, sources, discount=preset, scope=scope)


def check_known(what: str, name: str, known: Sequence[str]) -> None:
    """Refuse a name that is none of those known.

    Args:
        what: What is named.
        name: What was written.
        known: What would have been understood.

    Raises:
        RunError: With all of them, and the nearest.
    """
    if name not in known:
        raise RunError(f"{what} {name!r}: unknown; give one of {', '.join(known)}{suggestion(name, known)}")


def option_of(choice: Choice, quantity: str, option: str | None) -> str:
    """The option that a quantity is of.

    Args:
        choice: The run.
        quantity: One of `QUANTITIES`.
        option: Key of the option; the comparator of the burden if not given.

    Returns:
        Its key.

    Raises:
        RunError: If the quantity or the option is unknown, or an option is needed.
    """
    check_known("quantity", quantity, QUANTITIES)
    known = [*choice.run.scenario.options]
    if option is not None:
        check_known("option", option, known)
    others = [key for key in known if key != choice.comparator]
    if quantity == BURDEN:
        return option or choice.comparator
    if option is None or option == choice.comparator:
        raise RunError(
            f"{quantity}: is of an option against {choice.comparator!r}; give --option {' or '.join(others)}"
        )
    return option


def options_of(choice: Choice, option: str | None) -> list[str]:
    """Options that are taken apart: one that is named, else all whose net benefit is uncertain.

    Args:
        choice: The run.
        option: Key of an option, if any.

    Returns:
        Their keys.

    Raises:
        RunError: If it is unknown, or there is none.
    """
    if option is not None:
        return [option_of(choice, NET_BENEFIT, option)]
    net = net_benefits(choice)
    spread = net.max(["chain", "draw"]) - net.min(["chain", "draw"])
    found = [str(key) for key in net["option"].to_numpy() if float(spread.sel(option=key)) > 0]
    if not found:
        raise RunError(
            f"{choice.run.folder}: no option differs from the comparator; there is nothing to choose"
        )
    return found


def quantity_parts(choice: Choice, quantity: str, *, option: str) -> xr.DataArray:
    """Components that add up to a quantity, dims (chain, draw, component) [currency of the price year].

    Args:
        choice: The run.
        quantity: One of `QUANTITIES`.
        option: Key of the option.

    Returns:
        Components of the burden, or what the option averts of each; then other violence averted, in that scope; then,
        of the net benefit, spend with a minus, and what programmes save where some option saves anything.
    """
    draws = choice.draws.transpose("chain", "draw", ...)
    own, inaction = (draws.sel(option=key, drop=True) for key in (option, choice.comparator))
    burden = own["burden_by_component"].astype(float)
    if quantity == BURDEN:
        return burden
    parts = [inaction["burden_by_component"].astype(float) - burden]
    if choice.scope == ALL_VIOLENCE:
        averted = own["violence_averted"] - inaction["violence_averted"]
        parts.append(averted.expand_dims(component=[AVERTED]))
    if quantity == NET_BENEFIT:
        parts.append((inaction["spend"] - own["spend"]).expand_dims(component=[SPEND]))
        if OFFSET in draws:
            parts.append((own[OFFSET] - inaction[OFFSET]).expand_dims(component=[OFFSET]))
    return xr.concat(parts, "component").transpose("chain", "draw", "component")


def varying(draws: xr.DataArray, quantity: str, *, option: str) -> xr.DataArray:
    """Draws of a quantity that is uncertain.

    Args:
        draws: Dims (chain, draw) [currency].
        quantity: What it is.
        option: Key of the option it is of.

    Returns:
        The same draws.

    Raises:
        RunError: If all are equal, as of an option that does what the comparator does.
    """
    if float(draws.max()) == float(draws.min()):
        raise RunError(
            f"{quantity} of {option!r}: the same in every draw, so that there is nothing to explain; choose another "
            "option"
        )
    return draws.rename(quantity)


def net_benefits(choice: Choice) -> xr.DataArray:
    """Net benefit of every option against the comparator, whose own is 0, dims (chain, draw, option) [currency]."""
    draws = choice.draws.transpose("chain", "draw", ...)
    against = draws.sel(option=choice.comparator, drop=True)
    net = (against["burden"] - draws["burden"]) - (draws["spend"] - against["spend"])
    if OFFSET in draws:
        net = net + draws[OFFSET] - against[OFFSET]
    if choice.scope == ALL_VIOLENCE:
        net = net + draws["violence_averted"] - against["violence_averted"]
    return net.rename(NET_BENEFIT)


def resting_on(choice: Choice, quantity: str, options: Sequence[str]) -> pd.DataFrame:
    """The dictionary of the parameters that a quantity of some options can depend on.

    Args:
        choice: The run.
        quantity: One of `QUANTITIES`.
        options: Keys of the options.

    Returns:
        Rows of `tables/parameters.csv`: of programmes, those of the options; costs of programmes for the net benefit,
        and where coverage follows from money; other violence in that scope only.
    """
    chosen = [choice.run.scenario.options[key] for key in (*options, choice.comparator)]
    programmes = {name for option in chosen for name in option.programmes}
    by_money = any(lever.by_money for option in chosen for lever in option.programmes.values())
    table = choice.dictionary
    of = table["parameter"].str.partition(".")[2]
    kept = (of == "") | of.isin(programmes)
    left_out = {
        *([] if programmes else [EFFECTS, REACH]),
        *([] if programmes and (by_money or quantity == NET_BENEFIT) else [PRICES]),
        *([] if choice.scope == ALL_VIOLENCE and quantity != BURDEN else [VIOLENCE]),
    }
    return table[kept & ~table["group"].isin(left_out)].reset_index(drop=True)


def grouped(dictionary: pd.DataFrame, column: str) -> Mapping[str, list[str]]:
    """Names of the parameters by group, or by another column of the dictionary, in its order."""
    return {str(key): rows["parameter"].tolist() for key, rows in dictionary.groupby(column, sort=False)}
