"""Victims and costs of one country under each option, draw by draw (MODEL.md section 6). Knows nothing of PyMC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel import lifetime, programmes, unit_costs
from costmodel.errors import EvidenceError
from costmodel.evidence import Evidence, harmonise
from costmodel.evidence import prices as price_table
from costmodel.evidence.harmonise import COMPONENTS, FORMS
from costmodel.programme_inputs import Programme, programme_inputs
from costmodel.scenario import Scenario, coverage_path, years

Array = NDArray[np.float64]

#: Suffix of the option that starts one year later; it exists for the cost of delay only.
DELAYED = " (one year later)"
DETECTED_MAX = 1.0


@dataclass(frozen=True)
class Flows:
    """Flows of one country; arrays over (draw, year) unless said otherwise, options by key.

    Attributes:
        country: ISO3 code.
        new_victims: New child victims [persons/year].
        registered: New child victims registered [persons/year].
        stock: Children in exploitation at a time [persons].
        cost: Lifetime cost of the year's new victims at the values of that year, dims (draw, year, component)
            [currency of the price year].
        annual_cost: Cost that falls in the year on past and current victims, dims (draw, year, component)
            [currency of the price year/year].
        spend: Resource cost of the option's programmes [currency of the price year/year].
        outlay: Public outlay of the option's programmes, transfers included [currency of the price year/year].
        violence_averted: Burden of other violence averted by the year's reach, at the values of that year [currency].
        timing: Profile of each component over the years after exit, by component, dims (draw or 1, year since exit).
        value_index: Real GDP per capita, 1 in the first year, dims (year,) up to the last year that is followed.
        gdp: GDP in the first year [currency of the price year/year].
    """

    country: str
    new_victims: Mapping[str, Array]
    registered: Mapping[str, Array]
    stock: Mapping[str, Array]
    cost: Mapping[str, Array]
    annual_cost: Mapping[str, Array]
    spend: Mapping[str, Array]
    outlay: Mapping[str, Array]
    programme_spend: Mapping[str, Mapping[str, Array]]
    violence_averted: Mapping[str, Array]
    timing: Mapping[str, Array]
    violence_timing: Array
    value_index: Array
    gdp: float


def growth_path(growth: float, *, long_run: float, fade_years: float, n_years: int) -> Array:
    """Real GDP per capita relative to the first year: own growth fading to the long run (MODEL.md eq. 26).

    Args:
        growth: Own real growth of GDP per capita in the first year [1/year].
        long_run: Growth to which it fades [1/year].
        fade_years: Years of the linear fade [years].
        n_years: Years wanted.

    Returns:
        Index, dims (year,), 1 in the first year.

    Example:
        >>> growth_path(0.0, long_run=0.0, fade_years=30, n_years=2).tolist()
        [1.0, 1.0]
    """
    weight = np.clip(np.arange(n_years - 1) / fade_years, 0.0, 1.0)
    rates = growth + (long_run - growth) * weight
    return np.concatenate([[1.0], np.cumprod(1 + rates)])


def children_path(country: str, *, evidence: Evidence, horizon: NDArray[np.int64]) -> Array:
    """Children 0-17 in each year: projection to 2030 in the evidence, constant after, dims (year,) [persons]."""
    facts = evidence.countries.loc[country]
    return np.interp(horizon, [2024, 2030], [facts["children_2024"], facts["children_2030"]])


def effective_duration(mean_years: Array, *, entry_low: float) -> Array:
    """Mean time in exploitation that falls before the 18th birthday (MODEL.md eq. 16).

    Exponential spells with mean `mean_years`, entry uniform from `entry_low` to 18.

    Args:
        mean_years: Mean time in exploitation without the birthday, dims (draw,) [years].
        entry_low: Youngest usual age at entry [years].

    Returns:
        Effective duration, dims (draw,) [years].
    """
    left = (np.arange(entry_low, 18) + 0.5)[None, :] - entry_low
    duration = mean_years[:, None]
    return np.mean(duration * -np.expm1(-left / duration), axis=1)


def annual_stock_cost(cost: Array, weights: Mapping[str, Array], value_index: Array) -> Array:
    """Cost that falls in each year on past and current victims (MODEL.md eq. 28).

    Victims before the first year are taken to have been as many as in it.

    Args:
        cost: Lifetime cost of each year's victims at that year's values, dims (draw, year, component) [currency].
        weights: Profile over the years after exit by component, dims (draw or 1, year since exit).
        value_index: Value of one unit in each year, dims (year,).

    Returns:
        Cost by year in which it falls, dims (draw, year, component) [currency/year].
    """
    n_years = cost.shape[1]
    quantity = cost / value_index[None, :n_years, None]
    lag = np.arange(n_years)[None, :] - np.arange(n_years)[:, None]
    falling = np.empty_like(cost)
    for k, component in enumerate(COMPONENTS):
        profile = weights[component] / weights[component].sum(axis=-1, keepdims=True)
        recent = np.where(lag >= 0, profile[:, np.abs(lag)], 0.0)  # (draw or 1, year of harm, year of cost)
        earlier = 1 - np.cumsum(profile, axis=1)[:, :n_years]
        spread = np.matmul(quantity[:, None, :, k], recent)[:, 0, :]
        falling[:, :, k] = (spread + earlier * quantity[:, :1, k]) * value_index[None, :n_years]
    return falling


@dataclass(frozen=True)
class _Baseline:
    """What does not depend on the option: arrays over draws of one country."""

    incidence: Array
    detection: Array
    form_share: Mapping[str, Array]
    form_detection: Mapping[str, Array]
    duration: Mapping[str, Array]
    children: Array
    registered_cost: Array
    undetected_cost: Array
    multi_form: Array

    def multi_form_uplift(self, form: int) -> Array:
        """Cost of a victim counted once but exploited in several forms: that of the costliest (MODEL.md eq. 31)."""
        total = self.registered_cost.sum(axis=2)
        uplift: Array = 1 - self.multi_form + self.multi_form * total.max(axis=1) / total[:, form]
        return uplift


def _flat(draws: xr.Dataset, name: str, **where: str) -> Array:
    """One quantity as (draw,) over all chains."""
    array = draws[name].sel(where) if where else draws[name]
    return np.asarray(array.transpose("chain", "draw", ...).to_numpy().reshape(-1), dtype=float)


def _baseline(country: str, *, draws: xr.Dataset, evidence: Evidence, horizon: NDArray[np.int64]) -> _Baseline:
    odds = {form: _flat(draws, "log_form_odds", country=country, form=form) for form in FORMS}
    relative = {
        form: np.exp(_flat(draws, f"log_detection_{form}")) if form != "sexual" else np.ones_like(odds[form]) for form in FORMS
    }
    registered = {form: np.exp(odds[form]) for form in FORMS}
    true = {form: registered[form] / relative[form] for form in FORMS}
    total = sum(true.values())
    share = {form: true[form] / total for form in FORMS}
    detection = np.exp(_flat(draws, "log_detection", country=country))
    mean_relative = sum(share[form] * relative[form] for form in FORMS)
    low = {form: harmonise.constant(evidence, f"entry_age_low_{'sexual' if form == 'sexual' else 'other'}") for form in FORMS}
    return _Baseline(
        incidence=np.exp(_flat(draws, "log_incidence", country=country)),
        detection=detection,
        form_share=share,
        form_detection={
            form: np.minimum(detection * relative[form] / mean_relative, DETECTED_MAX) for form in FORMS
        },
        duration={form: effective_duration(_flat(draws, f"duration_{form}"), entry_low=low[form]) for form in FORMS},
        children=children_path(country, evidence=evidence, horizon=horizon),
        registered_cost=unit_costs.national_unit_cost(draws, country=country, evidence=evidence, registered=True),
        undetected_cost=unit_costs.national_unit_cost(draws, country=country, evidence=evidence, registered=False),
        multi_form=_flat(draws, "multi_form_share"),
    )


def _group_shares(group: Sequence[Programme], form: str, base: _Baseline, draws: xr.Dataset) -> list[Array]:
    """Share of the incidence of a form that arises where each programme works, by programme."""
    shares = []
    for programme in group:
        if form not in programme.forms:
            shares.append(np.zeros_like(base.incidence))
        elif programme.target_group == "victims":
            shares.append(base.form_detection[form])
        else:
            own_risk = f"relative_risk_{programme.target_group}"
            risk = _flat(draws, own_risk if own_risk in draws else "relative_risk_group")
            place = f"{programme.target_group}_share"
            # A place (online, venues) bounds what can be averted; the target group bounds who is reached there.
            bound = _flat(draws, place) if place in draws else np.ones_like(risk)
            shares.append(bound * programmes.incidence_share(programme.target_share, relative_risk=risk))
    return shares


def _multiplier(
    acting_on: str, form: str, bundle: Sequence[Programme], paths: Mapping[str, Array], base: _Baseline, draws: xr.Dataset, cap: float
) -> Array:
    """Joint multiplier of a bundle on one target of effects (incidence, duration or severity) of a form, (draw, year) or (1, 1)."""
    chosen = [programme for programme in bundle if programme.acts_on == acting_on]
    if not chosen:
        return np.ones((1, 1))
    overlap = _flat(draws, "overlap")
    shares, factors = [], []
    for label in sorted({programme.target_group for programme in chosen}):
        group = [programme for programme in chosen if programme.target_group == label]
        own = _group_shares(group, form, base, draws)
        widest = np.maximum.reduce(own)
        safe = np.where(widest > 0, widest, 1.0)
        each = [
            1 - (share / safe)[:, None] * (1 - programmes.programme_factor(paths[p.id], rr=p.rr, displacement=p.displacement))
            for p, share in zip(group, own, strict=True)
        ]
        shares.append(widest)
        factors.append(programmes.combine_factors(each, overlap=overlap))
    return programmes.remaining_incidence(shares, factors, cap=cap)


def _detection_multiplier(bundle: Sequence[Programme], paths: Mapping[str, Array], n_draws: int, n_years: int) -> Array:
    """More registration by programmes that act on detection: victims recorded, not made, dims (draw, year)."""
    gain = np.ones((n_draws, n_years))
    for programme in bundle:
        if programme.acts_on == "detection":
            gain = gain * (1 + (1 / programme.rr - 1)[:, None] * paths[programme.id][None, :] * programme.target_share)
    return gain


def _option_flows(
    bundle: Sequence[Programme], coverage: Mapping[str, Array], base: _Baseline, draws: xr.Dataset, money: Array, cap: float
) -> dict[str, Array]:
    """New victims, registered, stock and lifetime cost of one option, all forms; arrays (draw, year[, component])."""
    paths = {p.id: programmes.effective_coverage(coverage[p.id], lag=p.lag, ramp=p.ramp, half_life=p.half_life) for p in bundle}
    paths = {p.id: paths[p.id] * p.adaptation(len(money)) for p in bundle}
    n_draws, n_years = base.incidence.size, base.children.size
    gain = _detection_multiplier(bundle, paths, n_draws, n_years)
    flow = base.incidence[:, None] * base.children[None, :]
    totals = {name: np.zeros((n_draws, n_years)) for name in ("new_victims", "registered", "stock")}
    cost = np.zeros((n_draws, n_years, len(COMPONENTS)))
    duration_share = _flat(draws, "duration_cost_share")[:, None]
    for f, form in enumerate(FORMS):
        left, stay, harm = (
            _multiplier(kind, form, bundle, paths, base, draws, cap) for kind in ("incidence", "duration", "severity")
        )
        victims = flow * base.form_share[form][:, None] * left
        seen = np.minimum(base.form_detection[form][:, None] * gain, DETECTED_MAX)
        totals["new_victims"] += victims
        totals["registered"] += victims * seen
        totals["stock"] += victims * base.duration[form][:, None] * stay
        lifetime_factor = harm * (1 - duration_share * (1 - stay)) * base.multi_form_uplift(f)[:, None]
        per_victim = (
            seen[:, :, None] * base.registered_cost[:, None, f, :] + (1 - seen)[:, :, None] * base.undetected_cost[:, None, f, :]
        )
        cost += (victims * lifetime_factor * money[None, :])[:, :, None] * per_victim
    return {**totals, "cost": cost}


def _timing(country: str, *, draws: xr.Dataset, evidence: Evidence) -> dict[str, Array]:
    """Profile of each component over the years after exit, dims (draw or 1, year since exit)."""
    now = np.zeros((1, lifetime.N_YEARS))
    now[0, 0] = 1.0
    services = lifetime.uniform_profile(_flat(draws, "years_services"))
    weights = lifetime.earnings_weights(
        int(harmonise.constant(evidence, "age_exit_child")),
        survivors=harmonise.survivors(evidence, country),
        earnings=harmonise.earnings(evidence),
    )
    return {
        "coordination": now,
        "law": now,
        "services": services,
        "health": services,
        "output": (weights / weights.sum())[None, :],
        "quality": lifetime.uniform_profile(_flat(draws, "years_quality")),
    }


def _spend(bundle: Sequence[Programme], coverage: Mapping[str, Array], *, base: _Baseline, registered: Array, draws: xr.Dataset, value_index: Array) -> tuple[dict[str, Array], Array, Array]:
    """Yearly cost of each programme, and the resource cost and public outlay of the bundle, dims (draw, year)."""
    n_years = base.children.size
    shape = (base.incidence.size, n_years)
    last_mile = _flat(draws, "last_mile")
    each, resource, outlay = {}, np.zeros(shape), np.zeros(shape)
    for programme in bundle:
        reach = registered if programme.target_group == "victims" else base.children[None, :] * programme.target_share
        rate = programmes.delivery_cost(
            coverage[programme.id], coverage_max=programme.coverage_max, unit_cost=programme.unit_cost, last_mile=last_mile
        )
        # Programmes are labour: their real cost grows with GDP per capita.
        cost = rate * reach * value_index[None, :n_years]
        each[programme.id] = cost
        resource += cost * (1 - programme.transfer_share)
        outlay += cost * programme.public
    return each, resource, outlay


def _violence_averted(bundle: Sequence[Programme], coverage: Mapping[str, Array], *, country: str, draws: xr.Dataset, evidence: Evidence, gdp: Array) -> Array:
    """Lifetime burden of other violence averted by each year's reach, dims (draw, year) [currency] (MODEL.md eq. 32)."""
    burden = np.exp(_flat(draws, "log_daly_share", country=country)) * unit_costs.country_value_of_qaly(draws, country=country, evidence=evidence)
    causal = _flat(draws, "causal_share")
    averted = np.zeros((burden.size, gdp.size))
    for programme in bundle:
        if programme.rr_violence is None:
            continue
        acting = programmes.effective_coverage(coverage[programme.id], lag=programme.lag, ramp=programme.ramp, half_life=programme.half_life)
        reached = programme.violence_share * programme.target_share * acting[None, :]
        averted += reached * (1 - programme.rr_violence)[:, None] * (causal * burden)[:, None] * gdp[None, :]
    return averted


