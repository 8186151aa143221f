"""Predictions of what the model has not seen, scored: hold-outs, and each study left out in turn."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import special, stats

from costmodel.draws import flat
from costmodel.evidence import Evidence, harmonise
from costmodel.evidence.scope import ratio_data, unit_cost_data
from costmodel.model.fit import Settings, fit_submodel
from costmodel.model.joint import BUILDERS
from costmodel.model.prevalence import count_data, hidden_estimates
from costmodel.model.priors import Priors
from costmodel.model.violence import violence_terms
from costmodel.randomness import generator

Array = NDArray[np.float64]

#: Levels of the prediction interval that is printed.
LEVELS = (0.05, 0.5, 0.95)
COLUMNS = (
    *("submodel", "study", "id", "unit", "printed", "low", "mid", "high", "width_factor"),
    *("z", "log_score", "null_log_score", "inside"),
)
#: Sub-models whose studies can be left out in turn, and the table that holds their rows.
LEFT_OUT = {"unit_cost": "anchors", "violence": "anchors", "prevalence": "estimates"}


@dataclass(frozen=True)
class Prediction:
    """What the model expects one published figure to be, before its own error is drawn.

    Attributes:
        submodel: unit_cost | violence | prevalence.
        study: Rows of one study are scored together.
        id: The row.
        unit: Unit of the figure after `scale`.
        log_printed: Log of the figure as the model reads it [log].
        log_mean: Predicted log, dims (draw,) [log].
        log_error: Its error in each draw: own, of the grade, between studies, dims (draw,) [log].
        scale: What the exponential is multiplied by to be in `unit`.
    """

    submodel: str
    study: str
    id: str
    unit: str
    log_printed: float
    log_mean: Array
    log_error: Array
    scale: float = 1.0


def predictions(evidence: Evidence, trees: Mapping[str, xr.DataTree]) -> list[Prediction]:
    """Predictions of every row of role `holdout` of the sub-models that are given (MODEL.md section 9).

    Args:
        evidence: The evidence that they were fitted to.
        trees: Fits by sub-model; those of others are left out.

    Returns:
        One prediction a row.
    """
    makers = {"unit_cost": unit_cost_predictions, "violence": _shares, "prevalence": _estimates}
    return [
        found
        for name, make in makers.items()
        if name in trees
        for found in make(evidence, trees[name]["posterior"].to_dataset())
    ]


def unit_cost_predictions(evidence: Evidence, posterior: xr.Dataset) -> Iterator[Prediction]:
    """Hold-outs of the unit-cost model: levels in money of their place and price year, and ratios within a study.

    Args:
        evidence: The evidence that was fitted.
        posterior: Draws with `prediction`, `ratio_prediction` and `between_study_sd`, dims (chain, draw, ...).

    Yields:
        One prediction a row.
    """
    levels, ratios = unit_cost_data(evidence), ratio_data(evidence)
    spread = flat(posterior, "between_study_sd")
    for i, name in enumerate(levels.ids):
        if not levels.train[i]:
            row = evidence.anchors.loc[name]
            yield Prediction(
                submodel="unit_cost",
                study=row.study,
                id=name,
                unit=f"{row.currency}/victim",
                log_printed=float(levels.log_multiple[i]),
                log_mean=flat(posterior, "prediction", anchor=name),
                log_error=np.hypot(spread, levels.own_sd[i]),
                scale=harmonise.gdp_per_capita_of(row, evidence) / harmonise.conversion_rate(row, evidence),
            )
    for i, name in enumerate(ratios.ids):
        if not ratios.train[i]:
            mean = flat(posterior, "ratio_prediction", ratio=name)
            error = np.full(mean.size, ratios.own_sd[i])
            study = evidence.anchors.at[name, "study"]
            yield Prediction("unit_cost", study, name, "ratio", float(ratios.log_ratio[i]), mean, error)


def _shares(evidence: Evidence, posterior: xr.Dataset) -> Iterator[Prediction]:
    """Shares of GDP of studies of violence."""
    for term in violence_terms(evidence)[1]:
        if not term.observed:
            mean = flat(posterior, "share_prediction", share=term.id)
            error = np.full(mean.size, term.sd)
            study = evidence.anchors.at[term.id, "study"]
            yield Prediction("violence", study, term.id, "share of GDP", term.log_share, mean, error)


def _estimates(evidence: Evidence, posterior: xr.Dataset) -> Iterator[Prediction]:
    """Estimates of hidden victims, as totals of their window."""
    found = hidden_estimates(evidence, count_data(evidence))
    common = flat(posterior, "mse_error_sd")
    for i, name in enumerate(found.ids):
        if not found.train[i]:
            yield Prediction(
                submodel="prevalence",
                study=name,
                id=name,
                unit="persons in the window",
                log_printed=float(found.log_total[i]),
                log_mean=flat(posterior, "estimate_prediction", estimate=name),
                log_error=np.hypot(common, found.sd[i]),
            )


def null_of(prediction: Prediction, evidence: Evidence) -> tuple[float, float]:
    """Mean and standard deviation of the log under the null: pooled multiples of the studies that train.

    For a unit cost the pooled multiple of GDP per capita whatever it holds, for violence the pooled share of GDP, for
    an estimate the pooled multiple of registered victims. Studies, not rows, are pooled; the study itself is not among
    them. A ratio has no null.

    Args:
        prediction: What is predicted.
        evidence: The evidence without it.

    Returns:
        Mean and SD of the predictive normal, NaN for a ratio [log].
    """
    if prediction.unit == "ratio":
        return np.nan, np.nan
    values, studies = _pooled(prediction, evidence)
    means = pd.Series(values).groupby(np.array(studies)).mean()
    means = means[means.index != prediction.study]
    sd = float(means.std(ddof=1) * np.sqrt(1 + 1 / len(means)))
    return float(means.mean()), float(np.hypot(sd, np.median(prediction.log_error)))


def _pooled(prediction: Prediction, evidence: Evidence) -> tuple[Array, list[str]]:
    """Logs of what trains beside a prediction, and their studies, on the scale of its own log."""
    study = evidence.anchors["study"]
    if prediction.submodel == "unit_cost":
        data = unit_cost_data(evidence)
        names = [name for name, train in zip(data.ids, data.train, strict=True) if train]
        return data.log_multiple[data.train], [study[name] for name in names]
    if prediction.submodel == "violence":
        terms = [term for term in violence_terms(evidence)[1] if term.observed and term.statement == "point"]
        return np.array([term.log_share for term in terms]), [study[term.id] for term in terms]
    found = hidden_estimates(evidence, count_data(evidence))
    own = found.log_total - found.log_registered
    here = own[found.ids.index(prediction.id)] - prediction.log_printed
    return own[found.train] - here, [
        name for name, train in zip(found.ids, found.train, strict=True) if train
    ]


def score(prediction: Prediction, null: tuple[float, float], *, seed: int) -> dict[str, object]:
    """One row of the table of predictions.

    Args:
        prediction: What the model expects.
        null: Mean and SD of the log under the null [log].
        seed: Seed of the errors that are drawn, keyed by row.

    Returns:
        Printed value and interval in the unit, width as a factor either side of the middle, z, and log scores: log
        densities of the log of the printed value, higher is better.
    """
    rng = generator(seed, name=f"holdout.{prediction.id}")
    drawn = prediction.log_mean + prediction.log_error * rng.normal(size=prediction.log_mean.size)
    low, mid, high = np.exp(np.quantile(drawn, LEVELS)) * prediction.scale
    density = stats.norm.logpdf(prediction.log_printed, prediction.log_mean, prediction.log_error)
    return {
        "submodel": prediction.submodel,
        "study": prediction.study,
        "id": prediction.id,
        "unit": prediction.unit,
        "printed": float(np.exp(prediction.log_printed)) * prediction.scale,
        "low": low,
        "mid": mid,
        "high": high,
        "width_factor": float(np.sqrt(high / low)),
        "z": float((prediction.log_printed - drawn.mean()) / drawn.std()),
        "log_score": float(special.logsumexp(density) - np.log(density.size)),
        "null_log_score": float(stats.norm.logpdf(prediction.log_printed, *null)),
        "inside": bool(low <= np.exp(prediction.log_printed) * prediction.scale <= high),
    }


def holdout_scores(evidence: Evidence, trees: Mapping[str, xr.DataTree], *, seed: int) -> pd.DataFrame:
    """The hold-out table: every row of role `holdout`, predicted and scored (MODEL.md section 9).

    Args:
        evidence: The evidence.
        trees: Fits by sub-model.
        seed: Seed of the errors.

    Returns:
        One row a prediction, columns `COLUMNS`.
    """
    rows = [score(found, null_of(found, evidence), seed=seed) for found in predictions(evidence, trees)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def by_study(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores counted by study, not by row: a study with many rows says no more than one.

    Args:
        scores: As `holdout_scores` or `left_out_scores` return them.

    Returns:
        One row a study: rows, share of them inside, median width factor, mean log score and null log score.
    """
    grouped = scores.groupby(["submodel", "study"], sort=False)
    return pd.DataFrame(
        {
            "rows": grouped.size(),
            "inside": grouped["inside"].mean(),
            "width_factor": grouped["width_factor"].median(),
            "log_score": grouped["log_score"].mean(),
            "null_log_score": grouped["null_log_score"].mean(),
        }
    ).reset_index()


