"""Figures that compare amounts: a row for each option, component or payer, with its 90% interval."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from costmodel.figures.style import (
    ACCENT,
    COMPONENT_WORDS,
    FILL,
    GREY,
    INK,
    Scale,
    amounts_axis,
    axes_or_new,
    axis_label,
    label,
    scale_of,
    styled,
)
from costmodel.summary import central, estimates, interval

ROW_MM = 13.0
OPTION_MM = 18.5  # three lines of text and an interval
NAME_WIDTH = 52
FRAME_MM = 22.0


@styled()
def plot_cost_of_inaction(
    data: pd.DataFrame, *, spend: pd.DataFrame | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the cost of not taking each option with its 90% interval, and what the option costs.

    Args:
        data: Rows of the headline table, one an option: option, unit, mean, low, mid, high, mcse.
        spend: Rows of the headline table with the spend of the same options, or None.
        ax: Axes to draw on; made if None.

    Returns:
        The axes: a dot at the mean, an upright tick at the median, a line over the 90% interval, an open
        diamond at the mean spend.
    """
    ax = axes_or_new(ax, height_mm=FRAME_MM + OPTION_MM * len(data))
    paid = spend.set_index("option")["mean"].reindex(data["option"]) if spend is not None else None
    amounts = [*data["low"], *data["high"], *data["mean"], *([] if paid is None else paid)]
    scale = scale_of(amounts)
    rows = np.arange(len(data), dtype=float)
    _interval_lines(ax, data, rows, scale)
    if paid is not None:
        x = paid.to_numpy() / scale.factor
        ax.plot(x, rows, "D", mfc="white", mec=INK, mew=1.1, ms=6, zorder=4, ls="none")
    ax.axvline(0, color=GREY, lw=0.8, zorder=1)
    ax.set_yticks([])
    ax.set_ylim(len(data) - 0.7, -0.85)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    amounts_axis(ax.xaxis)
    ax.set_xlabel(axis_label("Cost of inaction", str(data["unit"].iloc[0]), scale.word))
    _say_above(ax, data, rows)
    return ax


@styled()
def plot_burden_by_component(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the burden of one option by component, largest mean first.

    Args:
        data: Rows of one option and one discount preset: component, unit, mean, low, mid, high, mcse.
        ax: Axes to draw on; made if None.

    Returns:
        The axes: a bar to the mean and a line over the 90% interval of each component.
    """
    return _plot_parts(data, part="component", ax=ax)


@styled()
def plot_burden_by_payer(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the burden of one option by payer, largest mean first.

    Args:
        data: Rows of one option and one discount preset: payer, unit, mean, low, mid, high, mcse.
        ax: Axes to draw on; made if None.

    Returns:
        The axes: a bar to the mean and a line over the 90% interval of each payer.
    """
    return _plot_parts(data, part="payer", ax=ax)


def _plot_parts(data: pd.DataFrame, *, part: str, ax: Axes | None) -> Axes:
    """Draw the parts of a burden as bars."""
    data = data.sort_values("mean", ascending=False, kind="stable")
    ax = axes_or_new(ax, height_mm=FRAME_MM + ROW_MM * len(data))
    scale = scale_of([*data["high"], *data["mean"], *data["low"]])
    words = COMPONENT_WORDS if part == "component" else {}
    rows = _rows(ax, [words.get(str(name), str(name).replace("_", " ")) for name in data[part]])
    ax.barh(rows, data["mean"] / scale.factor, height=0.52, color=FILL, edgecolor=ACCENT, lw=0.6)
    ax.hlines(rows, data["low"] / scale.factor, data["high"] / scale.factor, color=INK, lw=1.4)
    ax.axvline(0, color=GREY, lw=0.8, zorder=1)
    amounts_axis(ax.xaxis)
    ax.set_xlabel(axis_label("Burden", str(data["unit"].iloc[0]), scale.word))
    _say_values(ax, data, rows)
    return ax


def _rows(ax: Axes, names: list[str]) -> np.ndarray:
    """Make one row for each name, the first on top."""
    rows = np.arange(len(names), dtype=float)
    ax.set_yticks(rows, [label(name) for name in names])
    ax.set_ylim(len(names) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x")
    return rows


def _interval_lines(ax: Axes, data: pd.DataFrame, rows: np.ndarray, scale: Scale) -> None:
    """Draw interval, median and mean of each row."""
    ax.hlines(rows, data["low"] / scale.factor, data["high"] / scale.factor, color=ACCENT, lw=2.2)
    ax.plot(data["mid"] / scale.factor, rows, "|", color=ACCENT, ms=12, mew=1.6, ls="none")
    ax.plot(data["mean"] / scale.factor, rows, "o", color=ACCENT, ms=6.5, zorder=3, ls="none")


def _say_above(ax: Axes, data: pd.DataFrame, rows: np.ndarray) -> None:
    """Print the name of each option, its mean and its interval above its line, from the left edge."""
    for row, name, estimate in zip(rows, data["option"], estimates(data), strict=True):
        for text, offset, size, color in (
            (label(name, width=NAME_WIDTH, lines=1), 29, 8.5, INK),
            (central(estimate), 19, 7.5, INK),
            (f"90% interval: {interval(estimate)}", 9, 7, GREY),
        ):
            ax.annotate(
                text,
                xy=(0.0, row),
                xycoords=("axes fraction", "data"),
                xytext=(0, offset),
                textcoords="offset points",
                fontsize=size,
                color=color,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6},
            )


def _say_values(ax: Axes, data: pd.DataFrame, rows: np.ndarray) -> None:
    """Print mean and interval of each row in a column to the right of the axes."""
    for row, estimate, unit in zip(rows, estimates(data), data["unit"], strict=True):
        for text, offset, size in (
            (central(estimate, str(unit)), 5, 8),
            (interval(estimate, str(unit)), -5, 7),
        ):
            ax.annotate(
                text,
                xy=(1.0, row),
                xycoords=("axes fraction", "data"),
                xytext=(8, offset),
                textcoords="offset points",
                va="center",
                fontsize=size,
                color=INK if offset > 0 else GREY,
            )
