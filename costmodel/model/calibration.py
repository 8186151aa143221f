"""Simulation-based calibration: does the fit give back what data were made from, as often as it says?

Each sub-model draws parameters and data from its own prior predictive distribution and is fitted to them, over and
over; ranks of the drawn values must be uniform (`uniformity`). What is drawn forward after a fit, as the split
into incidence and detection, is drawn the same way from the prior. A replicate that is done is kept, so that a run
that was stopped goes on.
"""

import hashlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import arviz as az
import numpy as np
import nutpie
import pandas as pd
import pymc as pm
import xarray as xr
from numpy.typing import NDArray
from nutpie.sample import CompiledModel
from pymc.distributions.censored import CensoredRV
from rich.console import Console
from rich.progress import track

from costmodel.evidence.register import Evidence
from costmodel.model import cache, joint, rates
from costmodel.model.fit import Settings
from costmodel.model.joint import Builder
from costmodel.model.priors import Prior, Priors
from costmodel.model.uniformity import RANKED, holm, rank_table, ranks

Array = NDArray[np.float64]

#: Short chains, for a small world: 1,000 draws, of which every tenth is ranked.
SETTINGS = Settings(draws=500, tune=400, chains=2, seed=20261123)
REPLICATES = 200
#: Countries of the small world: with counts exact and masked, with estimates, with studies of violence, with none.
COUNTRIES = ("AUS", "CAN", "DEU", "GBR", "IRL", "ISL", "NGA", "NLD", "PHL", "SRB")
#: Country whose counts are taken away, and the first and last year of the others.
WITHOUT_COUNTS = "ISL"
YEARS = (2010, 2019)
#: Log-normal prior of the spread between countries in the small world: 1.1 to 2.5, about what 190 countries tell.
#: Rates are centred on their subregion, which suits countries that differ; among ten that hardly do, chains stick.
COUNTRY_SD = (0.5, 0.25)
LOG_LIKELIHOOD = "log_likelihood"
#: Outputs of each sub-model that are tested beside its scalar parameters.
OUTPUTS = {
    "unit_cost": ("log_unit_cost",),
    "violence": ("log_daly_share",),
    "effects": ("log_rr", "log_rr_trial"),
}


@dataclass(frozen=True)
class Calibration:
    """Replicates of one sub-model.

    Attributes:
        submodel: Its name.
        ranks: Rank of the truth among `RANKED` posterior draws, a row a replicate, a column a quantity.
        scores: Posterior z-score (truth - mean) / SD of the same quantities.
        diagnostics: A row a replicate: divergences, ess_min (least bulk ESS of the tested quantities).
    """

    submodel: str
    ranks: pd.DataFrame
    scores: pd.DataFrame
    diagnostics: pd.DataFrame


@dataclass(frozen=True)
class World:
    """A sub-model that is ready to be simulated and fitted.

    Attributes:
        name: Sub-model.
        model: The model, opened by `open_data`.
        observed: Names of its observed variables.
        scalars: Names of its scalar parameters.
        evidence: The evidence of its structure.
    """

    name: str
    model: pm.Model
    observed: list[str]
    scalars: list[str]
    evidence: Evidence


def small_world(evidence: Evidence) -> Evidence:
    """Evidence of a few countries and years, so that a fit takes a second; its structure is that of the whole.

    Estimates stand by their results: lists behind them are a model of their own, which is calibrated apart.
    """
    counts = evidence.counts
    kept = counts["iso3"].isin(COUNTRIES) & counts["year"].between(*YEARS)
    fields = vars(evidence) | {
        "countries": evidence.countries.loc[list(COUNTRIES)],
        "counts": counts[kept & (counts["iso3"] != WITHOUT_COUNTS)],
        "lists": {},
    }
    return Evidence(**fields)


