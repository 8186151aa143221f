"""Figures that test the model: what the evidence has taught it, how it predicts what it hasn't seen."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter, NullLocator

from costmodel.figures.style import ACCENT, GREY, INK, SERIES, axes_or_new, label, styled

COUNTRY_MM = 4.2
STUDY_MM = 11.0
FRAME_MM = 22.0
FACTORS = (1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1, 2, 4, 8, 16, 32, 64)
QUANTITY_WORDS = {"incidence": "Incidence", "detection": "Detection"}


@styled()
def plot_learning(data: pd.DataFrame, *, quantity: str = "incidence", ax: Axes | None = None) -> Axes:
    """Draw how far the evidence has narrowed what is believed of each country, in alphabetical order.

    Args:
        data: Rows of the learning table: country, quantity, prior_sd, posterior_sd [log scale].
        quantity: Which rows to draw: incidence or detection.
        ax: Axes to draw on; made if None.

    Returns:
        The axes: an open circle at the prior standard deviation, a full one at the posterior, a line between.
        A short line says that the data of that country have taught little, however many they are.
    """
    data = data[data["quantity"] == quantity].sort_values("country", kind="stable")
    ax = axes_or_new(ax, height_mm=FRAME_MM + COUNTRY_MM * len(data))
    rows = np.arange(len(data))
    ax.hlines(rows, data["posterior_sd"], data["prior_sd"], color=GREY, lw=1.2, zorder=2)
    ax.plot(data["prior_sd"], rows, "o", mfc="white", mec=INK, ms=4.5, ls="none", zorder=3)
    ax.plot(data["posterior_sd"], rows, "o", color=ACCENT, ms=4.5, ls="none", zorder=4)
    ax.set_yticks(rows, list(data["country"]))
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.set_xlim(left=0)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="both")
    ax.set_title(QUANTITY_WORDS.get(quantity, quantity))
    ax.set_xlabel("Standard deviation, log scale")
    return ax


@styled()
def plot_holdouts(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw predictions of studies kept out of the fit, as multiples of what the studies printed.

    Args:
        data: Rows of the holdout table: id, study, printed, low, mid, high [the unit of the row].
        ax: Axes to draw on; made if None.

    Returns:
        The axes: a line over the 90% prediction interval and a tick at the prediction's median, each divided
        by the printed value, on a scale of factors; the printed value is the upright line at 1. A full dot
        marks a printed value inside the interval, a cross one outside.
    """
    ax = axes_or_new(ax, height_mm=FRAME_MM + STUDY_MM * len(data))
    rows = np.arange(len(data))
    multiples = data[["low", "mid", "high"]].astype(float).div(data["printed"].astype(float), axis=0)
    low, mid, high = multiples.to_numpy().T
    ax.axvline(1, color=INK, lw=0.9, zorder=1)
    ax.hlines(rows, low, high, color=ACCENT, lw=2.2)
    ax.plot(mid, rows, "|", color=ACCENT, ms=12, mew=1.6, ls="none")
    inside = data["inside"].to_numpy(dtype=bool)
    ax.plot(np.ones(int(inside.sum())), rows[inside], "o", color=INK, ms=5, ls="none", zorder=4)
    ax.plot(np.ones(int((~inside).sum())), rows[~inside], "X", color=INK, ms=7, ls="none", zorder=4)
    ax.set_xscale("log")
    _factors(ax, low=float(low.min()), high=float(high.max()))
    ax.set_yticks(rows, [label(name, width=34) for name in data["label" if "label" in data else "id"]])
    ax.set_ylim(len(data) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    ax.grid(axis="x")
    ax.set_xlabel("Predicted, as a multiple of the printed value")
    return ax


@styled()
def plot_places(data: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Draw where observations lie among the data that a sub-model would have made, before and after the fit.

    Args:
        data: Rows of one sub-model: kind (prior or posterior) and place [share of replicates below].
        ax: Axes to draw on; made if None.

    Returns:
        The axes: for each kind the share of observations at or below each place, beside the straight line of a model
        that made them. A curve that is steeper in the middle says that the model expects more spread than there is.
    """
    ax = axes_or_new(ax, height_mm=70.0)
    ax.plot([0, 1], [0, 1], color=GREY, lw=0.8, ls=":", zorder=1)
    for (kind, rows), look in zip(data.groupby("kind", sort=False), SERIES, strict=False):
        series: dict[str, Any] = {**cast("dict[str, Any]", look)}
        places = np.sort(rows["place"].to_numpy(float))
        share = np.arange(1, places.size + 1) / places.size
        ax.step([0.0, *places, 1.0], [0.0, *share, 1.0], where="post", lw=1.4, label=str(kind), **series)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    ax.set_xlabel("Share of replicates below the observation")
    ax.set_ylabel("Share of observations")
    ax.legend(frameon=False, loc="lower right")
    ax.grid(axis="both")
    return ax


def _factors(ax: Axes, *, low: float, high: float) -> None:
    """Mark a log axis at halves and doubles, written as a reader would say them."""
    ax.set_xlim(min(low, 0.5) / 1.15, max(high, 2.0) * 1.15)
    ax.xaxis.set_major_locator(FixedLocator(FACTORS))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"× {x:.0f}" if x >= 1 else f"÷ {1 / x:.0f}"))
