"""Figures of priors: what is believed of a parameter before any data, and why."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes

from costmodel.evidence import families
from costmodel.evidence.priors import Prior
from costmodel.figures.style import ACCENT, FILL, GREY, amounts_axis, axes_or_new, styled

HEIGHT_MM = 62.0
POINTS = 401
#: Probabilities between which a prior is drawn: a density may be infinite at an end, and tails are long.
SHOWN = (0.005, 0.99)
REASON_WIDTH = 115
REASON_LINES = 4


@styled()
def plot_prior(prior: Prior, ax: Axes | None = None) -> Axes:
    """Draw a prior: its density, its 90% interval in figures, and its reason above.

    Args:
        prior: A prior with a distribution; see `default_priors`.
        ax: Axes to draw on; made if None.

    Returns:
        The axes: the density, filled over the 90% interval, whose ends and median are marked; below it their values.

    Raises:
        ValueError: If the prior is a weight, which has no distribution.
    """
    if prior.family not in families.FAMILIES:
        raise ValueError(
            f"{prior.name} is a weight of {prior.p1:g}, not a distribution; there is nothing to draw"
        )
    ax = axes_or_new(ax, height_mm=HEIGHT_MM)
    found = families.distribution(prior)
    first, last = (float(end) for end in found.ppf(SHOWN))
    points = np.linspace(first, last, POINTS)
    density = found.pdf(points)
    marks = found.ppf([families.LOW, 0.5, families.HIGH])
    inside = (points >= marks[0]) & (points <= marks[2])
    ax.fill_between(points, np.where(inside, density, np.nan), color=FILL, lw=0)
    ax.plot(points, density, color=ACCENT, lw=1.4)
    ax.vlines(marks, 0, found.pdf(marks), color=ACCENT, lw=[0.8, 1.6, 0.8])
    amounts_axis(ax.xaxis)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(_said(prior, *(float(mark) for mark in marks)))
    lines = textwrap.wrap(prior.reason, REASON_WIDTH, max_lines=REASON_LINES, placeholder="…")
    ax.set_title("\n".join(lines), fontsize=7, color=GREY, loc="left", fontweight="normal")
    return ax


def _said(prior: Prior, low: float, mid: float, high: float) -> str:
    """Name, unit and family of a prior, and its quantiles in figures."""
    unit = f" [{prior.unit}]" if prior.unit else ""
    return f"{prior.name}{unit}, {prior.family}\nmedian {mid:.3g}, 90% interval {low:.3g} to {high:.3g}"