def small_priors(priors: Priors) -> dict[str, Prior]:
    """Priors of the small world: those given, but for `COUNTRY_SD`."""
    p1, p2 = COUNTRY_SD
    return {**priors, "country_sd": replace(priors["country_sd"], family="lognormal", p1=p1, p2=p2)}


def open_data(model: pm.Model) -> list[str]:
    """Turn every observation of a model into data that can be exchanged, and name their log likelihood.

    Args:
        model: A sub-model; it is changed in place.

    Returns:
        Names of the observed variables; the data of `x` are named `x_data`.
    """
    names = []
    with model:
        for observed in list(model.observed_RVs):
            constant = model.rvs_to_values[observed]
            data = pm.Data(f"{observed.name}_data", constant.data)
            model.rvs_to_values[observed] = data
            del model.values_to_rvs[constant]
            model.values_to_rvs[data] = observed
            names.append(str(observed.name))
        values = {name: model[f"{name}_data"] for name in names}
        pm.Deterministic(LOG_LIKELIHOOD, _log_likelihood(model, values))
    return names


def _log_likelihood(model: pm.Model, values: Mapping[str, Any]) -> Any:
    """Log likelihood of all observed variables at some values, but of censored ones, whose form PyMC keeps apart."""
    plain = {
        name: value for name, value in values.items() if not isinstance(model[name].owner.op, CensoredRV)
    }
    return sum(pm.logp(model[name], value, warn_rvs=False).sum() for name, value in plain.items())


def prior_predictive(
    model: pm.Model, observed: list[str], *, n_draws: int, seed: int
) -> tuple[xr.Dataset, dict[str, Array]]:
    """Draw parameters and data together from an opened model.

    Args:
        model: As `open_data` left it.
        observed: Names of its observed variables.
        n_draws: Draws.
        seed: Seed.

    Returns:
        Parameters and deterministics in the form of a posterior, dims (chain, draw, ...), with one chain; and
        data by name, dims (draw, ...).
    """
    kept = [*model.free_RVs, *(each for each in model.deterministics if each.name != LOG_LIKELIHOOD)]
    data = [model[name] for name in observed]
    own = _log_likelihood(model, {name: model[name] for name in observed})
    drawn = pm.draw([*kept, own, *data], draws=n_draws, random_seed=seed, mode="FAST_COMPILE")
    dims = {name: tuple(found) for name, found in model.named_vars_to_dims.items()}
    names = [*(str(each.name) for each in kept), LOG_LIKELIHOOD]
    truth = {}
    for name, values in zip(names, drawn, strict=False):
        inner = dims.get(name, tuple(f"{name}_{i}" for i in range(values.ndim - 1)))
        truth[name] = (("chain", "draw", *inner), np.asarray(values)[None])
    coords = {name: list(values) for name, values in model.coords.items() if values is not None}
    used = {name: coords[name] for _, (found, _) in truth.items() for name in found if name in coords}
    return xr.Dataset(truth, coords=used), dict(zip(observed, drawn[len(names) :], strict=True))


def tested(world: World, posterior: xr.Dataset, *, seed: int) -> xr.Dataset:
    """The quantities whose ranks are taken: scalar parameters, log likelihood and national outputs.

    Args:
        world: The sub-model.
        posterior: Draws of its prior or posterior, dims (chain, draw, ...).
        seed: Seed of what is drawn forward.

    Returns:
        Data set, dims (chain, draw, ...).
    """
    chosen = posterior[[*world.scalars, LOG_LIKELIHOOD, *OUTPUTS.get(world.name, ())]]
    if world.name == "prevalence":
        found = rates.country_rates(posterior, world.evidence, seed=seed)
        found["log_registered"] = found["log_incidence"] + found["log_detection"]
        breadth = joint.log_definition(posterior, found["log_incidence"], world.evidence)
        found["log_definition"] = found["log_incidence"].copy(data=breadth)
        return xr.merge(
            [chosen.drop_vars("country", errors="ignore"), found], compat="no_conflicts", join="exact"
        )
    if world.name == "forms":
        forms = joint.form_odds(posterior, world.evidence, seed=seed).isel(form=slice(1, None))
        girls = joint.girl_odds(posterior, world.evidence, seed=seed).rename(form="of_form")
        found = xr.Dataset({"log_form_odds": forms, "log_girl_odds": girls})
        return xr.merge([chosen, found], compat="no_conflicts", join="outer")
    return chosen


