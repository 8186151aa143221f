"""Programmes of the scenario's author beside those of the evidence: same tables, same draws, never fitted."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.evidence import Evidence, harmonise
from costmodel.evidence.payers import OWN
from costmodel.randomness import generator
from costmodel.scenario import OwnProgramme, Quantiles, Scenario

#: Package of a programme of one's own, and of one whose target share holds in each country as it is stated.
OF_ITS_GROUP, OF_EACH_COUNTRY = "own, share of its group", "own, share of each country"


def with_own_programmes(
    draws: xr.Dataset, evidence: Evidence, scenario: Scenario, *, seed: int | None = None
) -> tuple[xr.Dataset, Evidence]:
    """Put the programmes of one's own that an option names beside those of the evidence (MODEL.md eq. 19a, 25).

    Args:
        draws: Posterior draws, dims (chain, draw, ...).
        evidence: The evidence, fitted without them.
        scenario: Whose programmes they are.
        seed: Seed of their effects, keyed by name; the scenario's if not given.

    Returns:
        Draws whose `log_rr`, and evidence whose programmes and effects, hold them; both as they were where no
        option names one, or where they are in them already.
    """
    own = {
        name: programme
        for name, programme in scenario.used_programmes.items()
        if name not in evidence.effects.index
    }
    if not own:
        return draws, evidence
    z = harmonise.constant(evidence, "unit_cost_z")
    drawn = _with_effects(draws, own, seed=scenario.seed if seed is None else seed, z=z)
    return drawn, evidence_with(own, evidence)


def evidence_with(own: Mapping[str, OwnProgramme], evidence: Evidence) -> Evidence:
    """Put programmes of one's own below those of the evidence, for every income group; nothing is drawn.

    Args:
        own: Programmes by id.
        evidence: The evidence, which holds none of them.

    Returns:
        Evidence whose tables of programmes and effects hold them.
    """
    if not own:
        return evidence
    rows = [
        _row(name, programme, group, evidence)
        for name, programme in own.items()
        for group in evidence.countries["income_group"].dropna().unique()
    ]
    z = harmonise.constant(evidence, "unit_cost_z")
    effects = {name: _effect(programme, z=z) for name, programme in own.items()}
    return replace(
        evidence,
        programmes=_below(evidence.programmes, pd.DataFrame(rows)),
        effects=_below(evidence.effects, pd.DataFrame.from_dict(effects, orient="index")),
    )


def _below(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """A table with rows below it; text that they leave out is empty, numbers are missing."""
    whole = rows.reindex(columns=table.columns)
    words = [name for name, kind in table.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    whole[words] = whole[words].astype(object).fillna("")
    joined = pd.concat([table, whole.astype(table.dtypes)], ignore_index=table.index.name is None)
    return joined.rename_axis(index=table.index.name)


def _row(name: str, own: OwnProgramme, income_group: str, evidence: Evidence) -> dict[str, object]:
    """Cost and reach as a row of programmes.csv for one income group."""
    stated, cost = own.target_share is not None, own.unit_cost
    return {
        "id": name,
        "package": OF_EACH_COUNTRY if stated else OF_ITS_GROUP,
        "name": own.title or name.replace("_", " "),
        "income_group": income_group,
        "unit_cost_low": cost.q05,
        "unit_cost_mid": float(np.sqrt(cost.q05 * cost.q95)),  # log-normal: the same piece on both sides
        "unit_cost_high": cost.q95,
        "currency": cost.currency,
        "price_year": cost.price_year,
        "reach_unit": "child, per year",
        "acts_on": own.acts_on,
        "forms": " ".join(own.forms),
        "target_group": own.target_group,
        "target_share": own.target_share if stated else _group_share(own, income_group, evidence),
        "coverage_max": own.coverage_max,
        "lag_years": own.lag,
        "ramp_years": own.ramp,
        "half_life_years": np.nan if own.half_life is None else own.half_life,
        "transfer_share": own.transfer_share,
        "payer": own.payer,
        "public_share": 1.0 if own.public_share is None else own.public_share,
        "evidence_grade": "none: the author's own",
        "cost_status": OWN,
    }


def _group_share(own: OwnProgramme, income_group: str, evidence: Evidence) -> float:
    """Share of children in a whole group of the evidence: the largest that a programme of it works with [share]."""
    group = evidence.programmes[evidence.programmes["target_group"] == own.target_group]
    here = group.loc[group["income_group"] == income_group, "target_share"]
    return float((here if len(here) else group["target_share"]).max())


def _effect(own: OwnProgramme, *, z: float) -> dict[str, object]:
    """Effect as a row of effects.csv."""
    mean, sd = _log_normal(own.rr, z=z)
    effect = {"basis": OWN, "prior_log_rr_mean": mean, "prior_log_rr_sd": sd, "sentence": own.sentence}
    if own.rr_violence is None:
        return effect
    mean, sd = _log_normal(own.rr_violence, z=z)
    types = " ".join(own.violence_types or ())
    return {**effect, "rr_violence_log_mean": mean, "rr_violence_log_se": sd, "violence_types": types}


def _log_normal(quantiles: Quantiles, *, z: float) -> tuple[float, float]:
    """Mean and SD of the log of a quantity between its 5 and 95% quantiles."""
    low, high = float(np.log(quantiles.q05)), float(np.log(quantiles.q95))
    return (low + high) / 2, (high - low) / (2 * z)


def _with_effects(draws: xr.Dataset, own: Mapping[str, OwnProgramme], *, seed: int, z: float) -> xr.Dataset:
    """Draws whose `log_rr` holds the effects of one's own: log-normal, drawn by name."""
    fitted = draws["log_rr"].transpose("chain", "draw", "programme")
    stated = []
    for name, programme in own.items():
        mean, sd = _log_normal(programme.rr, z=z)
        stated.append(mean + sd * generator(seed, name=f"{name}.rr").normal(size=fitted.shape[:2]))
    values = np.concatenate([fitted.to_numpy(), np.stack(stated, axis=-1)], axis=-1)
    names = [*fitted["programme"].to_numpy(), *own]
    return draws.drop_dims("programme").assign(
        log_rr=xr.DataArray(values, dims=fitted.dims, coords={"programme": names}, attrs=fitted.attrs)
    )
