"""Programmes of the evidence for a reader who chooses among them: cost, effect, timing, and what is known."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import pandas as pd

from costmodel.briefing.tables import BASIS_WORDS, GROUP_WORDS
from costmodel.errors import EvidenceError
from costmodel.evidence import Evidence, check_country, members
from costmodel.evidence.payers import OWN
from costmodel.evidence.prices import delivered_rate, own_currency
from costmodel.printing import PIPED_WIDTH, Row

#: Width of the text of a card, and of its first column.
WIDTH, HEAD = min(PIPED_WIDTH, 110), 10
#: Digits of an amount of money that a card shows.
DIGITS = 3
ACTS_ON = {
    "incidence": "new victims",
    "duration": "time in exploitation of registered victims",
    "severity": "harm to registered victims",
    "revictimisation": "being exploited again, of registered victims",
    "detection": "detection (below 1: more are registered)",
}
COSTS = ("low", "mid", "high")


def programme_rows(evidence: Evidence, *, country: str | Sequence[str] | None = None) -> list[dict[str, Any]]:
    """List the programmes that have a checked cost, one row a programme and income group.

    Args:
        evidence: Programmes, effects, countries and prices; with those of a scenario, if
            `own_programmes.evidence_with` put them there.
        country: ISO3 code, the code of a region, or several; every income group if not given.

    Returns:
        Unit cost in the money of its source [currency of the price year/reach unit] and, for one country, in its
        own money of the same year; relative risk as the prior of the effect has it (5, 50 and 95% quantiles);
        timing [years], reach [share], payer, grades and the sentence on the evidence.

    Raises:
        EvidenceError: If the evidence holds no such country.
    """
    codes = [country] if isinstance(country, str) else country
    for code in codes or ():
        check_country(code, evidence)
    if codes is None:
        places = list(evidence.countries.index)
    else:
        places = [place for code in codes for place in members(code, evidence)]
    groups = evidence.countries.loc[places, "income_group"]
    chosen = evidence.programmes[evidence.programmes["income_group"].isin(groups)]
    single = places[0] if codes is not None and len(places) == 1 else None
    return [
        _row(row, evidence.effects.loc[row["id"]], evidence=evidence, country=single)
        for _, row in chosen.iterrows()
    ]


def _row(row: pd.Series, effect: pd.Series, *, evidence: Evidence, country: str | None) -> dict[str, Any]:
    """What is known of one programme in one income group."""
    mean, sd = float(effect["prior_log_rr_mean"]), float(effect["prior_log_rr_sd"])
    quantiles = zip(COSTS, (0.05, 0.5, 0.95), strict=True)
    return {
        **{name: row[name] for name in ("id", "name", "area", "income_group", "acts_on", "forms")},
        **{name: row[name] for name in ("target_group", "reach_unit", "currency")},
        "price_year": int(row["price_year"]),
        **{f"unit_cost_{name}": float(row[f"unit_cost_{name}"]) for name in COSTS},
        **_own_money(row, evidence=evidence, country=country),
        "cost_status": row["cost_status"],
        **{f"rr_{name}": math.exp(mean + NormalDist().inv_cdf(at) * sd) for name, at in quantiles},
        "basis": effect["basis"],
        **{name: row[name] for name in ("evidence_grade", "payer", "public_share")},
        **{name: row[name] for name in ("lag_years", "ramp_years", "half_life_years")},
        **{name: row[name] for name in ("target_share", "coverage_max")},
        "sentence": effect["sentence"],
        "cost_source": row["source"],
        "effect_source": effect["source"],
    }


def _own_money(row: pd.Series, *, evidence: Evidence, country: str | None) -> dict[str, Any]:
    """Unit cost in the money of one country, of the price year of the source; nothing where it has no rate."""
    blank = {"own_currency": "", **{f"own_unit_cost_{name}": math.nan for name in COSTS}}
    if country is None:
        return blank
    currency, year = own_currency(country, countries=evidence.countries), int(row["price_year"])
    try:
        rate = delivered_rate(
            str(row["currency"]),
            year,
            country=country,
            currency=currency,
            price_year=year,
            countries=evidence.countries,
            prices=evidence.prices,
        )
    except EvidenceError:
        return blank
    costs = {f"own_unit_cost_{name}": rate * float(row[f"unit_cost_{name}"]) for name in COSTS}
    return {"own_currency": currency, **costs}


def without_cost(evidence: Evidence, rows: Sequence[Row]) -> list[str]:
    """Ids of programmes that have an effect, but no row here: nobody has read their cost in a source.

    Args:
        evidence: Effects of all programmes.
        rows: What `programme_rows` returned.

    Returns:
        Ids in alphabetical order.
    """
    return sorted(set(evidence.effects.index) - {str(row["id"]) for row in rows})


def show_programmes(rows: Sequence[Row]) -> str:
    """Draw one card a programme: what it acts on, effect, cost, timing, evidence.

    Args:
        rows: What `programme_rows` returned.

    Returns:
        The cards as text, and below them what their numbers are.
    """
    by_id: dict[str, list[Row]] = {}
    for row in rows:
        by_id.setdefault(str(row["id"]), []).append(row)
    caption = (
        f"{len(by_id)} programmes{_whose(rows)}. Unit costs as their sources or judgements price them (5, 50, 95%), "
        "per child or unit named; a second amount is the country's own money at the market rate of the same year. A "
        "run deflates and converts. Relative risks: median and 90% interval of the prior, among those reached; 1 is no "
        "effect. No completed trial has measured child trafficking."
    )
    return "\n\n".join(
        [*(_card(found) for found in by_id.values()), "\n".join(textwrap.wrap(caption, WIDTH))]
    )


def _whose(rows: Sequence[Row]) -> str:
    """How many of the programmes the author of a scenario states."""
    own = {row["id"] for row in rows if row["basis"] == OWN}
    return f", {len(own)} of them of the scenario's author" if own else ""


def _card(rows: Sequence[Row]) -> str:
    """The card of one programme; its rows differ by income group."""
    row = rows[0]
    group = GROUP_WORDS.get(str(row["target_group"]), str(row["target_group"]).replace("_", " "))
    low, mid, high = (f"{row[f'rr_{name}']:.2f}" for name in COSTS)
    basis = BASIS_WORDS[str(row["basis"])]
    lines = [
        ("acts on", f"{ACTS_ON[str(row['acts_on'])]}; forms: {row['forms']}; works with {group}"),
        (
            "effect",
            f"relative risk {mid} ({low} to {high}). {basis}. Grade of the evidence: {row['evidence_grade']}",
        ),
        *(("cost", cost) for cost in _costs(rows)),
        ("paid by", f"{row['payer']}{_public(float(row['public_share']))}"),
        ("timing", _timing(row)),
        ("evidence", str(row["sentence"])),
    ]
    return "\n".join([f"{row['id']}: {row['name']}", *(_line(head, text) for head, text in lines)])


def _line(head: str, text: str) -> str:
    """One line of a card, wrapped below its first column."""
    indent = " " * (HEAD + 2)
    return textwrap.fill(text, WIDTH, initial_indent=f"  {head:<{HEAD}}", subsequent_indent=indent)


def _costs(rows: Sequence[Row]) -> list[str]:
    """Unit cost by income group; what a scenario states is the same in each."""
    alike = len({_cost(row, named=False) for row in rows}) == 1
    if rows[0]["basis"] == OWN and alike:
        return [_cost(rows[0], named=False)]
    return [_cost(row, named=len(rows) > 1) for row in rows]


def _cost(row: Row, *, named: bool) -> str:
    """Unit cost in the source's money, and in the country's own where it is another."""
    told = [_amounts(row, prefix="", currency=str(row["currency"]))]
    if row["own_currency"] not in ("", row["currency"]):
        told.append(_amounts(row, prefix="own_", currency=str(row["own_currency"])))
    where = f"{row['income_group']}: " if named else ""
    return f"{where}{' or '.join(told)}; prices of {row['price_year']}; {row['reach_unit']}; {row['cost_status']}"


def _amounts(row: Row, *, prefix: str, currency: str) -> str:
    """Median and interval of a unit cost in one currency."""
    low, mid, high = (f"{float(f'{row[f"{prefix}unit_cost_{name}"]:.{DIGITS}g}'):,.12g}" for name in COSTS)
    return f"{currency} {mid} ({low} to {high})"


def _public(share: float) -> str:
    """Say which share of the cost is public where it is not all."""
    return "" if share == 1 else f"; public budgets bear {share:.0%}"


def _timing(row: Row) -> str:
    """Lag, ramp, half-life and the most that can be reached."""
    half_life = float(row["half_life_years"])
    ends = f"half-life {_years(half_life)} after spending ends" if half_life > 0 else "ends with the spending"
    return (
        f"first effect after {_years(row['lag_years'])}, all of it {_years(row['ramp_years'])} later; {ends}; "
        f"reaches at most {row['coverage_max']:.0%} of the group"
    )


def _years(count: float) -> str:
    """A number of years in words."""
    return f"{count:g} year{'' if count == 1 else 's'}"
