"""What drives the choice of a run: shares of variance, swings, beliefs that would change it, and what to learn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.choices import (
    BURDEN,
    COST_OF_INACTION,
    NET_BENEFIT,
    SPEND,
    Choice,
    grouped,
    net_benefits,
    quantity_parts,
    resting_on,
    varying,
)
from costmodel.decision.explain import fewer, piece_of
from costmodel.decision.power_scaling import PowerScaling, power_scaling
from costmodel.decision.prior_shift import break_even_prior
from costmodel.decision.sensitivity import variance_shares
from costmodel.decision.thresholds import tornado
from costmodel.decision.voi import Value, evpi, evppi

#: Parameters of each option whose priors are moved: those that swing its net benefit most.
MOVED = 8
#: Sub-models that the burden, and with it every option, rests on whole.
ALWAYS = ("unit_cost", "prevalence", "forms")


@dataclass(frozen=True)
class Drivers:
    """What drives a choice.

    Attributes:
        shares: One row an option and group of parameters: option, group, first_order, first_order_error, shapley,
            shapley_error [share of the variance of net benefit], explained [share].
        swings: One row an option and parameter, widest first: option, and as `thresholds.tornado`.
        best: The option with the largest expected net benefit.
        shifts: One row a parameter and direction, as `prior_shift.break_even_prior`: how far what is believed of it
            would have to move, in its own standard deviations, before another option is best.
        scaling: What happens when a prior or a source speaks louder or softer; None where the run keeps no densities.
        untried: Priors that the run keeps and that were not raised to a power, by name.
    """

    shares: pd.DataFrame
    swings: pd.DataFrame
    best: str
    shifts: pd.DataFrame
    scaling: PowerScaling | None
    untried: tuple[str, ...]


@dataclass(frozen=True)
class Knowing:
    """What it is worth to know more before choosing.

    Attributes:
        best: The option with the largest expected net benefit.
        everything: Value of resolving all uncertainty [currency].
        by_group: Value of knowing each group of parameters, as `voi.evppi`.
        by_kind: The same by the kind of evidence that informs parameters.
    """

    best: str
    everything: Value
    by_group: pd.DataFrame
    by_kind: pd.DataFrame


def drivers(choice: Choice, options: Sequence[str]) -> Drivers:
    """What drives the net benefit of options, and the choice between them (MODEL.md eq. 56-61, 68c).

    Args:
        choice: The run.
        options: Keys of the options that are taken apart; the choice is between all.

    Returns:
        Tables.
    """
    shares, swings = [], []
    for key in options:
        net = varying(net_benefits(choice).sel(option=key, drop=True), NET_BENEFIT, option=key)
        table = resting_on(choice, NET_BENEFIT, [key])
        parameters = choice.parameters[table["parameter"].tolist()]
        found = variance_shares(fewer(net), fewer(parameters), groups=grouped(table, "group"))
        shares.append(found.table.assign(explained=found.explained, option=key))
        swings.append(tornado(net, parameters).assign(option=key))
    swung = pd.concat(swings, ignore_index=True)
    shifts = _shifts(choice, swung)
    return Drivers(
        shares=_option_first(pd.concat(shares, ignore_index=True)),
        swings=_option_first(swung),
        best=best_option(choice),
        shifts=shifts,
        scaling=_scaling(choice, options),
        untried=_untried(choice, options),
    )


def best_option(choice: Choice) -> str:
    """The option with the largest expected net benefit, the comparator among them."""
    mean = net_benefits(choice).mean(["chain", "draw"]).to_series()
    return str(mean.idxmax())


def _option_first(table: pd.DataFrame) -> pd.DataFrame:
    return table[["option", *(name for name in table.columns if name != "option")]]


def _shifts(choice: Choice, swings: pd.DataFrame) -> pd.DataFrame:
    """How far what is believed of each of the leading parameters would have to move before another option is best."""
    names = dict.fromkeys(
        name for _, rows in swings.groupby("option", sort=False) for name in rows["parameter"].head(MOVED)
    )
    net, parts = net_benefits(choice), []
    for name in names:
        draws = choice.parameters[name]
        moved = np.log(draws) if choice.on_log_scale(name) else draws
        parts.append(break_even_prior(net, moved, sd=float(moved.std())).table.assign(parameter=name))
    return pd.concat(parts, ignore_index=True)


def _scaling(choice: Choice, options: Sequence[str]) -> PowerScaling | None:
    """Power-scaling of every prior and source that the net benefit of the options can depend on."""
    if choice.log_likelihood is None:
        return None
    behind = _behind(choice, options)
    densities = {**_priors(choice, behind), **_data(choice, behind)}
    quantities = {BURDEN: quantity_parts(choice, BURDEN, option=choice.comparator).sum("component")}
    ratios = {}
    for key in options:
        quantities[f"{NET_BENEFIT} {key}"] = net_benefits(choice).sel(option=key, drop=True)
        paid = -quantity_parts(choice, NET_BENEFIT, option=key).sel(component=SPEND, drop=True)
        if float(paid.min()) > 0:
            gain = (
                quantities[f"{NET_BENEFIT} {key}"] + paid
            )  # with what programmes save, above spend (eq. 39)
            quantities |= {f"{COST_OF_INACTION} {key}": gain, f"{SPEND} {key}": paid}
            ratios[f"benefit_cost_ratio {key}"] = (f"{COST_OF_INACTION} {key}", f"{SPEND} {key}")
    found = power_scaling(
        xr.Dataset(quantities), xr.Dataset(densities), ratios=ratios, net_benefit=net_benefits(choice)
    )
    of_burden = resting_on(choice, BURDEN, [choice.comparator])["parameter"]
    under = choice.sources[choice.sources["parameter"].isin(of_burden)]
    related = {*_priors(choice, under), *_data(choice, under)}
    return replace(
        found,
        changes=_related(found.changes, related),
        sensitivity=_related(found.sensitivity, related),
    )


def _behind(choice: Choice, options: Sequence[str]) -> pd.DataFrame:
    """Evidence behind the net benefit of options."""
    table = resting_on(choice, NET_BENEFIT, options)
    return choice.sources[choice.sources["parameter"].isin(table["parameter"])]


def _untried(choice: Choice, options: Sequence[str]) -> tuple[str, ...]:
    """Priors of the run that are not raised to a power: those of other programmes, or of another scope."""
    if choice.log_likelihood is None:
        return ()
    tried = _priors(choice, _behind(choice, options))
    kept = [str(name).partition(".")[2] for name in choice.run.draws["prior"].to_numpy()]
    return tuple(name for name in kept if f"prior {name}" not in tried)


def _related(table: pd.DataFrame, related: set[str]) -> pd.DataFrame:
    """Rows without those that tie the burden to a belief about programmes: chance alone can."""
    return table[(table["quantity"] != BURDEN) | table["component"].isin(related)].reset_index(drop=True)


def _priors(choice: Choice, behind: pd.DataFrame) -> dict[str, xr.DataArray]:
    """Log prior of each belief behind some parameters, by name: all of what every option rests on."""
    density = choice.run.draws["log_prior"].astype(float)
    known = {str(name).partition(".")[2]: str(name) for name in density["prior"].to_numpy()}
    asked = [*behind.loc[behind["table"] == "priors", "row"]]
    asked += [name for name, whole in known.items() if whole.partition(".")[0] in ALWAYS]
    effects = behind.loc[behind["table"] == "effects", "row"]
    asked += [f"rr_{name}" for name in effects] + (["log_rr_trial"] if len(effects) else [])
    if "log_transfer_error" in asked:
        asked += [f"log_transfer_error_{name}" for name in choice.run.record["countries"]]
    return {
        f"prior {name}": density.sel(prior=known[name], drop=True)
        for name in dict.fromkeys(asked)
        if name in known
    }


def _data(choice: Choice, behind: pd.DataFrame) -> dict[str, xr.DataArray]:
    """Log likelihood of each source behind some parameters, by source."""
    density = choice.log_likelihood
    assert density is not None  # whoever asks has looked
    known = {*density["term"].to_numpy()}
    terms: dict[str, dict[str, None]] = {}
    for row in behind.to_dict("records"):
        if row["term"] in known:
            terms.setdefault(f"data {piece_of(row)}", {})[row["term"]] = None
    return {name: density.sel(term=[*each]).sum("term") for name, each in terms.items()}


def knowing(choice: Choice) -> Knowing:
    """What it is worth to know more before choosing between the options of a run (MODEL.md eq. 50, 51).

    Args:
        choice: The run.

    Returns:
        Values in the money of the run, for the whole horizon and all children of the scenario.
    """
    net = net_benefits(choice).transpose("chain", "draw", "option")
    n_chains = net.sizes["chain"]
    flat = net.to_numpy().reshape(-1, net.sizes["option"])
    table = resting_on(choice, NET_BENEFIT, [*choice.run.scenario.options])
    draws = pd.DataFrame(
        {name: choice.parameters[name].to_numpy().reshape(-1) for name in table["parameter"]}
    )
    by_group, by_kind = (
        evppi(flat, draws, grouped(table, column), n_chains=n_chains).sort_values("raw", ascending=False)
        for column in ("group", "kind")
    )
    return Knowing(best_option(choice), evpi(flat, n_chains=n_chains), by_group, by_kind)
