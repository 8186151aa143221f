"""Write figures, the dictionary of columns and the briefing into a run folder."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pandas as pd

from costmodel.briefing.captions import Caption
from costmodel.briefing.columns import columns_table
from costmodel.briefing.html import render_briefing
from costmodel.briefing.meta import Meta, meta_of
from costmodel.briefing.needed import ResultLike
from costmodel.briefing.plates import WIDTH_MM, Plate, all_plates
from costmodel.figures import styled

DPI = 300
INLINE_WIDTH_MM = 105.0  # narrow enough to be read on a telephone
Tables = dict[str, pd.DataFrame]


def write_figures(tables: Tables, meta: Meta, folder: Path) -> list[Path]:
    """Write every figure of a run as SVG, PNG, CSV of its data, and text with caption, source and alt text.

    Args:
        tables: Tables of the run.
        meta: Describes the run.
        folder: Where to write; made if it isn't there.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for plate in all_plates(tables, meta):
        written += write_plate(plate, folder, warnings=meta.warnings)
    return written


def write_briefing(result: ResultLike, folder: Path) -> Path:
    """Write the briefing of a run: one page that needs no other file, no network and no scripts.

    Args:
        result: What the run returned.
        folder: Where to write; must be there.

    Returns:
        The file written.
    """
    meta, tables = meta_of(result), dict(result.tables)
    shown = next(iter(all_plates(tables, meta)), None)
    svg = _svg(shown, width_mm=INLINE_WIDTH_MM, bare=True) if shown else ""
    page = render_briefing(tables, meta, figure=svg, caption=shown.caption if shown else None)
    path = folder / "briefing.html"
    path.write_text(page, encoding="utf-8")
    return path


def write_columns(tables: Tables, folder: Path) -> Path:
    """Write the dictionary of the columns of a run's tables.

    Args:
        tables: Tables of the run.
        folder: Where to write; must be there.

    Returns:
        The file written, `columns.csv`: table, column, unit, meaning.
    """
    path = folder / "columns.csv"
    columns_table(tables).to_csv(path, index=False, lineterminator="\n")
    return path


def write_plate(plate: Plate, folder: Path, *, warnings: Sequence[str] = ()) -> list[Path]:
    """Write one figure as SVG, PNG, CSV of its data, and text with caption, source and alt text.

    Args:
        plate: The figure.
        folder: Where to write; made if it isn't there.
        warnings: What must be read before any number.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    svg, png, csv, txt = (folder / f"{plate.name}.{ending}" for ending in ("svg", "png", "csv", "txt"))
    svg.write_text(_svg(plate, width_mm=WIDTH_MM), encoding="utf-8")
    with styled():
        figure = plate.draw(WIDTH_MM, False)
        figure.savefig(png, dpi=DPI, metadata={"Title": plate.caption.title})
    warned = " ".join(warnings)
    data = plate.data.assign(warning=warned) if warned else plate.data
    data.to_csv(csv, index=False, lineterminator="\n")
    txt.write_text("".join([*(f"{warning}\n" for warning in warnings), plate.caption.text]), encoding="utf-8")
    return [svg, png, csv, txt]


def write_svg(plate: Plate, path: Path) -> Path:
    """Write one figure as SVG alone.

    Args:
        plate: The figure.
        path: The file.

    Returns:
        The file.
    """
    path.write_text(_svg(plate, width_mm=WIDTH_MM), encoding="utf-8")
    return path


def _svg(plate: Plate, *, width_mm: float, bare: bool = False) -> str:
    """Draw a figure as SVG whose title and description a screen reader can say."""
    stream = io.StringIO()
    with styled():
        plate.draw(width_mm, bare).savefig(stream, format="svg")
    return _accessible(stream.getvalue(), plate.caption, name=plate.name)


def _accessible(svg: str, caption: Caption, *, name: str) -> str:
    """Give an SVG its title, its description, and a size that follows the page."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    opening, rest = body.split(">", 1)
    label = f'role="img" aria-labelledby="{name}-title {name}-alt"'
    title = f'<title id="{name}-title">{escape(caption.title)}</title>'
    named = f'{title}<desc id="{name}-alt">{escape(caption.alt)}</desc>'
    return f"{opening} {label}>{named}{rest}"
