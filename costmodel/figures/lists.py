"""Figures of a hidden population: what each engine says, and how far each list carries the answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from costmodel.figures.style import (
    ACCENT,
    GREY,
    INK,
    MARKERS,
    amounts_axis,
    axes_or_new,
    axis_label,
    label,
    scale_of,
    series_style,
    styled,
)

ROW_MM = 9.0
FRAME_MM = 22.0
ENGINE_WORDS = {
    "independence": "Independence",
    "stepwise": "Stepwise log-linear",
    "decomposable": "Decomposable graphs",
    "bayes_loglinear": "Bayesian log-linear",
    "latent_class": "Latent classes",
    "mixture": "Mixture",
    "corrected": "Mixture, corrected for bias",
}
#: Height of the band of engines between two lists, in rows.
BAND = 0.6


@styled()
def plot_engines(data: pd.DataFrame, *, n_listed: float, ax: Axes | None = None) -> Axes:
    """Draw the total number of persons by each engine.

    Args:
        data: Rows: engine, estimate, low, high [persons], converged.
        n_listed: Persons on at least one list [persons].
        ax: Axes to draw on; made if None.

    Returns:
        The axes: a dot at the estimate and a line over the interval; open and dashed, and cut off at the edge, where
        the engine has not converged; an upright line at the persons listed.
    """
    ax = axes_or_new(ax, height_mm=FRAME_MM + ROW_MM * len(data))
    scale = scale_of([_furthest(data, n_listed)])
    for row, one in enumerate(data.itertuples()):
        words = ENGINE_WORDS.get(str(one.engine), str(one.engine))
        if np.isfinite(one.estimate):
            line = "-" if one.converged else (0, (2, 2))
            ends = [one.low / scale.factor, one.high / scale.factor]
            ax.plot(ends, [row, row], color=GREY, lw=1.4, ls=line, zorder=2)
            inside = ACCENT if one.converged else "white"
            ax.plot(one.estimate / scale.factor, row, "o", mfc=inside, mec=INK, mew=0.8, ms=5.5, zorder=3)
        else:
            ax.annotate(
                "takes no table of so many lists",
                (0.02, row),
                xycoords=("axes fraction", "data"),
                va="center",
            )
        ax.annotate(
            label(words, width=30),
            (0, row),
            xycoords=("axes fraction", "data"),
            xytext=(-5, 0),
            textcoords="offset points",
            ha="right",
            va="center",
        )
    ax.axvline(n_listed / scale.factor, color=INK, lw=0.9, ls=(0, (1, 1.5)), zorder=1)
    ax.set_yticks([])
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.set_xlim(0, 1.05 * _furthest(data, n_listed) / scale.factor)
    ax.grid(axis="x")
    amounts_axis(ax.xaxis)
    ax.set_xlabel(axis_label("Total", "persons", scale.word))
    return ax


def _furthest(data: pd.DataFrame, n_listed: float) -> float:
    """Where the axis ends: at the furthest number that may be used; chains astray would press the others flat."""
    used = data[data["converged"].astype(bool) & np.isfinite(data["high"])]
    ends = [*(used["high"] if len(used) else data["high"].dropna()), n_listed]
    return float(max(ends))


@styled()
def plot_left_out_lists(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw the estimate of each engine without each list.

    Args:
        data: Rows: without (blank: all lists), engine, estimate [persons], converged.
        ax: Axes to draw on; made if None.

    Returns:
        The axes: one row a list that is left out, one marker an engine, open where it has not converged.
    """
    names = list(dict.fromkeys(data["without"]))
    engines = list(dict.fromkeys(data["engine"]))
    ax = axes_or_new(ax, height_mm=FRAME_MM + 1.6 * ROW_MM * len(names))
    scale = scale_of(data["estimate"])
    for k, engine in enumerate(engines):
        style, shift = series_style(k), BAND * (k / max(len(engines) - 1, 1) - 0.5)
        rows = data[data["engine"] == engine]
        for one in rows.itertuples():
            inside = style["color"] if one.converged else "white"
            place = names.index(one.without) + shift
            ax.plot(
                one.estimate / scale.factor,
                place,
                MARKERS[k],
                mfc=inside,
                mec=style["color"],
                ms=5,
                ls="none",
            )
        ax.plot([], [], MARKERS[k], color=style["color"], ms=5, label=ENGINE_WORDS.get(engine, engine))
    for row in range(1, len(names)):
        ax.axhline(row - 0.5, color=GREY, lw=0.4, zorder=1)
    ax.set_yticks(range(len(names)), [f"without {name}" if name else "all lists" for name in names])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(names) - 0.5, -0.5)
    ax.set_xlim(left=0)
    ax.grid(axis="x")
    amounts_axis(ax.xaxis)
    ax.set_xlabel(axis_label("Total", "persons", scale.word))
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=2, frameon=False, handletextpad=0.2)
    return ax
