"""Run the simulation-based calibration and write its table, figure and page beside this file.

Replicates that are stored in the cache are not fitted again: a run that was stopped goes on.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from costmodel.evidence import read_evidence
from costmodel.figures import canvas, plot_ranks, styled
from costmodel.model.calibration import (
    COUNTRIES,
    REPLICATES,
    SETTINGS,
    Calibration,
    calibrate,
    calibration_table,
    small_priors,
    small_world,
)
from costmodel.model.joint import BUILDERS
from costmodel.model.priors import default_priors
from costmodel.model.uniformity import ALARM, RANKED, bands, by_submodel

FOLDER = Path(__file__).parent
SEED = 1
LEAST = 5
DRAWS = SETTINGS.chains * SETTINGS.draws
#: Sub-models with more replicates than the others, for the reason that the page gives.
MORE = {"prevalence": 400, "violence": 400}
WORDS = {
    "unit_cost": "Unit cost of a victim",
    "prevalence": "Incidence and detection",
    "forms": "Forms of exploitation",
    "violence": "Violence against children",
    "effects": "Effects of programmes",
}


def replicates() -> list[Calibration]:
    """Every sub-model, simulated and fitted."""
    evidence = read_evidence()
    world, priors = small_world(evidence), small_priors(default_priors(evidence))
    return [
        calibrate(name, world, priors, replicates=MORE.get(name, REPLICATES), quiet=False)
        for name in BUILDERS
    ]


@styled()
def figure(table: pd.DataFrame) -> None:
    """One panel a sub-model, and the bands."""
    made, axes = canvas(
        3,
        2,
        height_mm=190,
        title="Do fits give back what data were made from, as often as they say?",
        note="One line a quantity (their number in brackets); simulated data of a reduced world.\n"
        "Grey: where the line of one calibrated quantity stays with a chance of 95%.\n"
        f"Dashed: where those of all {len(table)} quantities stay together with a chance of 95%.",
    )
    for ax, (name, part) in zip(axes, table.groupby("submodel", sort=False), strict=False):
        band = bands(int(part["replicates"].iloc[0]), n_quantities=len(table), seed=SEED)
        plot_ranks(part, band=band, ax=ax)
        ax.set_title(f"{WORDS[str(name)]} ({len(part)})")
    axes[-1].set_axis_off()
    made.savefig(FOLDER / "calibration.svg", metadata={"Date": None})


def page(table: pd.DataFrame) -> str:
    """The page: the table by sub-model, the least p-values, and what they do and do not say."""
    rows = "\n".join(
        f"| {row.submodel} | {row.quantities} | {row.replicates} | {row.diverging} | "
        f"{row.divergences / DRAWS:.2%} | {row.inside_90:.1%} | "
        f"{row.inside_90_least:.0%} to {row.inside_90_most:.0%} | {row.p_corrected:.2f} | {row.alarms} |"
        for row in by_submodel(table).itertuples()
    )
    least = "\n".join(
        f"| {row.submodel}: {row.quantity} | {row.inside_90:.1%} | {row.above:.0%} | {row.p:.4f} | "
        f"{row.p_corrected:.2f} |"
        for row in table.nsmallest(LEAST, "p").itertuples()
    )
    below = (table["p"] < ALARM).mean()
    text = (FOLDER / "calibration.in.md").read_text(encoding="utf-8")
    alarms = int((table["p_corrected"] < ALARM).sum())
    return text.format(
        rows=rows,
        least=least,
        n_quantities=len(table),
        verdict="No quantity raises an alarm" if not alarms else f"{alarms} of the quantities raise an alarm",
        below=f"{below:.0%}",
        n_least=LEAST,
        n_countries=len(COUNTRIES),
        draws=DRAWS,
        ranked=RANKED,
    )


def main() -> None:
    """Run, and write calibration.csv, calibration.svg and calibration.md."""
    table = calibration_table(replicates(), seed=SEED)
    table.to_csv(FOLDER / "calibration.csv", index=False, float_format="%.5f", lineterminator="\n")
    table = pd.read_csv(FOLDER / "calibration.csv")
    figure(table)
    (FOLDER / "calibration.md").write_text(page(table), encoding="utf-8")


if __name__ == "__main__":
    main()