def output_per_head(country: str, *, scenario: Scenario, evidence: Evidence) -> float:
    """GDP per capita of the first year of the horizon (MODEL.md eq. 27).

    The latest year of the evidence, deflated in own currency to the price year, converted once at market rates, and
    carried to the first year by the country's own real growth.

    Returns:
        GDP per capita [currency of the price year/person/year].
    """
    facts, table = evidence.countries.loc[country], evidence.prices
    if not np.isfinite(facts["gdp_year"]):
        raise EvidenceError(f"countries.csv, row {country}: no GDP; its costs cannot be expressed, choose another country")
    latest = int(facts["gdp_year"])
    local = price_table.gdp_per_capita(country, year=latest, prices=table)
    local = price_table.deflate(local, area=country, from_year=latest, to_year=scenario.price_year, prices=table)
    target = price_table.currency_area(scenario.currency, countries=evidence.countries)
    value = price_table.convert(local, from_area=country, to_area=target, year=scenario.price_year, prices=table)
    return float(value) * (1 + float(facts["growth_gdp_per_capita"])) ** (scenario.start - latest)


def coverage_by_option(scenario: Scenario) -> dict[str, dict[str, Array]]:
    """Coverage of each programme under each option and its one-year-later twin, dims (year,) [share]."""
    horizon = years(scenario)
    paths = {}
    for key, option in scenario.options.items():
        now = {name: coverage_path(lever, horizon) for name, lever in option.programmes.items()}
        paths[key] = now
        if key != scenario.comparator:
            paths[key + DELAYED] = {name: programmes.delay_start(path, years=1) for name, path in now.items()}
    return paths


