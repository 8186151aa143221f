"""The figure of a ledger with its words: what an anchor says once it is brought to the quantity of the model."""

from __future__ import annotations

import pandas as pd

from costmodel import figures
from costmodel.briefing.captions import Caption
from costmodel.briefing.plates import FRAME_MM, Plate
from costmodel.evidence.ledger import STATEMENTS
from costmodel.summary import printed

READING = (
    "Bar: from the value before a step to the value after it; dot: geometric mean; line: 90% interval; diamond: "
    "what the study says of the quantity of the model. Numbers are rounded one by one."
)
BASIS = {
    "GDP per capita": "Model quantity: lifetime cost of a child victim of trafficking, registered or not, all six "
    "components, undiscounted, in GDP per capita of the place and price year. Steps from scope on rest on priors.",
    "share of GDP": "Model quantity: annual burden of violence against children other than trafficking, at one GDP "
    "per capita per DALY. The step to it rests on priors.",
    "ratio": "Model quantity: the same ratio inside the model; prices and place cancel.",
}


#: Edge that a study states -> what its ledger must be read as.
EDGES = {
    "at_most": "The study states an upper edge: the quantity is at most what the diamond shows.",
    "at_least": "The study states a lower edge: the quantity is at least what the diamond shows.",
}


def _edge(steps: pd.DataFrame) -> str:
    """The edge that the first step states, blank for a point or an interval."""
    what = str(steps["what"].iloc[0])
    return next((edge for edge, word in STATEMENTS.items() if edge in EDGES and what.startswith(word)), "")


def plate_ledger(steps: pd.DataFrame, *, title: str, source: str) -> Plate:
    """Prepare the waterfall of one ledger.

    Args:
        steps: Rows of one ledger.
        title: Name of the study.
        source: Where it is from, as a reader sees it.

    Returns:
        The figure, named after the anchor.
    """
    name, unit = str(steps["anchor"].iloc[0]), str(steps["unit"].iloc[-1])
    first, last = steps.iloc[0], steps.iloc[-1]
    words = [
        f"{figures.STEP_WORDS.get(row.name_, row.name_)}: times {printed(row.factor, row.factor * row.mcse)}"
        for row in steps.rename(columns={"name": "name_"}).iloc[1:].itertuples()
        if abs(row.factor - 1) > 1e-9
    ]
    ends = (
        f"{first['what'].capitalize()}: {first['value']:,.12g} {first['unit']}; model quantity "
        f"{printed(last['value'], last['value'] * last['mcse'])} {unit}."
    )
    caption = Caption(
        title=f"{title}: {name}",
        reading=f"{EDGES[side]} {READING}" if (side := _edge(steps)) else READING,
        basis=BASIS[unit],
        source=f"Source: {source}",
        alt=f"Waterfall on a log scale. {ends} {'; '.join(words)}{'.' if words else ''}".strip(),
    )
    shown = len(figures.shown_steps(steps))

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        height = FRAME_MM + 14.0 + figures.STEP_MM * shown
        note = "" if bare else caption.note
        figure, axes = figures.canvas(
            width_mm=width_mm, height_mm=height, title="" if bare else caption.title, note=note
        )
        figures.plot_ledger(steps, ax=axes[0])
        return figure

    return Plate(name, caption, steps, draw)