def flat(quantities: xr.Dataset) -> tuple[list[str], Array]:
    """Every element of every quantity under a name of its own, as `log_incidence[NLD]`.

    Args:
        quantities: Dims (chain, draw, ...).

    Returns:
        Names, and values with dims (sample, quantity), chain after chain.
    """
    names, columns = [], []
    for name, values in quantities.data_vars.items():
        inner = [dim for dim in values.dims if dim not in ("chain", "draw")]
        stacked = values.transpose("chain", "draw", *inner).to_numpy()
        labels = [values[dim].to_numpy() for dim in inner]
        for place in np.ndindex(*stacked.shape[2:]):
            words = ", ".join(str(each[i]) for each, i in zip(labels, place, strict=True))
            names.append(f"{name}[{words}]" if words else str(name))
        columns.append(stacked.reshape(stacked.shape[0] * stacked.shape[1], -1))
    return names, np.concatenate(columns, axis=1).astype(float)


def thin(posterior: xr.Dataset) -> xr.Dataset:
    """Every n-th draw of each chain, so that at least `RANKED` are left over all chains."""
    step = posterior.sizes["chain"] * posterior.sizes["draw"] // (RANKED + 1)
    return posterior.isel(draw=slice(None, None, max(step, 1)))


def judge(names: list[str], truth: Array, kept: xr.Dataset, *, divergences: int) -> dict[str, object]:
    """Ranks and z-scores of one replicate, in the form in which it is stored.

    Args:
        names: Names of the quantities.
        truth: Values that the data were made with, dims (quantity,).
        kept: The tested quantities of the thinned posterior, dims (chain, draw, ...).
        divergences: Divergent draws of the fit.
    """
    found, draws = flat(kept)
    if found != names:
        raise ValueError(f"prior and posterior differ in their quantities: {set(found) ^ set(names)}")
    chains = kept.sizes["chain"]
    by_chain = draws.reshape(chains, -1, len(names))
    ess = az.ess(xr.Dataset({"x": (("chain", "draw", "quantity"), by_chain)}))["x"].to_numpy()
    return {
        "names": names,
        "ranks": ranks(truth, draws[:RANKED]).tolist(),
        "scores": ((truth - draws.mean(axis=0)) / draws.std(axis=0)).tolist(),
        "divergences": divergences,
        "ess_min": float(ess.min()),
    }


def _fit(compiled: CompiledModel, data: Mapping[str, Array], settings: Settings, *, seed: int) -> xr.DataTree:
    """A fit of an opened model to other data; it was compiled once."""
    changed = compiled.with_data(**{f"{name}_data": values for name, values in data.items()})
    tree: xr.DataTree = nutpie.sample(
        changed,
        draws=settings.draws,
        tune=settings.tune,
        chains=settings.chains,
        seed=seed,
        progress_bar=False,
        save_warmup=False,
    )
    return tree


def _key(
    name: str, builder: Builder, evidence: Evidence, priors: Priors, settings: Settings, *, replicates: int
) -> str:
    """Key of stored replicates: that of the fit, the code that draws forward, and the numbers of draws."""
    digest = hashlib.sha256(cache.key(name, builder, evidence, priors, settings).encode())
    for module in (joint, rates):
        digest.update(inspect.getsource(module).encode())
    return f"{digest.hexdigest()[:24]}-{settings.draws}-{replicates}"


