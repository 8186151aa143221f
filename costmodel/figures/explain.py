"""The figure of what a number rests on: its components, and the groups of parameters that make it uncertain."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import PercentFormatter

from costmodel.figures.style import ACCENT, FILL, GREY, INK, axes_or_new, label, styled

ROW_MM, FRAME_MM = 8.0, 22.0
LEAST = 0.005  # half a per cent: what is smaller has no sign


@styled()
def plot_shares(data: pd.DataFrame, *, axis: str, ax: Axes | None = None) -> Axes:
    """Draw shares as bars, a row each.

    Args:
        data: Rows in the order of the chart, top first: name, share [share], and error, the Monte Carlo error of the
            share, 0 where there is none.
        axis: What the shares are of.
        ax: Axes to draw on; made if None.

    Returns:
        The axes: a bar a row, a line of two errors each way, and the share in percent beside it.
    """
    ax = axes_or_new(ax, height_mm=FRAME_MM + ROW_MM * len(data))
    rows = np.arange(len(data))
    share, error = (data[name].to_numpy(dtype=float) for name in ("share", "error"))
    ax.barh(rows, share, height=0.6, color=FILL, edgecolor=ACCENT, lw=0.6, zorder=2)
    ax.errorbar(share, rows, xerr=2 * error, fmt="none", ecolor=INK, elinewidth=0.8, zorder=3)
    for row, value, wide in zip(rows, share, error, strict=True):
        ax.annotate(
            f"{value:.0%}" if abs(value) >= LEAST else "0%",
            (max(value, 0.0) + 2 * wide, row),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color=GREY,
        )
    ax.set_yticks(rows, [label(str(name)) for name in data["name"]])
    ax.invert_yaxis()
    ax.axvline(0, color=INK, lw=0.8, zorder=4)
    ax.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    ax.set_xlim(min(0.0, float((share - 2 * error).min())), float((share + 2 * error).max()) * 1.12)
    ax.set_xlabel(axis)
    return ax
