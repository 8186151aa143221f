"""The figure of a ledger: from what a study prints, factor by factor, to the quantity of the model."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from costmodel.figures.style import ACCENT, FILL, GREY, INK, axes_or_new, label, styled
from costmodel.summary import printed

STEP_MM = 9.0
#: A change of factor or variance that is none.
STILL = 1e-9
FRAME_MM = 22.0
#: Half a 90% interval in standard deviations.
HALF_90 = 1.645
STEP_WORDS = {
    "as_printed": "As printed",
    "reading": "Reading of the statement",
    "grade": "Grade of the evidence",
    "per_victim": "Per victim",
    "currency": "Own currency, price year",
    "gdp": "Relative to GDP",
    "scope": "Scope",
    "valuation": "Value of a QALY",
    "discounting": "Discounting taken out",
    "registration": "Registered to all",
    "model_quantity": "Model quantity",
}
AXIS_WORDS = {
    "GDP per capita": "Cost per victim in GDP per capita of the place and year",
    "share of GDP": "Share of GDP a year",
    "ratio": "Ratio",
}


def shown_steps(data: pd.DataFrame) -> pd.DataFrame:
    """Steps of a ledger that a figure shows: in the unit of the model, the first, the last, and what moves.

    Args:
        data: Rows of one ledger.

    Returns:
        Its rows from the first in the unit of the last, without steps that change neither value nor variance.
    """
    steps = data[data["unit"] == data["unit"].iloc[-1]].reset_index(drop=True)
    moves = ((steps["factor"] - 1).abs() > STILL) | (steps["added_variance"].abs() > STILL)
    ends = steps.index.isin([0, len(steps) - 1])
    return steps[moves | ends].reset_index(drop=True)


@styled()
def plot_ledger(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw a ledger as a waterfall, from the first step in the unit of the model on.

    Args:
        data: Rows of one ledger: name, factor, value, unit, sd, mcse, in their order.
        ax: Axes to draw on; made if None.

    Returns:
        The axes, log scale: a bar from the value before a step to the value after it, a line over the 90%
        interval after it, and the factor of the step beside it. The last row is the study's word on the
        quantity of the model.
    """
    unit = data["unit"].iloc[-1]
    shown = shown_steps(data)
    ax = axes_or_new(ax, height_mm=FRAME_MM + STEP_MM * len(shown))
    rows, value = np.arange(len(shown)), shown["value"].to_numpy(float)
    before = np.concatenate([value[:1], value[:-1]])
    spread = np.exp(HALF_90 * shown["sd"].to_numpy(float))
    last = np.arange(len(shown)) == len(shown) - 1
    ax.barh(rows, value - before, left=before, height=0.56, color=FILL, edgecolor=ACCENT, lw=0.6, zorder=2)
    ax.hlines(rows, value / spread, value * spread, color=GREY, lw=1.2, zorder=3)
    ax.plot(value[~last], rows[~last], "o", color=ACCENT, ms=4, ls="none", zorder=4)
    ax.plot(value[last], rows[last], "D", color=INK, ms=5, ls="none", zorder=4)
    for row, start in zip(rows[1:], value[:-1], strict=True):
        ax.plot([start, start], [row - 1, row], color=GREY, lw=0.6, ls=":", zorder=1)
    ax.set_xscale("log")
    low, high = float((value / spread).min()), float((value * spread).max())
    ax.set_xlim(low / 1.4, high * 2.6)
    for row in range(len(shown)):
        said = f"{printed(value[row], value[row] * shown['mcse'][row])}"
        if row and abs(shown["factor"][row] - 1) > STILL:  # a step that changes nothing has no factor to say
            said = f"× {printed(shown['factor'][row], shown['factor'][row] * shown['mcse'][row])} = {said}"
        ax.annotate(
            said, (value[row] * spread[row], row), xytext=(4, 0), textcoords="offset points", va="center"
        )
    ax.set_yticks(rows, [label(STEP_WORDS.get(name, name), width=26) for name in shown["name"]])
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    ax.grid(axis="x")
    ax.set_xlabel(AXIS_WORDS.get(unit, unit))
    return ax
