"""Effective samples per second of the prevalence sub-model beside the naive form of the same model.

Run it as `python benchmarks/fit.py`. Both forms have one posterior (a test holds it), so an effective sample of one
is worth one of the other. Each is sampled by PyMC's own sampler, the default of `pymc.sample` where nutpie is not
installed, and by nutpie, which the package uses. Seconds depend on the machine and on what else it does; effective
samples per thousand gradients do not.
"""

import time
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

import arviz as az
import numpy as np
import nutpie
import pymc as pm
import typer
import xarray as xr
from naive_prevalence import build_naive

from costmodel.evidence import Evidence, read_evidence
from costmodel.gate import RHAT_MAX
from costmodel.model.prevalence import build_prevalence
from costmodel.model.priors import default_priors
from costmodel.model.rates import country_rates

CHAINS, CORES = 4, 2
PER_THOUSAND = 1000
TARGET = 5
FORMS = {"package": build_prevalence, "naive": build_naive}


@dataclass(frozen=True)
class Run:
    """One form sampled once by one sampler.

    Attributes:
        compile_seconds: Until the first draw [s].
        seconds: Tuning and draws [s].
        gradients: Gradients of tuning and draws, all chains.
        kept_gradients: Gradients of the draws alone, dims (chain,).
        divergences: Divergent transitions.
        rhat: Largest R-hat of parameters and outputs.
        parameters: Least effective sample size in the bulk of the free parameters.
        weakest: The parameter that has it.
        outputs: The same of incidence and detection of every country.
        without: Least of both without one chain, dims (chain,).
    """

    compile_seconds: float
    seconds: float
    gradients: float
    kept_gradients: Any
    divergences: int
    rhat: float
    parameters: float
    weakest: str
    outputs: float
    without: Any

    @property
    def least(self) -> float:
        """Least effective sample size of parameters and outputs."""
        return min(self.parameters, self.outputs)

    @property
    def per_second(self) -> float:
        """Effective samples per second of sampling, tuning included."""
        return self.least / self.seconds

    @property
    def per_gradient(self) -> float:
        """Effective samples per thousand gradients of the draws."""
        return PER_THOUSAND * self.least / float(self.kept_gradients.sum())

    @property
    def log_error(self) -> float:
        """Jackknife standard error over chains of the log of `per_gradient`; a chain's work goes with it [log]."""
        rest = self.kept_gradients.sum() - self.kept_gradients
        logs = np.log(self.without / rest)
        return float(np.sqrt((CHAINS - 1) * np.var(logs)))


def sample_nutpie(model: pm.Model, *, draws: int, tune: int, seed: int) -> tuple[xr.DataTree, float, float]:
    """Draws of nutpie with its warm-up, seconds to compile and seconds to sample."""
    started = time.monotonic()
    compiled = nutpie.compile_pymc_model(model)
    ready = time.monotonic()
    tree = nutpie.sample(
        compiled, draws=draws, tune=tune, chains=CHAINS, cores=CORES, seed=seed, progress_bar=False
    )
    return tree, ready - started, time.monotonic() - ready


def sample_pymc(model: pm.Model, *, draws: int, tune: int, seed: int) -> tuple[xr.DataTree, float, float]:
    """Draws of PyMC's own sampler with its warm-up, seconds to compile and seconds to sample."""
    started = time.monotonic()
    tree = pm.sample(
        draws=draws,
        tune=tune,
        chains=CHAINS,
        cores=CORES,
        random_seed=seed,
        model=model,
        nuts_sampler="pymc",
        discard_tuned_samples=False,
        compute_convergence_checks=False,
        progressbar=False,
        quiet=True,
    )
    seconds = float(tree["posterior"].attrs["sampling_time"])
    return tree, time.monotonic() - started - seconds, seconds


SAMPLERS = {"pymc": sample_pymc, "nutpie": sample_nutpie}


def weakest(*groups: xr.Dataset) -> tuple[float, str]:
    """Least effective sample size in the bulk over everything in some data sets, and whose it is."""
    return min(
        (float(found.min()), str(name))
        for group in groups
        for name, found in az.ess(group, method="bulk").items()
    )


