"""The figure of simulation-based calibration: are the ranks of what data were made from uniform?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from costmodel.figures.style import ACCENT, GREY, INK, PALE, axes_or_new, styled

HEIGHT_MM = 60.0


@styled()
def plot_ranks(data: pd.DataFrame, *, band: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw how far the ranks of each quantity are from uniform, a line a quantity.

    Args:
        data: Rows of the calibration table: quantity, and bin_00 ... (replicates in each bin of ranks).
        band: Where lines of uniform ranks stay: edge [share of ranks], low and high for one quantity, low_all and
            high_all for all of them together [share of replicates].
        ax: Axes to draw on; made if None.

    Returns:
        The axes: the share of replicates with a rank below each edge, less the edge. A line that rises first and
        falls then belongs to a posterior that is too wide or too low; one that leaves the outer band is an alarm.
    """
    ax = axes_or_new(ax, height_mm=HEIGHT_MM)
    counts = data.filter(regex=r"^bin_\d+$").to_numpy(dtype=float)
    below = np.cumsum(counts, axis=1)[:, :-1] / counts.sum(axis=1, keepdims=True)
    edge = band["edge"].to_numpy(dtype=float)
    ax.fill_between(edge, band["low"] - edge, band["high"] - edge, color=PALE, lw=0, zorder=1)
    for name in ("low_all", "high_all"):
        ax.plot(edge, band[name] - edge, color=GREY, lw=0.8, ls="--", zorder=2)
    ax.plot(edge, (below - edge).T, color=ACCENT, lw=0.6, alpha=0.6, zorder=3)
    ax.axhline(0, color=INK, lw=0.8, zorder=4)
    ax.set_xlim(0, 1)
    ax.set_xlabel("Rank of the truth, share of draws")
    ax.set_ylabel("Share of replicates below,\nless the rank")
    return ax
