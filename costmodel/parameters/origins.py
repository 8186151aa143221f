"""A parameter, and the evidence behind it: which rows of which tables, from which source, and what each says."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel.briefing.references import reference
from costmodel.draws import flat
from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import FORMS
from costmodel.evidence.priors import default_priors
from costmodel.printing import printed_value

Array = NDArray[np.float64]
#: A piece of evidence: a table of the evidence, and a row of it; of victims, the country.
Row = tuple[str, str]

VICTIMS, DETECTION, WHO = "new victims", "detection", "who the victims are"
COST, QALYS, VALUE = "cost of a victim", "quality of life lost", "value of a QALY"
HIDDEN, TRANSFER = "victims nobody registered", "transfer to the country"
EFFECTS, PRICES, REACH, VIOLENCE = "effects", "costs of programmes", "reach and overlap", "other violence"
#: Groups of parameters, in the order in which they are told.
GROUPS = (
    *(VICTIMS, DETECTION, WHO, COST, QALYS, VALUE, HIDDEN, TRANSFER),
    *(EFFECTS, PRICES, REACH, VIOLENCE),
)
COLUMNS = ["source", "locator", "table", "row", "status", "grade", "says", "term", "reference"]
#: Counts of victims by form and sex.
BY_GROUP = (*(f"{form}_children_high" for form in FORMS), "girls_high", "boys_high")
#: Kinds of evidence, by the table of the row of most weight; a judgement is none.
KINDS = {
    "victims": "counts and estimates of victims",
    "victims by group": "counts and estimates of victims",
    "estimates": "counts and estimates of victims",
    "anchors": "studies of cost",
    "programmes": "costs of programmes",
    "offsets": "costs of programmes",
}
TRIALS, OF_VIOLENCE, JUDGEMENT, PUBLISHED = (
    "trials",
    "studies of other violence",
    "judgements",
    "published values",
)
OWN = "the author's own numbers"
#: Status of a row that rests on somebody's judgement alone.
ELICITED = "elicited"


@dataclass(frozen=True)
class Parameter:
    """One uncertain number that a run rests on.

    Attributes:
        name: Its key, the symbol of MODEL.md where it has one.
        group: One of `GROUPS`.
        label: What it is, in words.
        unit: Its unit.
        submodel: Which part of the model it comes from.
        draws: Dims (draw,) [`unit`].
        rests_on: The evidence that informs it, that of most weight first.
    """

    name: str
    group: str
    label: str
    unit: str
    submodel: str
    draws: Array
    rests_on: tuple[Row, ...]


def evidence_kind(rests_on: Sequence[Row], evidence: Evidence) -> str:
    """What kind of evidence informs a parameter most: that of the first row it rests on.

    Args:
        rests_on: Its evidence, that of most weight first.
        evidence: The evidence.

    Returns:
        For example "studies of cost", or "judgements".
    """
    table, row = rests_on[0]
    if table == "anchors":
        return OF_VIOLENCE if evidence.anchors.at[row, "module"] == "violence" else KINDS[table]
    if table == "effects":
        basis = str(evidence.effects.at[row, "basis"])
        return {"trial": TRIALS, "own": OWN}.get(basis, JUDGEMENT)
    if table == "priors":
        return JUDGEMENT if evidence.priors.at[row, "status"] == ELICITED else PUBLISHED
    if table == "programmes":
        status = evidence.programmes.loc[evidence.programmes["id"] == row, "cost_status"].iloc[0]
        return OWN if status == "own" else KINDS[table]
    return KINDS[table]


def rows_of(rests_on: Sequence[Row], evidence: Evidence) -> list[dict[str, Any]]:
    """The evidence of a parameter, one row a piece.

    Args:
        rests_on: Tables and rows; a country without counts has none.
        evidence: The evidence.

    Returns:
        Rows with `COLUMNS`: key of the source, locator, table and row, status, grade, what it says, the name of its
        log likelihood where it has one (`model.terms.log_terms`), and the reference in words.
    """
    found = []
    for table, row in rests_on:
        for told in TELL[table](row, evidence):
            entry = evidence.sources.get(told["source"].split(" ")[0], "")
            labels = {"table": table, "row": row, "grade": "", "term": "", **told}
            found.append({**labels, "reference": reference(entry) if entry else ""})
    return found


def sources_of(parameters: Mapping[str, Sequence[Row]], evidence: Evidence) -> pd.DataFrame:
    """Every piece of evidence behind every parameter: see `columns.csv` of a run folder.

    Args:
        parameters: What each rests on, by name.
        evidence: The evidence.

    Returns:
        Columns parameter, then `COLUMNS`.
    """
    rows = [
        {"parameter": name, **row}
        for name, rests_on in parameters.items()
        for row in rows_of(rests_on, evidence)
    ]
    return pd.DataFrame(rows, columns=["parameter", *COLUMNS])


def priors(*names: str) -> tuple[Row, ...]:
    """Rows of the table of priors."""
    return tuple(("priors", name) for name in names)


def studies(evidence: Evidence, *, module: str, component: str = "") -> tuple[Row, ...]:
    """Anchors that a sub-model was fitted to, or those of them that hold a component."""
    rows = evidence.anchors[
        (evidence.anchors["module"] == module) & evidence.anchors["role"].isin(["train", "bound"])
    ]
    return tuple(
        ("anchors", str(name))
        for name, held in rows["components"].items()
        if not component or component in str(held).split()
    )


def alone(name: str, *, group: str, label: str, unit: str, submodel: str, draws: xr.Dataset) -> Parameter:
    """A parameter that stands in the posterior as it is, and rests on its prior."""
    return Parameter(name, group, label, unit, submodel, flat(draws, name), priors(name))


def _cited(row: pd.Series) -> dict[str, str]:
    """Source, locator and status of a row."""
    return {
        "source": str(row["source"]),
        "locator": str(row.get("locator", "")),
        "status": str(row["status"]),
    }


def _victims(country: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Registered victims of a country, a row for each source."""
    counts = evidence.counts[evidence.counts["iso3"] == country]
    for source, rows in counts.groupby("source", sort=False):
        span = f"{rows['year'].min()}-{rows['year'].max()}"
        yield {
            **_cited(rows.iloc[0]),
            "source": str(source),
            "says": f"registered child victims of {country}, {len(rows)} years in {span}",
            "term": f"prevalence.counts_{country}",
        }


