"""One look for all figures: readable in grey, by the colour-blind, in print and on a screen.

Series differ by lightness, line style and marker as well as by colour, and are labelled where they are. Text
stays text: nothing a title contains is read as a formula.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, MaxNLocator

from costmodel.summary import SCALES

MM_PER_INCH = 25.4
PAD_INCHES = 0.06
WIDTH_MM = 170.0  # text width of an A4 page with 20 mm margins
INK = "#1a1a1a"
GREY = "#6b6b6b"
PALE = "#d9d9d9"
ACCENT = "#1f4e79"
FILL = "#9db7d1"
LONG_TICK = 1e5  # amounts from here on make tick labels too long to stand side by side
CHARACTERS_PER_MM = 0.72  # of the 7 point note
LABEL_WIDTH = 28  # characters to a line of a row's label
SERIES = (  # dark to light and back, so that neighbours differ in grey too
    {"color": "#1a1a1a", "linestyle": "-"},
    {"color": "#0072b2", "linestyle": (0, (5, 1.5))},
    {"color": "#d55e00", "linestyle": (0, (1.2, 1.2))},
    {"color": "#009e73", "linestyle": (0, (6, 1.5, 1.2, 1.5))},
    {"color": "#8a5a83", "linestyle": (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2))},
    {"color": "#7a6a00", "linestyle": (0, (9, 2))},
    {"color": "#56a0d3", "linestyle": (0, (2.5, 1))},
    {"color": "#555555", "linestyle": (0, (7, 1.2, 1.2, 1.2, 1.2, 1.2))},
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
COMPONENT_WORDS = {
    "law": "law enforcement and justice",
    "services": "specialised services",
    "health": "health and social protection",
    "output": "lost output",
    "quality": "lost quality of life",
    "coordination": "coordination and prevention",
}

_RULES: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, hence the same on every machine
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.labelsize": 8,
    "axes.edgecolor": GREY,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "grid.color": PALE,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "text.parse_math": False,  # a title may hold a dollar sign
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",  # the same shapes wherever the file is opened
    "svg.hashsalt": "costmodel",  # the same bytes for the same figure
}


class Scale(NamedTuple):
    """How amounts are divided for an axis, and what the axis then says."""

    factor: float
    word: str


@contextmanager
def styled() -> Iterator[None]:
    """Apply the house style for the length of a `with` block, or of a decorated function.

    Yields:
        Nothing; matplotlib's own settings are restored afterwards.

    Example:
        >>> with styled():
        ...     matplotlib.rcParams["text.parse_math"]
        False
    """
    with matplotlib.rc_context(_RULES):
        yield


def axes_or_new(ax: Axes | None, *, height_mm: float) -> Axes:
    """Take the axes given, or make one of the default width for use in a notebook.

    Args:
        ax: Axes to draw on, or None.
        height_mm: Height of a new figure.

    Returns:
        The axes to draw on.
    """
    if ax is not None:
        return ax
    size = (WIDTH_MM / MM_PER_INCH, height_mm / MM_PER_INCH)
    _, made = plt.subplots(figsize=size, layout="constrained")
    return made


def canvas(
    rows: int = 1,
    columns: int = 1,
    *,
    height_mm: float,
    width_mm: float = WIDTH_MM,
    title: str = "",
    note: str = "",
    heights: Sequence[float] | None = None,
) -> tuple[Figure, list[Axes]]:
    """Make a figure with a title above its panels and a note below them, none of which can overlap.

    Args:
        rows: Panels down.
        columns: Panels across.
        height_mm: Height of the figure.
        width_mm: Width of the figure.
        title: What is shown; bold, wrapped to the width.
        note: Estimand, prices, discounting and reading help; small, wrapped to the width.
        heights: Relative heights of the rows.

    Returns:
        The figure, which no window manager knows of, and its axes row by row.

    Example:
        >>> figure, axes = canvas(1, 2, height_mm=60, title="Cost of inaction", note="Prices of 2024")
        >>> len(axes)
        2
    """
    with styled():
        size = (width_mm / MM_PER_INCH, height_mm / MM_PER_INCH)
        layout = ConstrainedLayoutEngine(w_pad=PAD_INCHES, h_pad=PAD_INCHES, hspace=0.05, wspace=0.06)
        figure = Figure(figsize=size, layout=layout)
        grid = figure.subplots(rows, columns, squeeze=False, height_ratios=heights)
        if title:
            lines = _wrapped(title, int(width_mm * CHARACTERS_PER_MM * 0.65))
            figure.suptitle(lines, x=0.01, ha="left", fontsize=9.5, fontweight="bold")
        if note:
            lines = _wrapped(note, int(width_mm * CHARACTERS_PER_MM))
            figure.supxlabel(lines, x=0.01, ha="left", fontsize=7, color=GREY)
    return figure, list(grid.ravel())


def scale_of(values: Iterable[float]) -> Scale:
    """Choose the unit that people say aloud for the largest of some amounts.

    Args:
        values: Amounts in plain units; missing ones are passed over.

    Returns:
        What to divide by, and its word ("" if amounts stay plain).

    Example:
        >>> scale_of([3e5, -4.2e9])
        Scale(factor=1000000000.0, word='billion')
    """
    sizes = np.abs(np.asarray(list(values), dtype=float))
    largest = float(np.nanmax(sizes)) if np.isfinite(sizes).any() else 0.0
    thousands = (1e3, "thousand") if largest >= LONG_TICK else (1.0, "")
    factor, word = next(((factor, word) for factor, word in SCALES if largest >= factor), thousands)
    return Scale(factor, word)


def amounts_axis(axis: Axis) -> None:
    """Write the ticks of an axis of amounts with commas, few enough not to touch.

    Args:
        axis: Axis of a linear scale.
    """
    axis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(
        FuncFormatter(lambda amount, _: f"{amount:,.10g}".replace("-", "\N{MINUS SIGN}"))
    )


def axis_label(quantity: str, unit: str, word: str) -> str:
    """Say quantity, scale word and unit of an axis; a price year inside the unit is spelt out.

    Args:
        quantity: What the axis measures.
        unit: For example "EUR2024" or "persons".
        word: The scale word of `scale_of`.

    Returns:
        The label.

    Example:
        >>> axis_label("Burden", "EUR2024", "billion")
        'Burden, EUR billion (2024 prices)'
        >>> axis_label("New victims", "children a year", "")
        'New victims, children a year'
    """
    money = re.fullmatch(r"([A-Z]{3}) ?(\d{4}(?:\.\d+)?)?(/year)?", unit)
    if not money:
        return f"{quantity}, {f'{word} ' if word else ''}{unit}".rstrip(", ")
    currency, year, yearly = money.groups()
    scale = f" {word}" if word else ""
    prices = f" ({year} prices)" if year else ""
    return f"{quantity}, {currency}{scale}{' a year' if yearly else ''}{prices}".removeprefix(", ")


def spread(
    positions: Sequence[float], *, sizes: Sequence[float], floor: float = 0.0
) -> npt.NDArray[np.float64]:
    """Move labels apart until none overlaps another or lies below a floor, each as little as needed.

    Args:
        positions: Where the centres of the labels belong.
        sizes: Heights of the labels [unit of `positions`].
        floor: Lowest place for the edge of a label.

    Returns:
        Where to put the centres, in the order given.

    Example:
        >>> spread([1.0, 1.0, 5.0], sizes=[1.0, 1.0, 1.0]).tolist()
        [0.5, 1.5, 5.0]
        >>> spread([0.0, 0.0], sizes=[1.0, 1.0]).tolist()
        [0.5, 1.5]
    """
    order = np.argsort(positions, kind="stable")
    groups: list[
        tuple[float, float, int]
    ] = []  # lower edge, height and number of labels of each stack that touches
    for position, size in zip(
        np.asarray(positions, dtype=float)[order], np.asarray(sizes)[order], strict=True
    ):
        edge, height, n = max(floor, position - size / 2), float(size), 1
        while groups and groups[-1][0] + groups[-1][1] > edge:
            lower, below, n_below = groups.pop()
            centre = (n_below * (lower + below / 2) + n * (edge + height / 2)) / (n_below + n)
            height, n = height + below, n + n_below
            edge = max(floor, centre - height / 2)
        groups.append((edge, height, n))
    starts = np.repeat([edge for edge, _, _ in groups], [n for _, _, n in groups])
    firsts = np.repeat(np.cumsum([0, *(n for _, _, n in groups)])[:-1], [n for _, _, n in groups])
    stacked = np.concatenate([[0.0], np.cumsum(np.asarray(sizes, dtype=float)[order])])
    result = np.empty(len(order))
    result[order] = starts + stacked[:-1] - stacked[firsts] + np.asarray(sizes, dtype=float)[order] / 2
    return result


def label(text: str, *, width: int = LABEL_WIDTH, lines: int = 3) -> str:
    r"""Wrap the label of a row or of a line.

    Args:
        text: The label.
        width: Characters to a line.
        lines: The most lines.

    Returns:
        The wrapped text; what doesn't fit ends in an ellipsis.

    Example:
        >>> label("Guardianship for unaccompanied children", width=20)
        'Guardianship for\nunaccompanied\nchildren'
    """
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder="…"))


def series_style(index: int) -> dict[str, Any]:
    """Give the colour and line style of the n-th series; they repeat after six.

    Args:
        index: Position of the series, from 0.

    Returns:
        Keyword arguments for a line.
    """
    return dict(SERIES[index % len(SERIES)])


def _wrapped(text: str, width: int) -> str:
    """Wrap text to a width, keeping the line breaks it has."""
    return "\n".join(textwrap.fill(line, width) for line in text.split("\n"))
