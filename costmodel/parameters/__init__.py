"""What the headline of a run rests on: draws of its parameters, each with its group and the evidence behind it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from costmodel import baseline
from costmodel.appraisal import Appraisal, labelled
from costmodel.evidence import Evidence
from costmodel.offsets import Offset, offset_inputs
from costmodel.parameters.costs import of_costs, of_transfer
from costmodel.parameters.origins import (
    EFFECTS,
    GROUPS,
    PRICES,
    REACH,
    VIOLENCE,
    Array,
    Parameter,
    evidence_kind,
    rows_of,
    sources_of,
)
from costmodel.parameters.programmes import of_care, of_programmes, of_savings, of_violence
from costmodel.parameters.victims import BIAS, of_victims
from costmodel.programme_inputs import Programme, programme_inputs
from costmodel.scenario import Scenario
from costmodel.summary import summarise

__all__ = [
    "BIAS",
    "EFFECTS",
    "GROUPS",
    "PRICES",
    "REACH",
    "VIOLENCE",
    "Parameter",
    "country_weights",
    "parameter_draws",
    "parameters_table",
    "run_parameters",
    "sources_of",
]


def run_parameters(
    total: Appraisal,
    scenario: Scenario,
    evidence: Evidence,
    draws: xr.Dataset,
    *,
    seed: int,
    estimate_bias: Array | None = None,
) -> list[Parameter]:
    """Parameters of a run that vary, on the draws of its headline (MODEL.md eq. 65).

    What each country has of its own is averaged over the countries of the run, weighted with victims times income; of
    one country it is the parameter itself.

    Args:
        total: What was simulated: victims under the comparator.
        scenario: Whose programmes count.
        evidence: With the programmes of one's own.
        draws: Posterior draws that were simulated, dims (chain, draw, ...).
        seed: Seed of the simulation.
        estimate_bias: Of the log of estimates from linked lists in these draws, dims (draw,); None where no fit keeps
            it.

    Returns:
        Parameters in the order of `GROUPS`.
    """
    weight = country_weights(total, scenario, evidence)
    lead = max(weight, key=weight.__getitem__)
    chosen = _programmes(scenario, evidence, draws, country=lead, seed=seed)
    unit = f"{scenario.currency}{scenario.price_year}/child/year"
    found = [
        *of_victims(total, scenario, evidence, draws, bias=estimate_bias),
        *of_costs(total, evidence, draws),
        *of_transfer(weight, evidence, draws),
        *of_programmes(chosen, draws, unit=unit),
        *of_savings(_savings(chosen, scenario, evidence, country=lead, seed=seed), unit=unit),
        *of_care(chosen, evidence, draws, seed=seed),
        *(of_violence(weight, evidence, draws) if any(p.violence_shares for p in chosen) else ()),
    ]
    return sorted((p for p in found if np.ptp(p.draws) > 0), key=lambda p: GROUPS.index(p.group))


def _programmes(
    scenario: Scenario, evidence: Evidence, draws: xr.Dataset, *, country: str, seed: int
) -> list[Programme]:
    """Programmes of the options, as they are in one country."""
    names = sorted({name for option in scenario.options.values() for name in option.programmes})
    found = programme_inputs(
        names,
        country=country,
        draws=draws,
        evidence=evidence,
        currency=scenario.currency,
        price_year=scenario.price_year,
        seed=seed,
    )
    return [*found.values()]


def _savings(
    chosen: Sequence[Programme], scenario: Scenario, evidence: Evidence, *, country: str, seed: int
) -> dict[str, Offset]:
    """What the programmes of the options save in one country, on what they replace."""
    return offset_inputs(
        {programme.id: programme for programme in chosen},
        country=country,
        evidence=evidence,
        currency=scenario.currency,
        price_year=scenario.price_year,
        seed=seed,
    )


def parameter_draws(found: Sequence[Parameter], *, n_chains: int) -> xr.DataArray:
    """Draws of all parameters as a run folder keeps them, dims (chain, draw, parameter) [unit of each]."""
    parts = [labelled(one.draws, n_chains=n_chains) for one in found]
    whole = xr.concat(parts, "parameter").assign_coords(parameter=[one.name for one in found])
    return whole.transpose("chain", "draw", "parameter")


def country_weights(total: Appraisal, scenario: Scenario, evidence: Evidence) -> dict[str, float]:
    """Share of each country in victims times income, by ISO3 code [share]."""
    size = {
        name: float(values.mean()) * baseline.output_per_head(name, scenario=scenario, evidence=evidence)
        for (name, quantity), values in total.countries.items()
        if quantity == "new_victims"
    }
    return {name: value / sum(size.values()) for name, value in size.items()}


def parameters_table(found: Sequence[Parameter], evidence: Evidence, *, n_chains: int) -> pd.DataFrame:
    """What is believed of each parameter of a run.

    Args:
        found: As `run_parameters` returns them.
        evidence: The evidence they rest on.
        n_chains: Chains that the draws came from.

    Returns:
        One row a parameter: parameter, group, label, unit, submodel, kind of evidence, then mean, low, mid, high and
        mcse over draws [unit of the row], and the keys of its sources.
    """
    told = [
        {
            "parameter": one.name,
            "group": one.group,
            "label": one.label,
            "submodel": one.submodel,
            "kind": evidence_kind(one.rests_on, evidence),
            "sources": " ".join(dict.fromkeys(row["source"] for row in rows_of(one.rests_on, evidence))),
            "unit": one.unit,
        }
        for one in found
    ]
    numbers = summarise(parameter_draws(found, n_chains=n_chains))
    return pd.DataFrame(told).merge(numbers, on="parameter")