def _groups(country: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Registered victims of a country by form or sex; the fit keeps no likelihood of them by country."""
    counts = evidence.counts[evidence.counts["iso3"] == country]
    for source, rows in counts[counts[[*BY_GROUP]].notna().any(axis=1)].groupby("source", sort=False):
        span = f"{rows['year'].min()}-{rows['year'].max()}"
        yield {
            **_cited(rows.iloc[0]),
            "table": "victims",
            "source": str(source),
            "says": f"registered child victims of {country} by form or sex, {len(rows)} years in {span}",
        }


def _estimate(row: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """An estimate of all victims, registered or not."""
    found = evidence.estimates.loc[row]
    yield {
        **_cited(found),
        "grade": str(found["grade"]),
        "says": f"{printed_value(found)}, {found['area']}, {found['population']}; {found['method']}",
        "term": f"prevalence.{row}",
    }


def _anchor(row: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """A published cost, or share of GDP."""
    found = evidence.anchors.loc[row]
    yield {
        **_cited(found),
        "grade": str(found["grade"]),
        "says": f"{printed_value(found)}, {found['geography']}: {found['population']}",
        "term": f"{found['module']}.{row}",
    }


def _effect(row: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """The effect of a programme."""
    found = evidence.effects.loc[row]
    trial = found["basis"] == "trial"
    yield {
        **_cited(found.fillna("")),
        "says": str(found["sentence"]),
        "term": f"effects.trial_{row}" if trial else "",
    }


def _programme(row: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """The unit costs of a programme, a row for each source."""
    rows = evidence.programmes[evidence.programmes["id"] == row]
    for _, found in rows.drop_duplicates("source").iterrows():
        same = rows[rows["source"] == found["source"]]
        low, high = same["unit_cost_low"].min(), same["unit_cost_high"].max()
        yield {
            **_cited(found.fillna("")),
            "says": f"{low:,.0f} to {high:,.0f} {found['currency']} of {found['price_year']:.0f}, "
            f"{found['reach_unit']}, over income groups",
        }


def _offset(row: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """What a programme saves on what it replaces."""
    rows = evidence.offsets[evidence.offsets["programme"] == row]
    for _, found in rows.drop_duplicates("source").iterrows():
        yield {
            **_cited(found.fillna("")),
            "says": f"{found['saved_low']:,g} to {found['saved_high']:,g} {found['unit']}, saved on what it replaces",
        }


def _prior(row: str, evidence: Evidence) -> Iterator[dict[str, Any]]:
    """A prior with its reason."""
    found = default_priors(evidence)[row]
    yield {
        "source": found.source,
        "locator": f"priors.csv, {row}",
        "status": found.status,
        "says": found.reason,
    }


TELL: Mapping[str, Callable[[str, Evidence], Iterator[dict[str, Any]]]] = {
    "victims": _victims,
    "victims by group": _groups,
    "estimates": _estimate,
    "anchors": _anchor,
    "effects": _effect,
    "programmes": _programme,
    "offsets": _offset,
    "priors": _prior,
}
