"""The briefing as one page of HTML."""

from __future__ import annotations

import re

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from costmodel.briefing import budgets, judgements, sentences, trust, waiting
from costmodel.briefing import tables as made
from costmodel.briefing.captions import ETHICS_CARD, NOT_MODELLED, Caption
from costmodel.briefing.cells import Table, with_warnings
from costmodel.briefing.meta import Meta

Tables = dict[str, pd.DataFrame]
TEMPLATE = "briefing.html.jinja"


def render_briefing(tables: Tables, meta: Meta, *, figure: str, caption: Caption | None) -> str:
    """Fill the template with sentences and tables; every word of a scenario is escaped.

    Args:
        tables: Tables of the run.
        meta: Describes the run.
        figure: SVG drawn by this package, put into the page as it is.
        caption: What goes with the figure, or None if there is none.

    Returns:
        A whole page.
    """
    environment = Environment(
        loader=PackageLoader("costmodel.briefing", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kept"] = keep_together
    return environment.get_template(TEMPLATE).render(
        meta=meta,
        question=sentences.question(meta),
        answer=sentences.answer(tables, meta),
        lines=sentences.option_lines(tables, meta),
        losses=sentences.losses(tables, meta),
        readings=sentences.readings(tables, meta),
        judgements=judgements.sentences(tables, meta),
        figure=figure,
        caption=caption,
        shown=_shown(tables, meta),
        not_modelled=(*NOT_MODELLED, *meta.not_modelled),
        ethics=ETHICS_CARD,
        bound=sentences.bound(tables),
        precision=budgets.precision(tables, meta),
    )


def keep_together(text: str) -> str:
    r"""Keep a number on one line with its currency and its scale word.

    Args:
        text: Any text.

    Returns:
        The text with spaces that don't break.

    Example:
        >>> keep_together("EUR 1.2 billion, or more")
        'EUR\xa01.2\xa0billion, or more'
    """
    bound = re.sub(r"\b([A-Z]{3}|minus) (?=[\dA-Z])", "\\1\N{NO-BREAK SPACE}", text)
    return re.sub(r"(?<=\d) (million|billion|trillion)\b", "\N{NO-BREAK SPACE}\\1", bound)


def _shown(tables: Tables, meta: Meta) -> dict[str, Table]:
    """Make the tables of the page, each with the warnings of the run in its caption."""
    tables_by_name = {
        "options": made.options_table(tables, meta),
        "variants": made.variants_table(tables, meta),
        "readings": made.readings_table(tables, meta),
        "waiting": waiting.waiting_table(tables, meta),
        "programmes": made.programmes_table(tables, meta),
        "choice": budgets.choice_table(tables, meta),
        "ministries": budgets.ministries_table(tables, meta),
        "budgets": budgets.budget_table(tables, meta),
        "payers": made.parts_table(tables, meta, part="payer"),
        "components": made.parts_table(tables, meta, part="component"),
        "break_even": made.break_even_table(tables, meta),
        "judgements": judgements.judgements_table(tables, meta),
        "countries": trust.countries_table(tables, meta),
        "groups": made.groups_table(tables, meta),
        "sources": trust.sources_table(tables, meta),
        "diagnostics": trust.diagnostics_table(tables, meta),
        "holdouts": trust.holdout_table(tables, meta),
    }
    return dict(zip(tables_by_name, with_warnings(list(tables_by_name.values()), meta), strict=True))