def measure(form: str, sampler: str, evidence: Evidence, *, draws: int, tune: int, seed: int) -> Run:
    """Sample one form of the sub-model and measure what its draws are worth."""
    model = FORMS[form](evidence, default_priors(evidence))
    tree, compile_seconds, seconds = SAMPLERS[sampler](model, draws=draws, tune=tune, seed=seed)
    posterior = tree["posterior"].to_dataset()
    groups = (
        posterior[[variable.name for variable in model.free_RVs]],
        country_rates(posterior, evidence, seed=seed),
    )
    (parameters, name), (outputs, _) = (weakest(group) for group in groups)
    kept = tree["sample_stats"]["n_steps"].sum("draw").to_numpy()
    return Run(
        compile_seconds=compile_seconds,
        seconds=seconds,
        gradients=float(kept.sum() + tree["warmup_sample_stats"]["n_steps"].sum()),
        kept_gradients=kept,
        divergences=int(tree["sample_stats"]["diverging"].sum()),
        rhat=max(float(found.max()) for group in groups for found in az.rhat(group).values()),
        parameters=parameters,
        weakest=name,
        outputs=outputs,
        without=np.array(
            [weakest(*(group.drop_isel(chain=[chain]) for group in groups))[0] for chain in range(CHAINS)]
        ),
    )


HEADS = (
    ("form", "", 8),
    ("sampler", "", 8),
    ("compile", "s", 8),
    ("sample", "s", 8),
    ("gradients", "1,000", 10),
    ("a gradient", "ms", 11),
    ("diverging", "", 10),
    ("R-hat", "", 7),
    ("least ESS", "parameters", 11),
    ("least ESS", "outputs", 10),
    ("ESS per", "second", 9),
    ("ESS per", "1,000 grad.", 12),
    ("weakest", "parameter", 23),
)


def show(*cells: str) -> None:
    """Print one line of the table."""
    print("".join(f"{cell:>{width}}" for cell, (*_, width) in zip(cells, HEADS, strict=True)), flush=True)


def cells(run: Run) -> tuple[str, ...]:
    """Figures of one run in the order of the table."""
    return (
        f"{run.compile_seconds:.0f}",
        f"{run.seconds:.0f}",
        f"{run.gradients / PER_THOUSAND:.0f}",
        f"{PER_THOUSAND * run.seconds / run.gradients:.2f}",
        f"{run.divergences}",
        f"{run.rhat:.3f}",
        f"{run.parameters:.0f}",
        f"{run.outputs:.0f}",
        f"{run.per_second:.2f}",
        f"{run.per_gradient:.3f}",
        run.weakest,
    )


def compare(first: Run, second: Run) -> str:
    """Ratio of two runs, with the factor by which chance may move it (one standard error, over chains)."""
    error = np.exp(np.hypot(first.log_error, second.log_error))
    return (
        f"{first.per_second / second.per_second:5.1f} times the effective samples per second (×/÷ {error:.2f}); "
        f"{first.per_gradient / second.per_gradient:.1f} times per gradient"
    )


def main(
    draws: Annotated[int, typer.Option(min=100, help="Draws a chain.")] = 500,
    tune: Annotated[int, typer.Option(min=100, help="Tuning steps a chain.")] = 500,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each pair, with seeds 1, 2, ...")] = 1,
) -> None:
    """Print effective samples per second of both forms under both samplers, and their ratios."""
    evidence = read_evidence()
    print(f"{CHAINS} chains on {CORES} cores, {tune} tuning steps and {draws} draws a chain")
    show(*(head for head, *_ in HEADS))
    show(*(unit for _, unit, _ in HEADS))
    for seed in range(1, seeds + 1):
        runs = {}
        for form, sampler in product(FORMS, SAMPLERS):
            runs[form, sampler] = measure(form, sampler, evidence, draws=draws, tune=tune, seed=seed)
            show(form, sampler, *cells(runs[form, sampler]))
        for own, other in (("pymc", "pymc"), ("nutpie", "nutpie"), ("nutpie", "pymc")):
            print(
                f"package under {own} / naive under {other}: {compare(runs['package', own], runs['naive', other])}"
            )
    print(
        f"Target: at least {TARGET} times per second. Where R-hat is above {RHAT_MAX}, the draws are worth less than "
        "their effective sample size says."
    )


if __name__ == "__main__":
    typer.run(main)
