"""The gate: a fit whose draws are not finite, disagree between chains or are too few does not speak."""

from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel.errors import ConvergenceError

RHAT_MAX = 1.01
ESS_MIN = 400

Diagnostics = dict[str, float | int | bool | str]


def _non_finite(draws: xr.Dataset) -> dict[str, int]:
    """Number of draws that are missing or infinite in any element, of the variables that have some."""
    counts = {}
    for name, values in draws.data_vars.items():
        broken = ~np.isfinite(values.transpose("chain", "draw", ...).to_numpy())
        counts[str(name)] = int(broken.any(axis=tuple(range(2, broken.ndim))).sum())
    return {name: count for name, count in counts.items() if count}


def _each(draws: xr.Dataset, method: str) -> dict[str, NDArray[np.float64]]:
    """R-hat, or the bulk or tail effective sample size, of every element by variable."""
    if not draws.data_vars:
        return {}
    with np.errstate(divide="ignore", invalid="ignore"):  # of what never moves: 0 over 0
        found = az.rhat(draws) if method == "rhat" else az.ess(draws, method=method)
    return {str(name): np.asarray(found[name], dtype=float) for name in found.data_vars}


def _least(draws: list[xr.Dataset], method: str) -> dict[str, float]:
    """Least effective sample size by variable; a quantity that is the same in every draw has none."""
    return {
        name: float(np.nanmin(values))
        for group in draws
        for name, values in _each(group, method).items()
        if not np.isnan(values).all()
    }


def diagnose(tree: xr.DataTree, *, outputs: xr.Dataset | None = None) -> Diagnostics:
    """Worst R-hat and effective sample sizes of parameters and national outputs, and draws that cannot be used.

    A quantity that is the same in every draw (a fixed reference level) has no R-hat. One chain has none at all,
    and chains that are stuck apart have an infinite one: neither may pass.

    Args:
        tree: A fit with posterior and sample_stats.
        outputs: National outputs computed from its draws (see `joint.national_outputs`), dims (chain, draw, ...);
            those that the fit holds itself are looked at in any case.

    Returns:
        parameters (elements of the posterior that move), rhat_max, ess_bulk_min, ess_tail_min, divergences,
        non_finite (missing or infinite draws of the variable that has most), draws, worst (names that fail by
        R-hat or ESS), unusable (names with non-finite draws), converged.
    """
    posterior = tree["posterior"].to_dataset()
    groups = [posterior] if outputs is None else [posterior, outputs]
    broken = {name: count for group in groups for name, count in _non_finite(group).items()}
    usable = [group.drop_vars(list(broken), errors="ignore") for group in groups]
    moving = [_each(group, "rhat") for group in usable]
    rhat = {
        name: float(np.nanmax(values))
        for found in moving
        for name, values in found.items()
        if not np.isnan(values).all()
    }
    bulk, tail = _least(usable, "bulk"), _least(usable, "tail")
    bad = {name for name, value in rhat.items() if value > RHAT_MAX}
    bad |= {name for least in (bulk, tail) for name, value in least.items() if value < ESS_MIN}
    divergences = int(tree["sample_stats"]["diverging"].sum())
    return {
        "parameters": int(sum(np.isfinite(values).sum() for values in moving[0].values())),
        "rhat_max": max(rhat.values(), default=np.inf),
        "ess_bulk_min": min(bulk.values(), default=0.0),
        "ess_tail_min": min(tail.values(), default=0.0),
        "divergences": divergences,
        "non_finite": max(broken.values(), default=0),
        "draws": int(posterior.sizes["chain"] * posterior.sizes["draw"]),
        "worst": ", ".join(sorted(bad)),
        "unusable": ", ".join(sorted(broken)),
        "converged": bool(rhat) and not (bad or broken or divergences),
    }


def _failure(row: Any) -> str:
    """What one sub-model failed by, in a sentence."""
    unusable = f"{row.non_finite} draws are missing or infinite in {row.unusable}; " if row.non_finite else ""
    return (
        f"{row.submodel}: {unusable}R-hat {row.rhat_max:.3f} (at most {RHAT_MAX}), least ESS "
        f"{min(row.ess_bulk_min, row.ess_tail_min):.0f} (at least {ESS_MIN}), {row.divergences} divergences; "
        f"worst: {row.worst or 'none by R-hat or ESS'}"
    )


def refuse(diagnostics: pd.DataFrame) -> None:
    """Refuse to speak for a model that has not converged.

    Args:
        diagnostics: One row a sub-model: `submodel`, and what `diagnose` found.

    Raises:
        ConvergenceError: If any sub-model failed the gate, with its worst parameters.
    """
    failed = diagnostics[~diagnostics["converged"].astype(bool)]
    if failed.empty:
        return
    advice = "Fit again with more draws (costmodel fit --draws)"
    if (failed["non_finite"] > 0).any():
        advice = (
            "More draws do not mend what is not finite: look at the priors and the evidence of what is named"
        )
    raise ConvergenceError(
        "the fit has not converged, so it does not speak. "
        + "; ".join(_failure(row) for row in failed.itertuples())
        + f". {advice}, or pass --allow-unconverged (in Python allow_unconverged=True): every output will then say so."
    )