def simulate(draws: xr.Dataset, scenario: Scenario, *, country: str, evidence: Evidence, seed: int | None = None) -> Flows:
    """Victims and costs of one country under every option of a scenario (MODEL.md eq. 20-32).

    Args:
        draws: Posterior draws, dims (chain, draw, ...); from `fit_all` or from elsewhere.
        scenario: Options, horizon, currency and price year.
        country: ISO3 code.
        evidence: Country facts, programmes, prices.
        seed: Seed of what is drawn here, keyed by name; the scenario's if not given.

    Returns:
        Flows of the country; every option shares the draws, so that differences are paired.

    Raises:
        ScenarioError: If a programme has no checked cost for the country.
        EvidenceError: If the country lacks a fact that is needed (GDP, life table, prices).
    """
    chosen = scenario.seed if seed is None else seed
    horizon = years(scenario)
    base = _baseline(country, draws=draws, evidence=evidence, horizon=horizon)
    facts = evidence.countries.loc[country]
    value_index = growth_path(
        float(facts["growth_gdp_per_capita"]),
        long_run=harmonise.constant(evidence, "growth_long_run"),
        fade_years=harmonise.constant(evidence, "growth_fade_years"),
        n_years=horizon.size + lifetime.N_YEARS,
    )
    money = output_per_head(country, scenario=scenario, evidence=evidence) * value_index[: horizon.size]
    names = sorted({name for option in scenario.options.values() for name in option.programmes})
    known = programme_inputs(names, country=country, draws=draws, evidence=evidence, currency=scenario.currency, price_year=scenario.price_year, seed=chosen)
    population = float(facts["population_2024"])
    timing, cap = _timing(country, draws=draws, evidence=evidence), harmonise.constant(evidence, "reduction_cap")
    found: dict[str, dict[str, Array]] = {}
    for key, coverage in coverage_by_option(scenario).items():
        bundle = [known[name] for name in coverage]
        flows = _option_flows(bundle, coverage, base, draws, money, cap)
        each, resource, outlay = _spend(bundle, coverage, base=base, registered=flows["registered"], draws=draws, value_index=value_index)
        averted = _violence_averted(bundle, coverage, country=country, draws=draws, evidence=evidence, gdp=money * population)
        found[key] = {**flows, "spend": resource, "outlay": outlay, "violence_averted": averted, "programmes": each}
        if not key.endswith(DELAYED):
            found[key]["annual_cost"] = annual_stock_cost(flows["cost"], timing, value_index)
    collected = {name: {key: flows[name] for key, flows in found.items() if name in flows} for name in next(iter(found.values()))}
    return Flows(
        country=country,
        new_victims=collected["new_victims"],
        registered=collected["registered"],
        stock=collected["stock"],
        cost=collected["cost"],
        annual_cost=collected["annual_cost"],
        spend=collected["spend"],
        outlay=collected["outlay"],
        programme_spend=collected["programmes"],
        violence_averted=collected["violence_averted"],
        timing=timing,
        violence_timing=lifetime.uniform_profile(_flat(draws, "years_violence_harm")),
        value_index=value_index,
        gdp=float(money[0] * population),
    )
