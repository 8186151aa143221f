"""The report of a fit: did it converge, would it have made its data, what does it predict, what did it learn?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from costmodel import figures, record, validation
from costmodel.briefing.captions import ETHICS_LINE, Caption
from costmodel.briefing.plates import Plate
from costmodel.briefing.writer import write_plate
from costmodel.evidence import Evidence
from costmodel.model import checks, loo
from costmodel.model.fit import Posterior
from costmodel.model.joint import BUILDERS

#: Countries at either end of what the evidence has taught that the page lists.
ENDS = 5
WIDTH_MM = 170.0
PANEL_MM = 62.0
GATE = ["submodel", "rhat_max", "ess_bulk_min", "ess_tail_min", "divergences", "draws", "converged"]


@dataclass(frozen=True)
class FitReport:
    """What a fit is judged by.

    Attributes:
        diagnostics: One row a sub-model: R-hat, effective sample sizes, divergences.
        places: Where each observation lies among replicates, before and after the fit.
        coverage: The same counted: share inside the middle half and nine tenths.
        holdouts: Predictions of the hold-outs, scored.
        left_out: Predictions of each training study left out in turn; no row if that was not asked for.
        countries: Each country's counts predicted from all others; refitted where asked for.
        learning: Prior and posterior standard deviation of log incidence and log detection by country.
    """

    diagnostics: pd.DataFrame
    places: pd.DataFrame
    coverage: pd.DataFrame
    holdouts: pd.DataFrame
    left_out: pd.DataFrame
    countries: pd.DataFrame
    learning: pd.DataFrame


def learning(draws: xr.Dataset) -> pd.DataFrame:
    """What the data taught about each country: its prior and posterior width side by side.

    Args:
        draws: National draws with `prior_sd_incidence`, `prior_sd_detection`, `log_incidence`, `log_detection`.

    Returns:
        One row a country and quantity: prior_sd, posterior_sd, kept (posterior over prior), rests_on [log].
    """
    tables = []
    for quantity in ("incidence", "detection"):
        posterior = draws[f"log_{quantity}"].std(["chain", "draw"]).to_numpy()
        prior = draws[f"prior_sd_{quantity}"].to_numpy()
        tables.append(
            pd.DataFrame(
                {
                    "country": draws["country"].to_numpy(),
                    "quantity": quantity,
                    "prior_sd": prior,
                    "posterior_sd": posterior,
                    "kept": posterior / prior,
                    "rests_on": draws["evidence_label"].to_numpy(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def fit_report(
    evidence: Evidence, posterior: Posterior, *, refit: bool = False, seed: int = 0, quiet: bool = True
) -> FitReport:
    """Judge a fit.

    Args:
        evidence: The evidence.
        posterior: Its fit.
        refit: Leave each training study out in turn; takes minutes the first time, and goes on if interrupted.
        seed: Seed of replicates and predictive errors.
        quiet: No messages and no progress bar.

    Returns:
        The tables.
    """
    found = []
    for name in BUILDERS:
        for tree in (None, posterior.trees[name]):
            made = checks.replicate(name, evidence, posterior.priors, tree=tree, seed=seed)
            found.append(checks.places(made))
    places = pd.concat(found, ignore_index=True)
    empty = pd.DataFrame(columns=list(validation.COLUMNS))
    tree, priors = posterior.trees["prevalence"], posterior.priors
    countries = loo.country_scores(tree, evidence, priors, seed=seed)
    if refit:
        countries = loo.refitted_scores(countries, tree, evidence, priors, seed=seed, quiet=quiet)
    return FitReport(
        diagnostics=posterior.diagnostics,
        places=places,
        coverage=checks.coverage(places),
        holdouts=validation.holdout_scores(evidence, posterior.trees, seed=seed),
        left_out=validation.left_out_scores(evidence, posterior.priors, seed=seed, quiet=quiet)
        if refit
        else empty,
        countries=countries,
        learning=learning(posterior.draws),
    )


def write_fit_report(report: FitReport, out: Path) -> Path:
    """Write the report whole or not at all: a page, its tables, its figures.

    Args:
        report: What `fit_report` returned.
        out: The folder; an older report there is replaced whole.

    Returns:
        The folder.

    Raises:
        OutputError: If `out` is something else than a report of a fit.
    """
    tables = {name: getattr(report, name) for name in report.__dataclass_fields__ if name != "places"}
    with record.whole_folder(out, kind="fit_report_id") as folder:
        for name, table in tables.items():
            text = table.to_csv(index=False, lineterminator="\n", float_format="%.5g")
            record.write_part(text, folder / f"{name}.csv")
        for plate in _plates(report):
            write_plate(plate, folder)
        page = _page(report)
        record.write_part(page, folder / "README.md")
        made: dict[str, Any] = {
            "fit_report_id": record.run_id({"page": record.text_hash(page), **record.versions()})
        }
        record.write_record({**made, "files": record.file_hashes(folder)}, folder)
    return out


def _plates(report: FitReport) -> list[Plate]:
    """The figures of the report."""
    return [
        _plate_places(report.places),
        *([_plate_holdouts(report.holdouts)] if len(report.holdouts) else []),
    ]


def _plate_places(places: pd.DataFrame) -> Plate:
    """Predictive checks, a panel for each sub-model."""
    names = list(dict.fromkeys(places["submodel"]))
    counted = checks.coverage(places)
    said = "; ".join(
        f"{row.submodel} {row.kind}: {row.inside_90:.0%} of {row.rows} inside nine tenths"
        for row in counted.itertuples()
    )
    caption = Caption(
        title="Would each sub-model have made the data it was shown?",
        reading="Step: share of observations at or below each place among their replicates; dotted: a model that made "
        "them.",
        basis="Prior: before the data. Posterior: after; the same data were used to fit it.",
        source="Source: evidence of the package.",
        alt=f"Step curves of places among replicates. {said}.",
    )

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        rows = -(-len(names) // 2)
        figure, axes = figures.canvas(
            rows,
            2,
            width_mm=width_mm,
            height_mm=20.0 + PANEL_MM * rows,
            title=caption.title,
            note=caption.note,
        )
        for ax in axes[len(names) :]:
            ax.set_visible(False)
        for name, ax in zip(names, axes, strict=False):
            figures.plot_places(places[places["submodel"] == name], ax=ax)
            ax.set_title(name.replace("_", " "))
        return figure

    return Plate("predictive_checks", caption, places, draw)


def _plate_holdouts(scores: pd.DataFrame) -> Plate:
    """Predictions of the hold-outs."""
    caption = Caption(
        title=f"Figures the fit has not seen: {int(scores['inside'].sum())} of {len(scores)} inside 90%",
        reading="Line: 90% interval of the prediction; tick: its median; both over the printed value, at 1.",
        basis="A wide interval always covers: read the width too.",
        source="Source: evidence of the package.",
        alt="; ".join(
            f"{row.id}: printed {row.printed:,.4g}, predicted {row.mid:,.3g} ({row.low:,.3g} to {row.high:,.3g})"
            for row in scores.itertuples()
        ),
    )

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        figure, axes = figures.canvas(
            width_mm=width_mm, height_mm=40.0 + 11.0 * len(scores), title=caption.title, note=caption.note
        )
        figures.plot_holdouts(scores, ax=axes[0])
        return figure

    return Plate("holdouts", caption, scores, draw)


def _page(report: FitReport) -> str:
    """The report as one page of Markdown."""
    studies = validation.by_study(report.holdouts)
    parts = [
        "# The fit, judged",
        "Made by `make fit-report`. A fit that has not converged does not speak; one that has may still be wrong: "
        "below is what it predicts of data it was and was not shown.",
        "## Convergence",
        _markdown(
            report.diagnostics[GATE].assign(rhat_max=report.diagnostics["rhat_max"].map("{:.3f}".format))
        ),
        "## Would it have made its data?",
        "Share of observations inside the middle half and nine tenths of their replicates, before (prior) and after "
        "(posterior) the fit. Far above a half and nine tenths: the model expects more spread than there is.",
        _markdown(report.coverage),
        "## Hold-outs",
        "Figures of role `holdout`, predicted and never fitted. The width factor is the square root of high over low; "
        "log scores are log densities, higher is better, beside those of the pooled multiple of what trains.",
        _markdown(report.holdouts.drop(columns=["submodel"])),
        _counted(studies),
    ]
    if len(report.left_out):
        parts += [
            "## Each study left out in turn",
            _markdown(report.left_out),
            _counted(validation.by_study(report.left_out)),
        ]
    parts += ["## Each country predicted from the others", *_countries(report.countries)]
    parts += ["## What did the data teach?", *_learned(report.learning), f"Use: {ETHICS_LINE}"]
    return "\n\n".join(parts) + "\n"


def _counted(studies: pd.DataFrame) -> str:
    """Coverage, width and score counted by study, in one sentence."""
    known = studies.dropna(subset=["null_log_score"])
    better = int((known["log_score"].to_numpy(float) > known["null_log_score"].to_numpy(float)).sum())
    inside = int((studies["inside"] == 1).sum())
    width = float(studies["width_factor"].median())
    return (
        f"By study: {inside} of {len(studies)} have all figures inside 90%; median width factor {width:.1f}; the model "
        f"scores better than the null for {better} of {len(known)}."
    )


def _countries(table: pd.DataFrame) -> list[str]:
    """How far leave-one-country-out can be trusted, and the countries for which it cannot."""
    doubtful = table[table["pareto_k"] > loo.K_MAX].sort_values("country")
    known = table[table["elpd"].notna()]
    words = (
        "A country's own rate is integrated out, so that weights depend on what countries share. Pareto k is above "
        f"{loo.K_MAX:g} for {len(doubtful)} of {len(table)} countries; mean log predictive density of a country's "
        f"counts {known['elpd'].mean():.1f} over {len(known)} countries, {int(known['counts'].sum())} counts."
    )
    return [words, _markdown(doubtful)] if len(doubtful) else [words]


def _learned(table: pd.DataFrame) -> list[str]:
    """The countries whose incidence the evidence has narrowed most and least, alphabetical within each group."""
    rows = table[table["quantity"] == "incidence"].sort_values("posterior_sd")
    parts = []
    for words, chosen in (("narrowest", rows.head(ENDS)), ("widest", rows.tail(ENDS))):
        parts.append(f"The {ENDS} {words} posterior distributions of log incidence (no order among them):")
        parts.append(_markdown(chosen.sort_values("country").drop(columns=["quantity"])))
    return parts


def _markdown(table: pd.DataFrame) -> str:
    """A table in Markdown, numbers to three digits."""

    def cell(value: Any) -> str:
        if isinstance(value, bool | np.bool_):
            return "yes" if value else "no"
        if isinstance(value, float | np.floating):
            number = float(value)
            return "" if np.isnan(number) else f"{number:,.3g}" if abs(number) < 1000 else f"{number:,.0f}"
        return str(value)

    head = [str(name) for name in table.columns]
    body = [[cell(value) for value in row] for row in table.itertuples(index=False)]
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


__all__ = ["FitReport", "fit_report", "learning", "write_fit_report"]
