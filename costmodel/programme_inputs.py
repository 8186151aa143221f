"""A programme ready for one country: its draws of effect and unit cost beside the facts of its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel.draws import flat
from costmodel.errors import ScenarioError
from costmodel.evidence import Evidence, harmonise
from costmodel.evidence import prices as price_table
from costmodel.evidence.harmonise import FORMS
from costmodel.evidence.payers import OWN
from costmodel.own_programmes import OF_EACH_COUNTRY
from costmodel.randomness import generator

Array = NDArray[np.float64]
#: Target group -> group of exposures.csv that says how many children a country has in it.
EXPOSED = {"on_move": "refugees_and_asylum_seekers"}


@dataclass(frozen=True)
class Programme:
    """One programme in one country; arrays over (draw,).

    Attributes:
        id: Key in programmes.csv.
        acts_on: incidence | duration | severity | detection.
        forms: Forms of exploitation it acts on.
        target_group: Label of the children it works with.
        target_share: Their share of all children [share].
        coverage_max: Coverage no programme has passed [share].
        lag, ramp, half_life: Timing of the effect [years].
        rr: Relative risk among reached children [1].
        displacement: Share of averted cases that move elsewhere [share].
        unit_cost: Cost per reached child and year [currency of the price year].
        transfer_share: Share of the unit cost that is a transfer [share].
        public: Share of the cost borne by public budgets [share].
        payer: Who pays.
        rr_violence: Relative risk of other violence among reached children, None where no trial measured
            it [1].
        violence_shares: Share in other violence of each type that the trial's outcome stands for [share].
        adaptation_rate: Yearly loss of effect as offenders adapt [1/year].
        provided: Share of the group reached already today, whose effect the estimates contain [share].
        fixed_cost: What an option says that it costs however many are reached [currency of the price year/year].
    """

    id: str
    acts_on: str
    forms: tuple[str, ...]
    target_group: str
    target_share: float
    coverage_max: float
    lag: float
    ramp: float
    half_life: float
    rr: Array
    displacement: Array
    unit_cost: Array
    transfer_share: float
    public: float
    payer: str
    rr_violence: Array | None
    violence_shares: Mapping[str, float]
    adaptation_rate: float
    provided: float = 0.0
    fixed_cost: float = 0.0

    def adaptation(self, coverage: Array) -> Array:
        """Effect that is left after offenders adapt, from the first year of coverage on, dims as `coverage` [share]."""
        begun = np.cumsum(np.maximum.accumulate(coverage > 0, axis=-1), axis=-1)
        return np.asarray((1 - self.adaptation_rate) ** np.maximum(begun - 1, 0), dtype=float)


def unit_cost_draws(row: pd.Series, *, n_draws: int, seed: int, z: float) -> Array:
    """Unit cost per reached child as the source prices it, dims (draw,) [row's currency] (MODEL.md eq. 25).

    Log-normal in two pieces: median at mid, 5 and 95% quantiles at low and high, so that a range that
    reaches far down does not also reach far up.
    """
    low, mid, high = (float(row[f"unit_cost_{name}"]) for name in ("low", "mid", "high"))
    return two_pieces(low, mid, high, name=f"{row['id']}.unit_cost", n_draws=n_draws, seed=seed, z=z)


def two_pieces(low: float, mid: float, high: float, *, name: str, n_draws: int, seed: int, z: float) -> Array:
    """Draws of a log-normal in two pieces, keyed by name: median at mid, 5 and 95% quantiles at low and high."""
    noise = generator(seed, name=name).normal(size=n_draws)
    sd = np.where(noise < 0, float(np.log(mid / low)), float(np.log(high / mid))) / z
    drawn: Array = mid * np.exp(sd * noise)
    return drawn


def exchange(row: pd.Series, *, country: str, currency: str, price_year: int, evidence: Evidence) -> float:
    """Units of the result's currency and price year per unit of a programme's cost (MODEL.md, prices)."""
    return price_table.delivered_rate(
        str(row["currency"]),
        int(row["price_year"]),
        country=country,
        currency=currency,
        price_year=price_year,
        countries=evidence.countries,
        prices=evidence.prices,
    )


def latest_exposures(group: str, *, evidence: Evidence) -> pd.DataFrame:
    """Latest row of each area for one exposed group; index area."""
    rows = evidence.exposures[evidence.exposures["group"] == group].sort_values("year")
    return rows.groupby("area").tail(1).set_index("area")


def target_share(row: pd.Series, *, country: str, evidence: Evidence) -> float:
    """Share of all children in the target group of a programme [share] (MODEL.md section 6).

    That of its row, which for children on the move is the share of the world: a country whose displaced
    children are known has a share of its own, larger or smaller in proportion to them. A share that an analyst
    states is that of each country.

    Args:
        row: Row of programmes.csv.
        country: ISO3 code.
        evidence: Exposures and countries.

    Returns:
        The share, at most 1.
    """
    share = float(row["target_share"])
    if row["target_group"] not in EXPOSED or row["package"] == OF_EACH_COUNTRY:
        return share
    exposed = latest_exposures(EXPOSED[row["target_group"]], evidence=evidence)["value"]
    if country not in exposed:
        return share
    children = evidence.countries["children_2024"]
    own, world = exposed[country] / children[country], exposed["WLD"] / children.sum()
    return min(share * float(own / world), 1.0)


def _violence(
    effect: pd.Series, *, draws: xr.Dataset, evidence: Evidence, seed: int
) -> tuple[Array | None, dict[str, float]]:
    """Relative risk of other violence at scale, and the types of violence it stands for with their shares.

    A trial that informs both lines is one draw: its effect on its own outcome is that of the fit. What an author
    states is of the programme as it will be delivered, so that nothing is lost from trial to scale.
    """
    if not np.isfinite(effect["rr_violence_log_mean"]):
        return None, {}
    name, n_draws = str(effect.name), draws.sizes["chain"] * draws.sizes["draw"]
    if name in draws["log_rr_trial"]["trial"].to_numpy():
        log_rr = flat(draws, "log_rr_trial", trial=name)
    else:
        rng = generator(seed, name=f"{name}.rr_violence")
        log_rr = rng.normal(effect["rr_violence_log_mean"], effect["rr_violence_log_se"], n_draws)
    shares = evidence.violence_types.loc[str(effect["violence_types"]).split(), "share"]
    at_scale = 1.0 if effect["basis"] == OWN else np.exp(flat(draws, "log_voltage_drop"))
    return np.exp(log_rr * at_scale), {str(k): float(v) for k, v in shares.items()}


def programme_inputs(
    ids: Sequence[str],
    *,
    country: str,
    draws: xr.Dataset,
    evidence: Evidence,
    currency: str,
    price_year: int,
    seed: int,
    provision: Mapping[str, float] | None = None,
) -> dict[str, Programme]:
    """Programmes of a scenario for one country, by id.

    Args:
        ids: Programmes wanted.
        country: ISO3 code; its income group picks the cost row.
        draws: Posterior draws, dims (chain, draw, ...).
        evidence: Programme, effect and price tables.
        currency: Currency of the results.
        price_year: Its price year.
        seed: Seed of the unit-cost draws, keyed by programme.
        provision: Share of its group that a programme reaches already today, by id; none if left out.

    Returns:
        Programmes by id.

    Raises:
        ScenarioError: If a programme has no checked cost for the country's income group.
    """
    group = evidence.countries.at[country, "income_group"]
    n_draws = draws.sizes["chain"] * draws.sizes["draw"]
    found = {}
    for name in ids:
        rows = evidence.programmes[
            (evidence.programmes["id"] == name) & (evidence.programmes["income_group"] == group)
        ]
        if rows.empty:
            raise ScenarioError(
                f"programme {name!r}: no checked cost for {country} ({group}); leave it out or choose another"
            )
        row, effect = rows.iloc[0], evidence.effects.loc[name]
        rate = exchange(row, country=country, currency=currency, price_year=price_year, evidence=evidence)
        rr_violence, violence_shares = _violence(effect, draws=draws, evidence=evidence, seed=seed)
        enforcing = row["target_group"] == "venue"
        found[name] = Programme(
            id=name,
            acts_on=row["acts_on"],
            forms=FORMS if row["forms"] == "all" else tuple(str(row["forms"]).split()),
            target_group=row["target_group"],
            target_share=target_share(row, country=country, evidence=evidence),
            coverage_max=float(row["coverage_max"]),
            lag=float(row["lag_years"]),
            ramp=float(row["ramp_years"]),
            half_life=float(row["half_life_years"]),
            rr=np.exp(flat(draws, "log_rr", programme=name)),
            displacement=flat(draws, "displacement_enforcement" if enforcing else "displacement"),
            unit_cost=rate
            * unit_cost_draws(row, n_draws=n_draws, seed=seed, z=harmonise.constant(evidence, "unit_cost_z")),
            transfer_share=float(row["transfer_share"]),
            public=float(row["public_share"]),
            payer=str(row["payer"]),
            rr_violence=rr_violence,
            violence_shares=violence_shares,
            adaptation_rate=harmonise.constant(evidence, "adaptation_rate")
            if row["target_group"] == "online"
            else 0.0,
            provided=(provision or {}).get(name, 0.0),
        )
    return found
