"""All engines side by side, and the mixture of those that may be believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence.elicited import draw
from costmodel.evidence.lists import CaptureTable
from costmodel.evidence.priors import Priors, default_priors
from costmodel.evidence.register import read_evidence
from costmodel.hidden.bayes_loglinear import bayes_loglinear
from costmodel.hidden.decomposable import LISTS_MAX, decomposable
from costmodel.hidden.engine import Array, Engine, EngineFit, middles, no_answer
from costmodel.hidden.independence import independence
from costmodel.hidden.latent_class import latent_class
from costmodel.hidden.stepwise import stepwise
from costmodel.randomness import generator

ENGINES: Mapping[str, Engine] = {
    "independence": independence,
    "stepwise": stepwise,
    "decomposable": decomposable,
    "bayes_loglinear": bayes_loglinear,
    "latent_class": latent_class,
}
#: Engines that are quick enough to be run again without each list.
QUICK = ("independence", "stepwise", "decomposable", "bayes_loglinear")
#: Steps in which the weights of the mixture are found, and the change at which they are.
WEIGHT_STEPS, WEIGHT_STILL = 5000, 1e-9
#: Draws of the mixture.
N_MIXED = 20_000
#: Bootstrap samples where only the estimate is wanted.
FEW_BOOTSTRAPS = 50


@dataclass(frozen=True)
class HiddenPopulation:
    """What the engines say of one table together.

    Attributes:
        table: The lists.
        fits: Each engine by name.
        weights: Weight of each engine in the mixture; engines that have not converged have none.
        mixture: The mixture, dims (draw,) [persons]; no draw where no engine has converged.
        corrected: The mixture with the bias and the error beyond its interval that such estimates were found to have,
            dims (draw,) [persons].
    """

    table: CaptureTable
    fits: Mapping[str, EngineFit]
    weights: Mapping[str, float]
    mixture: Array
    corrected: Array


def chosen_engines(names: Sequence[str], table: CaptureTable) -> dict[str, Engine]:
    """Engines by name; all that can take the table if none is named.

    Raises:
        EvidenceError: If there is no such engine.
    """
    for name in names:
        if name not in ENGINES:
            raise EvidenceError(
                f"no engine is called {name!r}{suggestion(name, ENGINES)}; choose of {', '.join(ENGINES)}"
            )
    fits_all = len(table.lists) <= LISTS_MAX
    return {name: ENGINES[name] for name in names or ENGINES if names or fits_all or name != "decomposable"}


def estimate_hidden(
    table: CaptureTable,
    *,
    priors: Priors | None = None,
    engines: str | Sequence[str] = (),
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> HiddenPopulation:
    """Persons on no list, by every engine and by their mixture (MODEL.md section 11).

    Args:
        table: Overlapping lists.
        priors: Prior records with `mse_bias` and `mse_error_sd`; the package's if not given.
        engines: Name of an engine, or names; all that can take the table if none is given.
        seed: Seed of samplers and of the mixture.
        say: Called with the name of each engine before it runs.

    Returns:
        What they say together.

    Raises:
        EvidenceError: If there is no such engine, or it cannot take so many lists.
    """
    chosen = default_priors(read_evidence()) if priors is None else priors
    fits = {}
    names = [engines] if isinstance(engines, str) else engines
    for name, engine in chosen_engines(names, table).items():
        say(name)
        fits[name] = engine(table, seed=seed)
    weights = stacking_weights({name: fit.cell_score for name, fit in fits.items() if fit.converged})
    mixture = mix(fits, weights, seed=seed)
    return HiddenPopulation(
        table=table,
        fits=fits,
        weights={name: weights.get(name, 0.0) for name in fits},
        mixture=mixture,
        corrected=corrected_total(mixture, n_listed=table.n_listed, priors=chosen, seed=seed),
    )


def stacking_weights(scores: Mapping[str, Array]) -> dict[str, float]:
    """Weights under which held-out cells are most probable (MODEL.md eq. 47; Yao, Vehtari, Simpson and Gelman 2018).

    Args:
        scores: Log probability of each held-out cell by engine, dims (pattern,).

    Returns:
        Weights that add up to one, by engine; none where there is no engine. Cells that one of them cannot score are
        left out; where none is left, the weights are equal.

    Example:
        >>> found = stacking_weights({"near": np.log([0.5, 0.4]), "far": np.log([0.1, 0.1])})
        >>> round(found["near"], 6)
        1.0
    """
    if not scores:
        return {}
    log_p = np.array(list(scores.values()))
    weight = np.full(len(log_p), 1 / len(log_p))
    scored = ~np.isnan(log_p).any(axis=0) & np.isfinite(log_p.max(axis=0))
    if not scored.any():
        return dict(zip(scores, weight.tolist(), strict=True))
    p = np.exp(log_p[:, scored] - log_p[:, scored].max(axis=0))
    for _ in range(WEIGHT_STEPS):
        last = weight
        weight = weight * (p / (weight @ p)).mean(axis=1)
        if np.abs(weight - last).max() < WEIGHT_STILL:
            break
    return dict(zip(scores, (weight / weight.sum()).tolist(), strict=True))


def mix(fits: Mapping[str, EngineFit], weights: Mapping[str, float], *, seed: int) -> Array:
    """Draws of the weighted mixture.

    Args:
        fits: What each engine says.
        weights: Weight of each engine in the mixture.
        seed: Seed of the order of the draws.

    Returns:
        Dims (draw,) [persons]; no draw without an engine.
    """
    parts = [
        np.quantile(fits[name].total, middles(n_draws))
        for name, weight in weights.items()
        if (n_draws := round(weight * N_MIXED))
    ]
    draws = np.concatenate([np.empty(0), *parts])
    return generator(seed, name="mixture").permutation(draws)


def corrected_total(total: Array, *, n_listed: int, priors: Priors, seed: int) -> Array:
    """Total after the bias and the error that such estimates had where the truth was held out (MODEL.md eq. 48).

    Args:
        total: An estimate, dims (draw,) [persons].
        n_listed: Persons on at least one list: nobody is fewer [persons].
        priors: Prior records with `mse_bias` and `mse_error_sd`, on the log scale.
        seed: Seed of the error.

    Returns:
        Dims (draw,) [persons].
    """
    bias, error = (
        draw(priors[name], name, n_draws=total.size, seed=seed) for name in ("mse_bias", "mse_error_sd")
    )
    noise = generator(seed, name="mse_error").normal(size=total.size)
    return np.maximum(total * np.exp(error * noise - bias), n_listed)


def leave_one_list_out(
    table: CaptureTable,
    *,
    engines: Sequence[str] = (),
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> list[dict[str, object]]:
    """The estimate of each engine with each list left out in turn: which lists matter.

    Args:
        table: Overlapping lists, at least three.
        engines: Names of engines, of which those of `QUICK` are used; all of these if none is given.
        seed: Seed of samplers.
        say: Called with what is left out.

    Returns:
        Rows: without, engine, estimate [persons] (not a number where nobody is on two of the lists left), converged; no
        row for a table of two lists.
    """
    rows: list[dict[str, object]] = []
    for name in table.lists if len(table.lists) > 2 else ():
        say(f"without {name}")
        smaller = table.without(name)
        for engine in [quick for quick in QUICK if quick in (engines or QUICK)]:
            if engine != "decomposable" or len(smaller.lists) <= LISTS_MAX:
                fit = _quickly(engine, smaller, seed=seed)
                found = {"estimate": fit.estimate, "converged": fit.converged}
                rows.append({"without": name, "engine": engine, **found})
    return rows


def _quickly(engine: str, table: CaptureTable, *, seed: int) -> EngineFit:
    """What an engine says where only its estimate is wanted; no answer where nobody is on two lists."""
    if not np.triu(table.overlap()[1], 1).any():
        return no_answer(table, engine, note="nobody is on two of the lists that are left")
    more = {"n_bootstrap": FEW_BOOTSTRAPS} if engine == "stepwise" else {}
    return ENGINES[engine](table, seed=seed, **more)
