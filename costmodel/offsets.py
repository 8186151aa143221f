"""What programmes save on what they replace: a line of its own, gross cost stays gross (MODEL.md eq. 32a-32b).

A saving follows who is paid for, not the effect on trafficking: the lag and ramp of that effect, and its fading, are no
delay of a saving. Its own delay is the lag of the offset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from costmodel.baseline import Baseline
from costmodel.evidence import Evidence, harmonise
from costmodel.evidence.payers import named_payer
from costmodel.programme_inputs import Programme, exchange, two_pieces
from costmodel.randomness import generator

Array = NDArray[np.float64]
Paths = Mapping[str, Array]

#: Income group of a saving that holds where no group has one of its own.
ANY = "all"
MULTIPLE = "multiple of unit cost"


@dataclass(frozen=True)
class Offset:
    """What one programme saves in one country; arrays over (draw,).

    Attributes:
        saved: Saving in the long run per reached child and year [currency of the price year].
        cash_now: Share of it that is cash in the year in which the child is reached [share].
        lag: Years for which a place must stay empty before the rest is cash [years].
        payer: Whose budget the public share of it is; a payer that is no public budget has no name here.
        public: Share of it on public budgets [share].
    """

    saved: Array
    cash_now: Array
    lag: int
    payer: str
    public: float


def offset_inputs(
    known: Mapping[str, Programme],
    *,
    country: str,
    evidence: Evidence,
    currency: str,
    price_year: int,
    seed: int,
) -> dict[str, Offset]:
    """Savings of programmes in one country, of those that have any (MODEL.md eq. 32a).

    Args:
        known: Programmes ready for the country, by id; a saving that is a multiple is one of their unit cost.
        country: ISO3 code; its income group picks the row, else the row of all groups.
        evidence: Offsets and prices.
        currency: Currency of the results.
        price_year: Its price year.
        seed: Seed of what is drawn here, keyed by programme.

    Returns:
        Savings by programme; a programme without a row, or without a price for the income group, is not in it.
    """
    group = evidence.countries.at[country, "income_group"]
    found = {}
    for name, programme in known.items():
        rows = evidence.offsets[evidence.offsets["programme"] == name].set_index("income_group")
        if group not in rows.index and ANY not in rows.index:
            continue
        row = rows.loc[group if group in rows.index else ANY]
        n_draws = programme.unit_cost.size
        saved = two_pieces(
            *(float(row[f"saved_{end}"]) for end in ("low", "mid", "high")),
            name=f"{name}.offset",
            n_draws=n_draws,
            seed=seed,
            z=harmonise.constant(evidence, "unit_cost_z"),
        )
        unit: Array | float = programme.unit_cost
        if row["unit"] != MULTIPLE:
            unit = exchange(row, country=country, currency=currency, price_year=price_year, evidence=evidence)
        low, high = float(row["cash_now_low"]), float(row["cash_now_high"])
        found[name] = Offset(
            saved=saved * unit,
            cash_now=generator(seed, name=f"{name}.offset_cash").uniform(low, high, n_draws),
            lag=int(row["lag_years"]),
            payer=named_payer(str(row["payer"]), evidence=evidence),
            public=float(row["public_share"]),
        )
    return found


def emptied(coverage: Array, *, lag: int) -> Array:
    """Coverage that has been reached without a break for `lag` years (MODEL.md eq. 32b).

    A home is closed when its places have stayed empty: what was reached in the year and in each of the `lag` years
    before it.

    Args:
        coverage: Coverage that is paid for, dims (..., year) [share].
        lag: Years [years].

    Returns:
        The smallest coverage of the years since, dims as `coverage`; 0 in the first `lag` years [share].

    Example:
        >>> emptied(np.array([0.2, 0.4, 0.3, 0.3]), lag=1).tolist()
        [0.0, 0.2, 0.3, 0.3]
    """
    padded = np.concatenate([np.zeros((*coverage.shape[:-1], lag)), coverage], axis=-1)
    window = np.lib.stride_tricks.sliding_window_view(padded, lag + 1, axis=-1)
    smallest: Array = window.min(axis=-1)
    return smallest


def saving(programme: Programme, offset: Offset, coverage: Array, base: Baseline) -> Array:
    """What a programme saves in each year, dims (draw, year) [currency/year] (MODEL.md eq. 32a-32b).

    Args:
        programme: The programme; its target group.
        offset: Its saving per reached child-year.
        coverage: Coverage that is paid for beyond what is provided today, dims (year,) or (draw, year) [share].
        base: Children; the saving grows with GDP per capita, as the cost of the programme does.

    Returns:
        The saving; below zero in no draw.
    """
    reached, now = np.atleast_2d(coverage), offset.cash_now[:, None]
    share = now * reached + (1 - now) * emptied(reached, lag=offset.lag)
    group = base.children * programme.target_share
    price = base.growth_to_start * base.value_index[: base.children.size]
    freed: Array = offset.saved[:, None] * share * (group * price)[None, :]
    return freed


def of_courses(
    chosen: Mapping[str, Sequence[Programme]],
    coverage: Mapping[str, Paths],
    base: Baseline,
    offsets: Mapping[str, Offset],
) -> dict[str, tuple[Array, dict[str, Array]]]:
    """What the programmes of each course save, whole and on public budgets by payer, dims (draw, year) [currency/year].

    Args:
        chosen: Programmes by course (`courses.courses`).
        coverage: Coverage by course and programme, dims (year,) or (draw, year) [share].
        base: What every option of the country shares.
        offsets: Savings per reached child-year, by programme.

    Returns:
        By course, of those that save anything.
    """
    found = {}
    for course, bundle in chosen.items():
        saved = {
            p.id: saving(p, offsets[p.id], coverage[course][p.id], base) for p in bundle if p.id in offsets
        }
        if saved:
            found[course] = (np.sum([*saved.values()], axis=0), _by_payer(saved, offsets))
    return found


def _by_payer(saved: Paths, offsets: Mapping[str, Offset]) -> dict[str, Array]:
    """The part of savings that falls on public budgets, by payer; none of a saving that is private in full."""
    found: dict[str, Array] = {}
    for name, amount in saved.items():
        offset = offsets[name]
        if offset.public > 0:
            found[offset.payer] = found.get(offset.payer, 0.0) + offset.public * amount
    return found
