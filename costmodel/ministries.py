"""Who pays and who saves: each ministry, all government and society, in present value (MODEL.md eq. 41b)."""

from collections.abc import Iterator, Mapping
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costmodel import economics
from costmodel.appraisal import FISCAL, SOCIETAL, TRAFFICKING, Appraisal
from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.evidence.payers import UNNAMED
from costmodel.scenario import Scenario
from costmodel.views import Cell, summary_rows, summary_table, views

Array = NDArray[np.float64]

#: Rows beside the ministries: public budgets together, which is the fiscal view, and everybody, the societal one.
GOVERNMENT, SOCIETY = "all government", "society"
BODIES = {FISCAL: GOVERNMENT, SOCIETAL: SOCIETY}
MINISTRY = "ministry"


def public_parts(evidence: Evidence) -> dict[str, Array]:
    """Share of each component that each ministry bears, dims (component,) (MODEL.md eq. 41b).

    Args:
        evidence: Its table `payers`; rows that are public.

    Returns:
        Shares by ministry, in alphabetical order; together, the public share of each component.
    """
    rows = evidence.payers[evidence.payers["public"] == 1]
    parts = {payer: np.zeros(len(COMPONENTS)) for payer in sorted(set(rows["payer"]))}
    for row in rows.itertuples():
        parts[row.payer][COMPONENTS.index(row.component)] += row.share
    return parts


def ministry_names(total: Appraisal, evidence: Evidence) -> list[str]:
    """Ministries that bear a component, pay for a programme of the run, or save by one; the one without a name last."""
    paying = {ministry for _, ministry in total.ministry_outlay}
    relieved = {payer for _, payer in total.offset_by_year}
    named = sorted({*public_parts(evidence), *paying, *relieved} - {UNNAMED})
    return [*named, *([UNNAMED] if UNNAMED in paying | relieved else [])]


def extra_outlay(total: Appraisal, *, option: str, comparator: str, ministry: str) -> Array:
    """What a ministry pays for programmes beyond the comparator, dims (draw, year) [currency/year]."""
    none = np.zeros_like(total.outlay_by_year[option])
    paid: Array = total.ministry_outlay.get((option, ministry), none) - total.ministry_outlay.get(
        (comparator, ministry), none
    )
    return paid


def extra_offset(total: Appraisal, *, option: str, comparator: str, ministry: str) -> Array:
    """What programmes save a ministry on what they replace, against the comparator, (draw, year) [currency/year]."""
    none = np.zeros_like(total.outlay_by_year[option])
    own, today = (total.offset_by_year.get((key, ministry), none) for key in (option, comparator))
    saved: Array = own - today
    return saved


def _ministry_views(
    total: Appraisal, scenario: Scenario, evidence: Evidence, *, option: str, preset: str
) -> Iterator[tuple[str, Array, Array]]:
    """Each ministry, what it saves and what it pays under one preset, dims (draw,)."""
    comparator, parts = scenario.comparator, public_parts(evidence)
    averted = economics.cost_of_inaction(total.burden[comparator, preset], total.burden[option, preset])
    none = np.zeros_like(total.outlay[option, preset])

    def more(store: Mapping[tuple[str, str, str], Array], name: str) -> Array:
        """What the option has more of it than the comparator."""
        own, today = (store.get((key, name, preset), none) for key in (option, comparator))
        return own - today

    for name in ministry_names(total, evidence):
        saved = averted @ parts.get(name, np.zeros(len(COMPONENTS))) + more(total.ministry_offset, name)
        yield name, saved, more(total.ministry_value, name)


def _cells(labels: dict[str, str], saved: Array, paid: Array, unit: str) -> Iterator[Cell]:
    """What one body saves and pays, and how often it gains."""
    net = economics.net_benefit(saved, spend=paid)
    for quantity, values in {"saved": saved, "outlay": paid, "net_saving": net}.items():
        yield {**labels, "quantity": quantity, "unit": unit}, values
    gains = (net > 0).astype(float)
    yield {**labels, "quantity": "probability_net_saving_positive", "unit": "probability"}, gains


def ministries_table(total: Appraisal, scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """What each ministry, all government and society save and pay by each option, present value (MODEL.md eq. 41b).

    Args:
        total: Draws.
        scenario: Options, presets and comparator.
        evidence: Who bears which cost, and who pays for which programme.

    Returns:
        One row an option, preset, body and quantity, trafficking only, against the comparator; all government is the
        fiscal view of the headline and society the societal one.
    """
    unit, rows = f"{scenario.currency}{scenario.price_year}", []
    wider = {
        (view["labels"]["option"], view["labels"]["discount"], view["labels"]["perspective"]): view
        for view in views(total, scenario, evidence)
        if view["labels"]["scope"] == TRAFFICKING
    }
    alternatives = [key for key in scenario.options if key != scenario.comparator]
    for option, preset in product(alternatives, scenario.discount):
        cells: list[Cell] = []
        labels = {"option": option, "discount": preset}
        for name, saved, paid in _ministry_views(total, scenario, evidence, option=option, preset=preset):
            cells += _cells({**labels, "perspective": MINISTRY, "ministry": name}, saved, paid, unit)
        for perspective, name in BODIES.items():
            view = wider[option, preset, perspective]
            body = {**labels, "perspective": perspective, "ministry": name}
            cells += _cells(body, view["benefit"] + view["offset"], view["spend"], unit)
        rows += summary_rows(cells, total)
    return summary_table(rows, ["option", "discount", "perspective", "ministry", "quantity", "unit"])
