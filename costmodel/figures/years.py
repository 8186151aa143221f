"""Figures over years: victims by option, and the yearly cost of one option."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, MaxNLocator

from costmodel.figures.style import (
    ACCENT,
    FILL,
    INK,
    LABEL_WIDTH,
    MARKERS,
    PALE,
    Scale,
    amounts_axis,
    axes_or_new,
    axis_label,
    label,
    scale_of,
    series_style,
    spread,
    styled,
)
from costmodel.summary import central, estimates

HEIGHT_MM = 75.0
SWATCH = 0.06  # of the width of the axes: the line beside a label
WHISKER_STEP = 0.022  # of the span of years, between the whiskers of two options
LINE_GAP = 0.06  # of the height of the axes, to a line of a label
VICTIM_WORDS = {
    "new_victims": "New child victims a year",
    "registered": "Registered child victims a year",
    "stock": "Children in exploitation",
}
ACCOUNTING_WORDS = {
    "incident_lifetime": "Lifetime cost of the year's new victims",
    "annual_stock": "Cost falling in the year",
    "fiscal": "Public part of the cost falling in the year",
}


@styled()
def plot_victims(
    data: pd.DataFrame,
    *,
    quantity: str = "new_victims",
    comparator: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw yearly victims under each option: a line at the mean, and the 90% interval of the last year.

    The whole interval is shaded for one option only: the intervals of the options share most of their
    uncertainty and would lie on top of one another.

    Args:
        data: Rows of the victims table: option, year, quantity, mean, low, mid, high [persons, or
            persons/year].
        quantity: Which rows to draw: new_victims, registered or stock.
        comparator: Option whose interval is shaded; the first if None.
        ax: Axes to draw on; made if None.

    Returns:
        The axes.
    """
    ax = axes_or_new(ax, height_mm=HEIGHT_MM)
    data = data[data["quantity"] == quantity]
    options = list(dict.fromkeys(data["option"]))
    shaded = comparator if comparator is not None else options[0]
    scale = scale_of(data["high"])
    for i, option in enumerate(options):
        rows = data[data["option"] == option].sort_values("year")
        if option == shaded:
            _band(ax, rows, scale, color=PALE)
        ax.plot(
            rows["year"], rows["mean"] / scale.factor, lw=1.8, zorder=3, marker=_dot(rows), **series_style(i)
        )
    ax.set_ylabel(axis_label(VICTIM_WORDS.get(quantity, quantity), "", scale.word))
    _years(ax, data["year"])
    _label_ends(ax, data, options, scale)
    return ax


@styled()
def plot_annual_cost(data: pd.DataFrame, *, top: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the undiscounted yearly cost of one option under one accounting, with its 90% interval.

    Args:
        data: Rows of one option and one accounting: year, accounting, unit, mean, low, mid, high, mcse.
        top: Amount at the upper end of the axis, so that panels can be compared; the largest of `data` if
            None.
        ax: Axes to draw on; made if None.

    Returns:
        The axes: a line at the mean, a broken one at the median, the 90% interval shaded.

    Raises:
        ValueError: If the rows mix accountings, which must never be added or drawn as parts of one another.
    """
    accountings = list(dict.fromkeys(data["accounting"]))
    if len(accountings) != 1:
        raise ValueError(f"rows of {accountings}: pass the rows of one accounting")
    ax = axes_or_new(ax, height_mm=HEIGHT_MM)
    data = data.sort_values("year")
    top = float(data["high"].max()) if top is None else top
    scale = scale_of([top])
    _band(ax, data, scale, color=FILL)
    ax.plot(data["year"], data["mean"] / scale.factor, color=ACCENT, lw=1.8, marker=_dot(data))
    ax.plot(data["year"], data["mid"] / scale.factor, color=INK, lw=1.0, ls=(0, (4, 2)))
    ax.set_ylabel(axis_label("", f"{str(data['unit'].iloc[0]).removesuffix('/year')}/year", scale.word))
    ax.set_title(label(ACCOUNTING_WORDS.get(accountings[0], accountings[0]), width=27))
    _years(ax, data["year"])
    ax.set_ylim(0, 1.05 * top / scale.factor)
    return ax


def _band(ax: Axes, rows: pd.DataFrame, scale: Scale, *, color: str) -> None:
    """Shade the 90% interval; a single year gets a broad line."""
    low, high = rows["low"] / scale.factor, rows["high"] / scale.factor
    if len(rows) == 1:
        ax.vlines(rows["year"], low, high, color=color, lw=8)
    ax.fill_between(rows["year"], low, high, color=color, alpha=0.6, lw=0)


def _dot(rows: pd.DataFrame) -> str:
    """Choose a marker: a line through one year alone wouldn't be seen."""
    return "o" if len(rows) == 1 else ""


def _years(ax: Axes, years: pd.Series) -> None:
    """Start the axis of amounts at zero and write whole years."""
    ax.set_ylim(bottom=0)
    first, last = int(years.min()), int(years.max())
    room = 0.5 if first == last else 0.0
    ax.set_xlim(first - room, last + room)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True) if first < last else FixedLocator([first]))
    ax.xaxis.set_major_formatter("{x:.0f}")
    amounts_axis(ax.yaxis)
    ax.grid(axis="y")


def _label_ends(ax: Axes, data: pd.DataFrame, options: Sequence[str], scale: Scale) -> None:
    """Put the last year's interval and the name of each option at the right end of its line."""
    last = data[data["year"] == data["year"].max()].set_index("option").loc[list(options)]
    shares = last[["low", "mean", "high"]].astype(float) / scale.factor / ax.get_ylim()[1]
    names = [
        f"{label(option, width=max(12, LABEL_WIDTH - 4 * max(0, len(options) - 4)), lines=2)}\n{central(estimate)}"
        for option, estimate in zip(options, estimates(last), strict=True)
    ]
    sizes = [LINE_GAP * (name.count("\n") + 1.5) for name in names]
    places = spread(list(shares["mean"]), sizes=sizes)
    swatch = 1.0 + WHISKER_STEP * (len(names) + 1)
    for i, (name, place) in enumerate(zip(names, places, strict=True)):
        style, marker = series_style(i), MARKERS[i % len(MARKERS)]
        x = 1.0 + WHISKER_STEP * (i + 0.8)
        low, mean, high = shares.iloc[i]
        outside = {"transform": ax.transAxes, "color": style["color"], "clip_on": False}
        ax.plot([x, x], [low, high], lw=1.3, **outside)
        ax.plot(x, mean, marker, ms=4.5, **outside)
        ax.plot([swatch, swatch + SWATCH], [place, place], lw=1.8, **{**outside, **style})
        ax.plot(swatch + SWATCH / 2, place, marker, ms=4.5, **outside)
        where = (swatch + SWATCH + WHISKER_STEP / 2, place)
        ax.annotate(name, xy=where, xycoords="axes fraction", va="center", fontsize=7.5, color=style["color"])
