"""From the tables of a run to what is handed over: figures with their words, and a page to print."""

from costmodel.briefing.captions import ETHICS_CARD, NOT_MODELLED
from costmodel.briefing.columns import columns_table
from costmodel.briefing.html import render_briefing
from costmodel.briefing.meta import Meta, meta_of
from costmodel.briefing.writer import write_briefing, write_columns, write_figures

__all__ = [
    "ETHICS_CARD",
    "NOT_MODELLED",
    "Meta",
    "columns_table",
    "meta_of",
    "render_briefing",
    "write_briefing",
    "write_columns",
    "write_figures",
]
