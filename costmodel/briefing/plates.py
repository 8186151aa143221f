"""The figures of a run: which rows each shows, with what caption, at what size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from costmodel import figures
from costmodel.briefing import captions
from costmodel.briefing.captions import Caption
from costmodel.briefing.meta import Meta
from costmodel.briefing.select import SCOPE_WORDS, chance_of_loss, rows, with_titles
from costmodel.summary import percent

Tables = dict[str, pd.DataFrame]
WIDTH_MM = 170.0
BARE_MM = 16.0  # title and note, which a page prints itself
FRAME_MM = 34.0  # title, note and axis of a figure with one panel


@dataclass(frozen=True)
class Plate:
    """One figure: its name, words and data, and how to draw it at a width in mm, bare of its words or not."""

    name: str
    caption: Caption
    data: pd.DataFrame
    draw: Callable[[float, bool], figures.Figure]


def all_plates(tables: Tables, meta: Meta) -> list[Plate]:
    """Prepare every figure whose tables hold rows.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figures, in the order in which they are read.
    """
    makers = (
        (plate_cost_of_inaction, "headline"),
        (plate_net_benefit, "net_benefit_draws"),
        (plate_victims, "victims"),
        (plate_component, "burden_by_component"),
        (plate_payer, "burden_by_payer"),
        (plate_annual_cost, "annual_cost"),
        (plate_learning, "learning"),
        (plate_holdouts, "holdout"),
    )
    return [make(tables, meta) for make, table in makers if len(tables.get(table, ()))]


def plate_cost_of_inaction(tables: Tables, meta: Meta) -> Plate:
    """Prepare the cost of inaction by option, trafficking only above all violence.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figure.
    """
    shown = rows(tables["headline"], discount=meta.discount, perspective="societal")
    shown = with_titles(shown[shown["option"].isin(meta.alternatives)], meta)
    lost, spend = rows(shown, quantity="cost_of_inaction"), rows(shown, quantity="spend")
    scopes = list(dict.fromkeys(lost["scope"]))
    caption = captions.caption_cost_of_inaction(lost, spend, meta)

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        height = FRAME_MM + len(scopes) * (16.0 + 18.5 * len(meta.alternatives))
        figure, axes = _canvas(
            None if bare else caption, meta, width_mm=width_mm, height_mm=height, panels=(len(scopes), 1)
        )
        for ax, scope in zip(axes, scopes, strict=True):
            figures.plot_cost_of_inaction(rows(lost, scope=scope), spend=rows(spend, scope=scope), ax=ax)
            ax.set_title(SCOPE_WORDS.get(scope, scope))
        return figure

    return Plate("cost_of_inaction", caption, pd.concat([lost, spend]), draw)


def plate_net_benefit(tables: Tables, meta: Meta) -> Plate:
    """Prepare the distributions of net benefit by option.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figure.
    """
    labels = {"discount": meta.discount, "perspective": "societal", "scope": "trafficking"}
    bins, net = (
        with_titles(table[table["option"].isin(meta.alternatives)], meta)
        for table in (
            rows(tables["net_benefit_draws"], **labels),
            rows(tables["headline"], quantity="net_benefit", **labels),
        )
    )
    losses = {title: chance_of_loss(tables, meta, option=key) for key, title in meta.alternatives.items()}
    losing = {title: percent(share, error) for title, (share, error) in losses.items()}
    chance = {title: (1 - share, error) for title, (share, error) in losses.items()}
    unit = f"{meta.currency}{meta.price_year}"
    caption = captions.caption_net_benefit(net, meta, losing=losing)

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        height = FRAME_MM + 10.0 + 20.0 * len(losing)
        figure, axes = _canvas(None if bare else caption, meta, width_mm=width_mm, height_mm=height)
        figures.plot_net_benefit(bins, chance=chance, unit=unit, ax=axes[0])
        return figure

    return Plate("net_benefit", caption, bins, draw)


def plate_victims(tables: Tables, meta: Meta) -> Plate:
    """Prepare new and registered victims over time.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figure.
    """
    table = tables["victims"]
    data = with_titles(table[table["quantity"].isin(captions.QUANTITY_WORDS)], meta)
    caption = captions.caption_victims(data, meta)
    quantities = list(dict.fromkeys(data["quantity"]))

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        height = 40.0 + 65.0 * len(quantities)
        panels = (len(quantities), 1)
        figure, axes = _canvas(
            None if bare else caption, meta, width_mm=width_mm, height_mm=height, panels=panels
        )
        for ax, quantity in zip(axes, quantities, strict=True):
            figures.plot_victims(data, quantity=quantity, comparator=meta.options[meta.comparator], ax=ax)
        return figure

    return Plate("victims", caption, data, draw)


def plate_component(tables: Tables, meta: Meta) -> Plate:
    """Prepare the burden of the comparator by component.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figure.
    """
    return _plate_burden(tables, meta, part="component")


def plate_payer(tables: Tables, meta: Meta) -> Plate:
    """Prepare the burden of the comparator by payer.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figure.
    """
    return _plate_burden(tables, meta, part="payer")


def plate_annual_cost(tables: Tables, meta: Meta) -> Plate:
    """Prepare the yearly cost of the comparator in each accounting.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figure.
    """
    data = rows(tables["annual_cost"], option=meta.comparator)
    caption = captions.caption_annual_cost(data, meta)
    accountings = list(dict.fromkeys(data["accounting"]))

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        panels = (1, len(accountings))
        figure, axes = _canvas(
            None if bare else caption, meta, width_mm=width_mm, height_mm=84.0, panels=panels
        )
        for ax, accounting in zip(axes, accountings, strict=True):
            shown = rows(data, accounting=accounting)
            figures.plot_annual_cost(shown, top=float(data["high"].max()), ax=ax)
        return figure

    return Plate("annual_cost", caption, with_titles(data, meta), draw)


def plate_learning(tables: Tables, meta: Meta) -> Plate:
    """Prepare prior and posterior uncertainty by country.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figure.
    """
    data = with_titles(tables["learning"], meta)
    caption = captions.caption_learning(data, meta)
    quantities = list(dict.fromkeys(data["quantity"]))

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        height = FRAME_MM + 14.0 + 4.6 * data["country"].nunique()
        panels = (1, len(quantities))
        figure, axes = _canvas(
            None if bare else caption, meta, width_mm=width_mm, height_mm=height, panels=panels
        )
        for ax, quantity in zip(axes, quantities, strict=True):
            figures.plot_learning(data, quantity=quantity, ax=ax)
        return figure

    return Plate("learning", caption, data, draw)


def plate_holdouts(tables: Tables, meta: Meta) -> Plate:
    """Prepare predictions of studies kept out of the fit.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        The figure.
    """
    data = tables["holdout"]
    caption = captions.caption_holdouts(data, meta)

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        height = FRAME_MM + 8.0 + 9.0 * len(data)
        figure, axes = _canvas(None if bare else caption, meta, width_mm=width_mm, height_mm=height)
        figures.plot_holdouts(data, ax=axes[0])
        return figure

    return Plate("holdouts", caption, data, draw)


def _plate_burden(tables: Tables, meta: Meta, *, part: str) -> Plate:
    """Prepare the burden of the comparator by one of its divisions."""
    data = rows(tables[f"burden_by_{part}"], option=meta.comparator, discount=meta.discount)
    plots = {"component": figures.plot_burden_by_component, "payer": figures.plot_burden_by_payer}
    caption = captions.caption_burden(data, meta, part=part)

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        height = FRAME_MM + 8.0 + 12.0 * len(data)
        figure, axes = _canvas(None if bare else caption, meta, width_mm=width_mm, height_mm=height)
        plots[part](data, ax=axes[0])
        return figure

    return Plate(f"burden_by_{part}", caption, with_titles(data, meta), draw)


def _canvas(
    caption: Caption | None,
    meta: Meta,
    *,
    width_mm: float,
    height_mm: float,
    panels: tuple[int, int] = (1, 1),
) -> tuple[figures.Figure, list[figures.Axes]]:
    """Make the canvas of a plate, warnings above its panels in words; without a caption it stays bare."""
    if caption is None:
        return figures.canvas(*panels, width_mm=width_mm, height_mm=height_mm - BARE_MM)
    warned = " ".join(f"{warning.split(':')[0].upper()}." for warning in meta.warnings)
    title = f"{warned}\n{caption.title}" if warned else caption.title
    return figures.canvas(*panels, width_mm=width_mm, height_mm=height_mm, title=title, note=caption.note)
