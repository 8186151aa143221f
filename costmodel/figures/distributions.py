"""Figures of whole distributions: how often an option repays its cost, and how often it doesn't."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from costmodel.figures.style import (
    ACCENT,
    FILL,
    GREY,
    INK,
    amounts_axis,
    axes_or_new,
    axis_label,
    label,
    scale_of,
    styled,
)
from costmodel.summary import percent

ROW_MM = 20.0
FRAME_MM = 24.0
RIDGE = 0.82  # height of the tallest ridge, of the distance between two rows


@styled()
def plot_net_benefit(
    data: pd.DataFrame,
    *,
    chance: Mapping[str, tuple[float, float]] | None = None,
    unit: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw the distribution of net benefit of each option, with the share of draws below zero in words.

    Args:
        data: Rows of one discount preset, perspective and scope: option, bin_low, bin_high [unit], share
            [0-1]. Bins break at zero; wide first and last bins, which hold the tails, run out of the frame.
        chance: By option, the probability that net benefit is positive and its Monte Carlo error. Where an
            option is missing, the share is added up from the bins.
        unit: Unit of the bins, for example "EUR2024".
        ax: Axes to draw on; made if None.

    Returns:
        The axes: one ridge an option, the part below zero dark and hatched.

    Raises:
        ValueError: If a bin lies on both sides of zero, so that no share below zero can be read from it.
    """
    astride = data[(data["bin_low"] < 0) & (data["bin_high"] > 0)]
    if len(astride):
        raise ValueError(f"{len(astride)} bins lie on both sides of zero; make them with summary.binned")
    options = list(dict.fromkeys(data["option"]))
    ax = axes_or_new(ax, height_mm=FRAME_MM + ROW_MM * len(options))
    left, right = _frame(data)
    scale = scale_of([left, right])
    for row, option in enumerate(options):
        bins = data[data["option"] == option].sort_values("bin_low")
        _ridge(ax, bins, row=row, factor=scale.factor)
        below = float(bins.loc[bins["bin_high"] <= 0, "share"].sum())
        positive, mcse = (chance or {}).get(option, (1 - below, 0.0))
        _say_chance(ax, percent(1 - positive, mcse), row=row)
    ax.axvline(0, color=INK, lw=1.0)
    ax.set_yticks(np.arange(len(options)) - 0.3, [label(option) for option in options])
    ax.set_xlim(left / scale.factor, right / scale.factor)
    ax.set_ylim(len(options) - 1 + 0.25, -1.0)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    amounts_axis(ax.xaxis)
    ax.set_xlabel(axis_label("Net benefit", unit, scale.word))
    return ax


def _frame(data: pd.DataFrame) -> tuple[float, float]:
    """Find the part of the axis that shows the bins of all options, but for wide bins that hold the tails."""
    width = data["bin_high"] - data["bin_low"]
    usual = width.groupby(data["option"]).transform("median")
    shown = data[width <= 1.5 * usual]
    return min(0.0, float(shown["bin_low"].min())), max(0.0, float(shown["bin_high"].max()))


def _ridge(ax: Axes, bins: pd.DataFrame, *, row: int, factor: float) -> None:
    """Draw one distribution as steps above its row."""
    width = (bins["bin_high"] - bins["bin_low"]).to_numpy(dtype=float)
    density = bins["share"].to_numpy(dtype=float) / width
    heights = RIDGE * density / density.max()
    edges = np.append(bins["bin_low"].to_numpy(dtype=float), float(bins["bin_high"].iloc[-1])) / factor
    below = bins["bin_high"].to_numpy(dtype=float) <= 0
    for part, color, hatch in ((~below, FILL, ""), (below, "#4d4d4d", "////")):
        shown = np.where(part, heights, 0.0)
        ax.stairs(
            row - shown, edges, baseline=row, fill=True, facecolor=color, hatch=hatch, edgecolor="white", lw=0
        )
    ax.stairs(row - heights, edges, baseline=row, color=ACCENT, lw=0.8)
    ax.axhline(row, color=GREY, lw=0.5)


def _say_chance(ax: Axes, share: str, *, row: int) -> None:
    """Print the share of draws below zero to the right of a ridge."""
    ax.annotate(
        f"loses in {share}\nof draws",
        xy=(1.0, row - 0.35),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=8,
    )
