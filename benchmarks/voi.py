"""Value of information beside the package heormodel: error against closed forms, standard errors, and seconds.

Run it as `python benchmarks/voi.py`. It makes an environment for heormodel in a temporary folder, which goes away with
it; where that fails it says so, and compares with an additive spline regression in plain NumPy, which is what
heormodel does by default. Both are given the same draws. Seconds depend on the machine and on what else it does.
"""

import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray
from voi_cases import CASES, Draws, everything

from costmodel.decision import evppi

Array = NDArray[np.float64]
OTHER = "heormodel==0.7.4"
KNOTS = 5

WORKER = """
import json, sys, time
import numpy as np, pandas as pd
from heormodel.models import Outcomes
from heormodel.voi import evppi
from voi_cases import CASES, everything

def value(draws, columns, method):
    index = pd.RangeIndex(len(draws.known), name="iteration")
    names = [f"o{i}" for i in range(draws.net_benefit.shape[1])]
    effects = pd.DataFrame(draws.net_benefit, columns=names, index=index)
    outcomes = Outcomes.from_wide(0 * effects, effects)
    known = pd.DataFrame(draws.known, columns=[f"p{i}" for i in range(draws.known.shape[1])], index=index)
    return evppi(outcomes, known, [f"p{i}" for i in columns], 1.0, method=method, seed=1)

n, seeds, method = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
found = {}
for name, case in CASES.items():
    begun = time.monotonic()
    values = []
    for seed in range(seeds):
        draws = case.draw(n, np.random.default_rng(seed))
        values.append(value(draws, range(draws.known.shape[1]), method))
    found[name] = {"values": values, "seconds": (time.monotonic() - begun) / seeds}
draws = everything(n, np.random.default_rng(0))
begun = time.monotonic()
for column in range(5):
    value(draws, [column], method)
print(json.dumps({"cases": found, "five": time.monotonic() - begun}))
"""


class Found(NamedTuple):
    """What one estimator makes of a case: values and standard errors by seed, and seconds a seed."""

    values: Array
    errors: Array | None
    seconds: float


Results = tuple[dict[str, Found], float]


def own(draws: Draws) -> tuple[float, float]:
    """Value of all parameters and its standard error, by the package."""
    row = evppi(draws.net_benefit, draws.known, {"known": range(draws.known.shape[1])}).iloc[0]
    return float(row.evppi), float(row.standard_error)


def plain(draws: Draws) -> tuple[float, float]:
    """The same by an additive cubic spline through knots at quantiles, without an error."""
    columns = [np.ones(len(draws.known))]
    for x in (draws.known / draws.known.std(axis=0)).T:
        knots = np.quantile(x, np.linspace(0, 1, KNOTS)[1:-1])
        columns += [x, x**2, x**3, *((x[:, None] - knots).clip(0) ** 3).T]
    design = np.stack(columns, axis=1)
    fitted = design @ np.linalg.lstsq(design, draws.net_benefit)[0]
    return float(fitted.max(axis=1).mean() - fitted.mean(axis=0).max()), float("nan")


def measure(estimate: Callable[[Draws], tuple[float, float]], *, n: int, seeds: int) -> Results:
    """Run an estimator over all cases and seeds, and over five parameters one by one."""
    found = {}
    for name, case in CASES.items():
        all_draws = [case.draw(n, np.random.default_rng(seed)) for seed in range(seeds)]
        begun = time.monotonic()
        pairs = np.array([estimate(draws) for draws in all_draws])
        seconds = (time.monotonic() - begun) / seeds
        found[name] = Found(pairs[:, 0], None if np.isnan(pairs).any() else pairs[:, 1], seconds)
    draws = everything(n, np.random.default_rng(0))
    begun = time.monotonic()
    for column in range(draws.known.shape[1]):
        estimate(Draws(draws.net_benefit, draws.known[:, [column]]))
    return found, time.monotonic() - begun


def other(python: Path, *, n: int, seeds: int, method: str) -> Results:
    """The same by heormodel, in its own environment."""
    told = subprocess.run(
        [str(python), "-W", "ignore", "-c", WORKER, str(n), str(seeds), method],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(told.stdout)
    cases = {
        name: Found(np.array(case["values"]), None, case["seconds"]) for name, case in said["cases"].items()
    }
    return cases, said["five"]


def environment(folder: Path) -> Path:
    """Python of a new environment with heormodel in it."""
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", OTHER], check=True, capture_output=True, text=True
    )
    return python


def compared(*, n: int, seeds: int, gp_seeds: int) -> dict[str, Results]:
    """Results of heormodel, or of the plain spline where it cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            python = environment(Path(folder) / "other")
            found = {"heormodel spline": other(python, n=n, seeds=seeds, method="spline")}
            if gp_seeds:
                found["heormodel gp"] = other(python, n=n, seeds=gp_seeds, method="gp")
        except subprocess.CalledProcessError as problem:
            reason = (problem.stderr or "").strip().splitlines()[-1:]
            print(f"{OTHER} cannot be run here ({' '.join(reason)}): a plain spline stands for it")
            return {"plain spline": measure(plain, n=n, seeds=seeds)}
    return found


HEADS = (
    ("case", "", 17),
    ("truth", "", 8),
    ("estimator", "", 18),
    ("seeds", "", 7),
    ("bias", "", 9),
    ("root mean", "square error", 14),
    ("mean std.", "error", 11),
    ("within two", "errors", 12),
    ("a value", "s", 9),
)


def show(*cells: str) -> None:
    """Print one line of the table."""
    print("".join(f"{cell:>{width}}" for cell, (*_, width) in zip(cells, HEADS, strict=True)), flush=True)


def cells(found: Found, truth: float) -> tuple[str, ...]:
    """Figures of one estimator on one case in the order of the table."""
    off = found.values - truth
    errors = found.errors
    return (
        f"{len(off)}",
        f"{off.mean():+.4f}",
        f"{np.sqrt((off**2).mean()):.4f}",
        "none" if errors is None else f"{errors.mean():.4f}",
        "none" if errors is None else f"{(np.abs(off) <= 2 * errors).mean():.1%}",
        f"{found.seconds:.3f}",
    )


def main(
    draws: Annotated[int, typer.Option(min=100, help="Draws of each decision.")] = 10_000,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds 0, 1, ... of each decision.")] = 200,
    gp_seeds: Annotated[int, typer.Option(min=0, help="Seeds for its Gaussian process: a minute each.")] = 1,
) -> None:
    """Print errors against closed forms, coverage of standard errors and seconds of each estimator."""
    results = {
        "costmodel": measure(own, n=draws, seeds=seeds),
        **compared(n=draws, seeds=seeds, gp_seeds=gp_seeds),
    }
    print(f"{draws} draws; errors in the unit of net benefit, whose standard deviation is 1 to 3")
    show(*(head for head, *_ in HEADS))
    show(*(unit for _, unit, _ in HEADS))
    for name, label in product(CASES, results):
        show(name, f"{CASES[name].value:.4f}", label, *cells(results[label][0][name], CASES[name].value))
    for label, (_, seconds) in results.items():
        print(f"{label}: {seconds:.2f} s for five parameters one by one, of {draws} draws and two options")
    print(
        "Target: within two standard errors in 90% of seeds; five parameters of 10,000 draws in about a second."
    )


if __name__ == "__main__":
    typer.run(main)