def training_studies(evidence: Evidence) -> list[tuple[str, str]]:
    """Sub-model and name of every study that trains and can be left out; an estimate is a study by itself."""
    anchors = evidence.anchors[evidence.anchors["role"] == "train"]
    found = [
        (module, study)
        for module in ("unit_cost", "violence")
        for study in dict.fromkeys(anchors.loc[anchors["module"] == module, "study"])
    ]
    estimates = evidence.estimates.index[evidence.estimates["role"] == "train"]
    return found + [("prevalence", str(name)) for name in estimates]


def without_study(evidence: Evidence, submodel: str, study: str) -> Evidence:
    """The evidence with one study held out: its training rows are predicted, and other hold-outs are context.

    Args:
        evidence: The evidence.
        submodel: The sub-model it trains.
        study: Its name, or the id of an estimate.

    Returns:
        The evidence; nothing else of it changes.
    """
    name = LEFT_OUT[submodel]
    frame = getattr(evidence, name).copy()
    mine = frame.index == study if name == "estimates" else frame["study"] == study
    frame.loc[frame["role"] == "holdout", "role"] = "context"
    frame.loc[mine & (getattr(evidence, name)["role"] == "train"), "role"] = "holdout"
    return replace(evidence, **{name: frame})


def left_out_scores(
    evidence: Evidence,
    priors: Priors,
    *,
    settings: Settings | None = None,
    studies: Sequence[tuple[str, str]] | None = None,
    seed: int = 0,
    quiet: bool = True,
) -> pd.DataFrame:
    """Each training study left out in turn, its sub-model fitted without it, and predicted.

    The fits are kept like any other, so that an interrupted call goes on where it stopped.

    Args:
        evidence: The evidence.
        priors: Priors by name.
        settings: Sampler settings; the defaults if not given.
        studies: Sub-model and study; all that train if not given.
        seed: Seed of the errors.
        quiet: No messages and no progress bar.

    Returns:
        As `holdout_scores`, one row a figure of a study that was left out.

    Raises:
        Interrupted: If Ctrl-C stops it; fits made before it are kept.
    """
    tables = []
    for submodel, study in studies or training_studies(evidence):
        other = without_study(evidence, submodel, study)
        tree, _, _ = fit_submodel(
            submodel,
            BUILDERS[submodel],
            other,
            priors,
            settings=settings or Settings(),
            refit=False,
            quiet=quiet,
        )
        tables.append(holdout_scores(other, {submodel: tree}, seed=seed))
    return pd.concat(tables, ignore_index=True)
