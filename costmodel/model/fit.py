"""Fit the sub-models once, check that they converged, and keep them by content."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import nutpie
import pandas as pd
import pymc as pm
import xarray as xr
from nutpie.sample import CompiledModel
from pymc.stats import compute_log_likelihood, compute_log_prior

from costmodel.errors import Interrupted
from costmodel.evidence.register import Evidence
from costmodel.gate import Diagnostics, diagnose, refuse
from costmodel.model import cache
from costmodel.model.brought import check_draws, check_model, chosen_builders, content_key
from costmodel.model.joint import BUILDERS, Builder, national_draws, national_outputs
from costmodel.model.priors import Priors, default_priors

#: A fit that fails the gate is sampled again with twice the draws, this many times at most.
EXTENSIONS = 2


@dataclass(frozen=True)
class Settings:
    """Sampler settings; they are part of the cache key."""

    draws: int = 2000
    tune: int = 1000
    chains: int = 4
    seed: int = 20261123


@dataclass(frozen=True)
class Posterior:
    """Draws of the whole model, with what is needed to believe them.

    Attributes:
        draws: Every quantity of the simulation, dims (chain, draw, ...); see `joint.national_draws`.
        trees: Fits by sub-model, with log likelihood and log prior.
        diagnostics: One row a sub-model: what `gate.diagnose` found, and seconds.
        priors: The priors it was fitted with.
        keys: Cache keys by sub-model.
        brought: What of it is not the package's own, in words.
    """

    draws: xr.Dataset
    trees: Mapping[str, xr.DataTree]
    diagnostics: pd.DataFrame
    priors: Priors
    keys: Mapping[str, str] = field(default_factory=dict)
    brought: tuple[str, ...] = ()

    @property
    def converged(self) -> bool:
        """Whether every sub-model passed the gate."""
        return bool(self.diagnostics["converged"].all())

    @property
    def n_draws(self) -> int:
        """Draws over all chains."""
        return int(self.draws.sizes["chain"] * self.draws.sizes["draw"])


def _say(message: str, *, quiet: bool) -> None:
    if not quiet:
        print(message, file=sys.stderr, flush=True)


def _run_sampler(compiled: CompiledModel, settings: Settings, *, draws: int, quiet: bool) -> xr.DataTree:
    """Sample in the background, so that Ctrl-C stops it instead of returning a short fit."""
    sampler = nutpie.sample(
        compiled,
        draws=draws,
        tune=settings.tune,
        chains=settings.chains,
        seed=settings.seed,
        progress_bar=not quiet,
        save_warmup=False,
        blocking=False,
    )
    try:
        tree: xr.DataTree = sampler.wait()
        return tree
    except KeyboardInterrupt:
        sampler.cancel()
        raise


def every(tree: xr.DataTree, step: int) -> xr.DataTree:
    """Keep every `step`-th draw, numbered anew: the sub-models are joined draw by draw.

    Args:
        tree: A fit, groups with dims (chain, draw, ...).
        step: Draws from one that is kept to the next.

    Returns:
        The fit with fewer draws, numbered from 0.
    """

    def thinned(group: xr.Dataset) -> xr.Dataset:
        if "draw" not in group.dims:
            return group
        kept = group.isel(draw=slice(None, None, step))
        return kept.assign_coords(draw=np.arange(kept.sizes["draw"]))

    fewer: xr.DataTree = xr.map_over_datasets(thinned, tree)
    return fewer


def sample_posterior(
    model: pm.Model,
    *,
    settings: Settings | None = None,
    outputs: Callable[[xr.Dataset], xr.Dataset | None] | None = None,
    quiet: bool = True,
) -> tuple[xr.DataTree, Diagnostics]:
    """Sample one sub-model; where the gate fails, sample again with more draws.

    Args:
        model: A sub-model.
        settings: Draws, tuning, chains and seed; the defaults of `Settings` if not given.
        outputs: Makes the national outputs from a posterior, which the gate then looks at too; none if not given.
        quiet: No progress bar.

    Returns:
        The fit with log likelihood and log prior, and its diagnostics (see `gate.diagnose`), which may say that
        it has not converged: the caller decides.
    """
    chosen = settings or Settings()
    started = time.monotonic()
    compiled = nutpie.compile_pymc_model(model)
    for extension in range(EXTENSIONS + 1):
        draws = chosen.draws * 2**extension
        tree = _run_sampler(compiled, chosen, draws=draws, quiet=quiet)
        found = diagnose(tree, outputs=outputs(tree["posterior"].to_dataset()) if outputs else None)
        if found["converged"] or found["non_finite"]:  # which more draws do not mend
            break
        if extension < EXTENSIONS:
            _say(
                f"  not converged ({found['worst'] or 'divergences'}): sampling {2 * draws} draws a chain",
                quiet=quiet,
            )
    if extension:
        tree = every(tree, 2**extension)
    tree = compute_log_likelihood(tree, model=model, progressbar=False)
    tree = compute_log_prior(tree, model=model, progressbar=False)
    return tree, {**found, "seconds": time.monotonic() - started}


def fit_submodel(
    name: str,
    builder: Builder,
    evidence: Evidence,
    priors: Priors,
    *,
    settings: Settings,
    refit: bool,
    quiet: bool,
) -> tuple[xr.DataTree, Diagnostics, str]:
    """One sub-model from the cache, or fitted and stored; its diagnostics and its cache key."""
    key = cache.key(name, builder, evidence, priors, settings)

    def say(message: str) -> None:
        _say(message, quiet=quiet)

    def stored() -> tuple[xr.DataTree, Diagnostics] | None:
        return None if refit else cache.load(name, key, settings.draws, say=say)

    if found := stored():
        return (*found, key)
    with cache.alone(name, say=say):
        if found := stored():  # another process has fitted it while this one waited
            return (*found, key)
        return (*_fit_anew(name, builder, evidence, priors, key=key, settings=settings, quiet=quiet), key)


def _fit_anew(
    name: str,
    builder: Builder,
    evidence: Evidence,
    priors: Priors,
    *,
    key: str,
    settings: Settings,
    quiet: bool,
) -> tuple[xr.DataTree, Diagnostics]:
    """Sample one sub-model and store it."""
    position = list(BUILDERS).index(name) + 1 if name in BUILDERS else 1
    _say(f"Fitting {name} ({position} of {len(BUILDERS)})", quiet=quiet)
    try:
        model = builder(evidence, priors)
        check_model(name, model)
        tree, found = sample_posterior(
            model,
            settings=settings,
            outputs=lambda posterior: national_outputs(name, posterior, evidence, seed=settings.seed),
            quiet=quiet,
        )
    except KeyboardInterrupt as stop:
        raise Interrupted(
            f"stopped while fitting {name}: nothing half-written was left behind, sub-models fitted before "
            "it are kept; the same command goes on from there"
        ) from stop
    cache.save(name, key, settings.draws, tree, found)
    _say(f"  {name}: {found['seconds']:.0f} s, R-hat {found['rhat_max']:.3f}", quiet=quiet)
    return tree, found


def longest_stored(
    evidence: Evidence, priors: Priors, settings: Settings, builders: Mapping[str, Builder] = BUILDERS
) -> int:
    """Draws a chain of the longest fit of all sub-models in the cache, at least those of `settings`."""
    stored = [
        cache.stored_draws(name, cache.key(name, builder, evidence, priors, settings))
        for name, builder in builders.items()
    ]
    return max({settings.draws, *set.intersection(*stored)})


def _announce(
    evidence: Evidence,
    priors: Priors,
    settings: Settings,
    builders: Mapping[str, Builder],
    *,
    refit: bool,
    quiet: bool,
) -> None:
    """Say which sub-models have to be sampled, and how long the last fit of each took, before it begins."""
    missing = [
        name
        for name, builder in builders.items()
        if refit
        or settings.draws
        not in cache.stored_draws(name, cache.key(name, builder, evidence, priors, settings))
    ]
    seconds = {name: cache.last_seconds(name) for name in missing}
    if missing and not quiet and any(seconds.values()):
        parts = [f"{name} (about {took:.0f} s last time)" if took else name for name, took in seconds.items()]
        _say(f"To fit, because evidence, priors or model changed: {', '.join(parts)}", quiet=quiet)


def fit_all(
    evidence: Evidence,
    *,
    priors: Priors | None = None,
    builders: Mapping[str, Builder] | None = None,
    draws: int | None = None,
    chains: int | None = None,
    seed: int | None = None,
    refit: bool = False,
    allow_unconverged: bool = False,
    quiet: bool = True,
) -> Posterior:
    """Fit every sub-model, or load it from the cache, and join their draws.

    Args:
        evidence: What to fit.
        priors: Prior records; those of the evidence if not given.
        builders: Builders of one's own by the sub-model they replace: functions of evidence and priors that return
            a model with the variables of `brought.NEEDED`.
        draws: Draws a chain keeps; the longest fit in the cache, or the default, if not given.
        chains: Chains.
        seed: Seed of the sampler and of the forward draws.
        refit: Sample again, whatever the cache holds.
        allow_unconverged: Return a posterior that failed the gate; its diagnostics say so.
        quiet: No messages and no progress bar on stderr.

    Returns:
        The posterior of the whole model.

    Raises:
        ConvergenceError: If a sub-model fails the gate and `allow_unconverged` is not set.
        Interrupted: If Ctrl-C stops it; sub-models already fitted stay in the cache.
        ModelError: If a builder of one's own cannot be read, or its model lacks a variable.
    """
    chosen = priors or default_priors(evidence)
    default = Settings()
    settings = Settings(
        draws=default.draws,
        tune=default.tune,
        chains=chains or default.chains,
        seed=default.seed if seed is None else seed,
    )
    cache.check_folder()
    models = chosen_builders(builders)
    settings = replace(settings, draws=draws or longest_stored(evidence, chosen, settings, models))
    trees, rows, keys = {}, [], {}
    _announce(evidence, chosen, settings, models, refit=refit, quiet=quiet)
    for name, builder in models.items():
        tree, found, keys[name] = fit_submodel(
            name, builder, evidence, chosen, settings=settings, refit=refit, quiet=quiet
        )
        trees[name] = tree
        rows.append({"submodel": name, **found})
    diagnostics = pd.DataFrame(rows)
    if not allow_unconverged:
        refuse(diagnostics)
    return Posterior(
        draws=national_draws(trees, evidence, chosen, seed=settings.seed),
        trees=trees,
        diagnostics=diagnostics,
        priors=chosen,
        keys=keys,
        brought=tuple(f"a sub-model {name}" for name in models if models[name] is not BUILDERS[name]),
    )


def from_draws(dataset: xr.Dataset, *, allow_unconverged: bool = False) -> Posterior:
    """Draws made elsewhere as a posterior: no fit, the same simulation.

    Args:
        dataset: Every quantity of the simulation, dims (chain, draw, ...), as `joint.national_draws` gives
            them; attribute `estimand` says which victims are meant, A if it is missing.
        allow_unconverged: Take draws that fail the gate; every output then says so.

    Returns:
        The posterior. R-hat and effective sample sizes are those of the quantities; whether a sampler diverged
        cannot be seen in draws.

    Raises:
        ConvergenceError: If chains disagree or there are too few draws, and `allow_unconverged` is not set.
        ModelError: If a quantity is missing, has other dims or labels, or is not finite.
    """
    check_draws(dataset)
    drawn = dataset[[name for name in dataset.data_vars if {"chain", "draw"} <= set(dataset[name].dims)]]
    shape = (dataset.sizes["chain"], dataset.sizes["draw"])
    flags = xr.Dataset({"diverging": (("chain", "draw"), np.zeros(shape, dtype=bool))})
    found = diagnose(xr.DataTree.from_dict({"posterior": drawn, "sample_stats": flags}))
    diagnostics = pd.DataFrame([{"submodel": "from_draws", **found, "seconds": 0.0}])
    if not allow_unconverged:
        refuse(diagnostics)
    return Posterior(
        draws=dataset,
        trees={},
        diagnostics=diagnostics,
        priors={},
        keys={"from_draws": content_key(dataset)},
        brought=("all draws",),
    )