def _rows(
    world: World, *, key: str, replicates: int, settings: Settings, quiet: bool
) -> Iterator[dict[str, Any]]:
    """Replicates one after the other, those that are stored from the store; compiles where one is missing."""
    truth, data = prior_predictive(world.model, world.observed, n_draws=replicates, seed=settings.seed)
    names, values = flat(tested(world, truth, seed=settings.seed))
    compiled: CompiledModel | None = None
    console = Console(stderr=True, quiet=quiet)
    for i in track(range(replicates), f"Calibrating {world.name}", console=console, disable=quiet):
        row = cache.load_replicate(world.name, key, i)
        if row is None or row["names"] != names:
            compiled = compiled or nutpie.compile_pymc_model(world.model)
            seed = settings.seed + 1 + i
            tree = _fit(compiled, {each: drawn[i] for each, drawn in data.items()}, settings, seed=seed)
            kept = tested(world, thin(tree["posterior"].to_dataset()), seed=seed)
            diverging = int(tree["sample_stats"]["diverging"].sum())
            row = judge(names, values[i], kept, divergences=diverging)
            cache.save_replicate(world.name, key, i, row)
        yield row


def calibrate(
    name: str,
    evidence: Evidence,
    priors: Priors,
    *,
    builder: Builder | None = None,
    replicates: int = REPLICATES,
    settings: Settings = SETTINGS,
    quiet: bool = True,
) -> Calibration:
    """Simulate and fit one sub-model many times (MODEL.md section 9).

    Replicates that are stored are not fitted again; with other evidence, priors, model code or settings there are
    none.

    Args:
        name: Sub-model.
        evidence: The evidence of its structure, as from `small_world`: all but the observations is kept.
        priors: Its priors, as from `small_priors`.
        builder: What builds it; that of the package if not given.
        replicates: Replicates; what is drawn forward from the prior depends on their number, so a run of another
            number is another run.
        settings: Sampler settings; the seed is that of the simulated data too.
        quiet: No progress bar on stderr.

    Returns:
        Ranks, z-scores and diagnostics of every replicate.
    """
    build = builder or joint.BUILDERS[name]
    key = _key(name, build, evidence, priors, settings, replicates=replicates)
    model = build(evidence, priors)
    scalars = [str(each.name) for each in (*model.free_RVs, *model.deterministics) if each.ndim == 0]
    world = World(name, model, open_data(model), scalars, evidence)
    rows = list(_rows(world, key=key, replicates=replicates, settings=settings, quiet=quiet))
    names = rows[0]["names"]
    return Calibration(
        submodel=name,
        ranks=pd.DataFrame([row["ranks"] for row in rows], columns=names),
        scores=pd.DataFrame([row["scores"] for row in rows], columns=names),
        diagnostics=pd.DataFrame([{k: row[k] for k in ("divergences", "ess_min")} for row in rows]),
    )


def calibration_table(calibrations: Sequence[Calibration], *, seed: int) -> pd.DataFrame:
    """The rank tests of all sub-models in one table, corrected for their number together.

    Args:
        calibrations: Replicates of each sub-model.
        seed: Seed of the simulated ranks behind the p-values.

    Returns:
        As `uniformity.rank_table`, with submodel, p_corrected, and of the sub-model: diverging (replicates with a
        divergence), divergences (a replicate) and ess_min (median over replicates of the least ESS of the ranked).
    """
    parts = []
    for each in calibrations:
        part = rank_table(each.ranks, seed=seed)
        part.insert(0, "submodel", each.submodel)
        part.insert(3, "diverging", int((each.diagnostics["divergences"] > 0).sum()))
        part.insert(4, "divergences", float(each.diagnostics["divergences"].mean()))
        part.insert(5, "ess_min", float(each.diagnostics["ess_min"].median()))
        parts.append(part)
    table = pd.concat(parts, ignore_index=True)
    table.insert(int(table.columns.get_loc("p")) + 1, "p_corrected", holm(table["p"].to_numpy()))
    return table
