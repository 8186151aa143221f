"""The table of a briefing about time and public money: what waiting costs, when an option repays, what it buys."""

from __future__ import annotations

import math

import pandas as pd

from costmodel.briefing.cells import Cell, Table, estimate_cell
from costmodel.briefing.meta import Meta
from costmodel.briefing.select import estimate, rows
from costmodel.courses import DELAYS
from costmodel.summary import spoken

Tables = dict[str, pd.DataFrame]
NEVER = "not by the end"
FREE = "pays for itself"
UNKNOWN = "not known: the net public cost, or the gain, may be of either sign"


def waiting_table(tables: Tables, meta: Meta) -> Table:
    """Say what later starts lose, when each option has repaid its cost, and what public money buys.

    Args:
        tables: Tables of the run.
        meta: Describes the run.

    Returns:
        One row an option; headline preset, for society, child trafficking only.
    """
    lost = rows(tables["delay"], discount=meta.discount, perspective="societal", scope="trafficking")
    body = []
    for key, title in meta.alternatives.items():
        own = rows(lost, option=key)
        delays = [estimate_cell(estimate(own, quantity="cost_of_delay", years=n)) for n in DELAYS]
        day = estimate_cell(estimate(own, quantity="price_of_waiting"))
        body.append((Cell(title), *delays, day, _repaid(tables, meta, key), _bought(tables, meta, key)))
    return Table(
        caption=f"What waiting costs, when an option repays, and what public money buys, {meta.prices}",
        heads=(
            "Option",
            *(f"Lost by starting {n} year{'s' if n > 1 else ''} later" for n in DELAYS),
            "Lost a day, of the first year",
            "Has repaid its cost from",
            "Gain for one unit of net public cost",
        ),
        body=tuple(body),
        note=(
            "Every start ends on the same date, so that a later one is a shorter one; below zero, waiting pays. "
            "Repaid: from then on the mean net benefit cumulated since the first year stays at or above zero, a new "
            "victim's lifetime cost counted in the year of harm. Gain for public cost: what victims and households "
            "gain (quality of life, earnings after tax, own payments, transfers) over outlay less public services "
            f"saved and tax gained, a ratio of means. {meta.basis()}"
        ),
    )


def _repaid(tables: Tables, meta: Meta, key: str) -> Cell:
    """The year from which an option has repaid its cost."""
    found = rows(tables["payback"], option=key, scope="trafficking", discount=meta.discount)
    year = found["payback_year"].iloc[0] if len(found) else None
    return Cell(NEVER if year is None or pd.isna(year) else str(int(year)))


def _bought(tables: Tables, meta: Meta, key: str) -> Cell:
    """The marginal value of public funds of an option."""
    found = rows(tables["public_funds"], option=key, discount=meta.discount, quantity="mvpf")
    if found.empty:
        return Cell("")
    value, error = float(found["mean"].iloc[0]), float(found["mcse"].iloc[0])
    if math.isinf(value):
        return Cell(FREE)
    return Cell(UNKNOWN if 2 * error >= abs(value) > 0 else spoken(value, "", mcse=error))
