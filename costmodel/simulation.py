"""Victims and costs of one country under each option, draw by draw (MODEL.md section 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel import bundles, lifetime, offsets, unit_costs
from costmodel.baseline import DETECTED_MAX, Baseline, national_baseline
from costmodel.courses import Paths, courses, deliveries
from costmodel.delivery import usual_growth_max
from costmodel.draws import check_estimand, flat
from costmodel.evidence import Evidence, harmonise
from costmodel.evidence.harmonise import COMPONENTS, FORMS
from costmodel.overlap import Combination
from costmodel.own_programmes import with_own_programmes
from costmodel.programme_inputs import Programme, programme_inputs
from costmodel.readings import EVIDENCE, read_programmes
from costmodel.scenario import Scenario

Array = NDArray[np.float64]

#: What is counted in persons; the stock is that of a steady state, new victims times duration.
PERSONS = ("new_victims", "registered", "stock")


@dataclass(frozen=True)
class Flows:
    """Flows of one country; arrays over (draw, year) unless said otherwise.

    By key of an option; of its twins that start later (`later`), and of the option under another reading of the
    effects (`readings.under`), which groups and annual cost leave out.

    Attributes:
        country: ISO3 code.
        new_victims: New child victims [persons/year].
        registered: New child victims registered [persons/year].
        stock: Children in exploitation at a time [persons].
        groups: New victims and stock of the comparator's first year, dims (draw, form, age, sex) [persons/year,
            persons].
        cost: Lifetime cost of the year's new victims at the values of that year, dims (draw, year,
            component) [currency of the price year].
        annual_cost: Cost that falls in the year on past and current victims, dims (draw, year, component)
            [currency of the price year/year].
        spend: Resource cost of the option's programmes [currency of the price year/year].
        outlay: Public outlay of the option's programmes, transfers included [currency/year].
        offset: What the option's programmes save on what they replace, of options that save anything [currency/year].
        public_offset: The part of it on public budgets, by payer.
        programme_spend: Gross cost of each programme of each option [currency/year].
        coverage_end: Coverage of each programme of each option in the last year, the mean where money is given
            [share].
        reached_end: Children whom each programme of each option reaches in the last year, mean over draws [persons].
        violence_averted: Burden of other violence averted by the year's reach, at its values [currency].
        timing: Profile of each component over the years after exit, dims (draw or 1, year since exit).
        violence_timing: The same for other violence.
        value_index: Real GDP per capita, 1 in the first year, dims (year,), to the end of the last harm.
        gdp: GDP in the first year [currency of the price year/year].
        children: Children in the first year [persons].
        value_of_qaly: What `cost` and `violence_averted` value a QALY at, dims (draw,) [GDP per capita].
        deliveries: How programmes that are given money, or have a fixed cost, are delivered (`courses.deliveries`), by
            option, programme and quantity, dims (1 or draw, year).
    """

    country: str
    new_victims: Paths
    registered: Paths
    stock: Paths
    groups: Paths
    cost: Paths
    annual_cost: Paths
    spend: Paths
    outlay: Paths
    programme_spend: Mapping[str, Paths]
    coverage_end: Mapping[str, Mapping[str, float]]
    reached_end: Mapping[str, Mapping[str, float]]
    violence_averted: Paths
    timing: Paths
    violence_timing: Array
    value_index: Array
    gdp: float
    children: float
    value_of_qaly: Array
    offset: Paths = field(default_factory=dict)
    public_offset: Mapping[str, Paths] = field(default_factory=dict)
    deliveries: Mapping[str, Mapping[str, Paths]] = field(default_factory=dict)


def annual_stock_cost(cost: Array, weights: Paths, value_index: Array, *, before: Array) -> Array:
    """Cost that falls in each year on past and current victims (MODEL.md eq. 28).

    Args:
        cost: Lifetime cost of each year's victims at that year's values, dims (draw, year, component)
            [currency].
        weights: Profile over the years after exit by component, dims (draw or 1, year since exit).
        value_index: Value of one unit in each year, dims (year,).
        before: The same cost for every year before the first, dims (draw, component) [currency]: of the
            comparator, since no option changes the past.

    Returns:
        Cost by year in which it falls, dims (draw, year, component) [currency/year].
    """
    n_years = cost.shape[1]
    quantity = cost / value_index[None, :n_years, None]
    falling = np.empty_like(cost)
    for k, component in enumerate(COMPONENTS):
        profile = weights[component] / weights[component].sum(axis=-1, keepdims=True)
        profile = np.pad(profile, ((0, 0), (0, max(0, n_years - profile.shape[1]))))
        units, spread = np.ascontiguousarray(quantity[:, :, k]), np.zeros(cost.shape[:2])
        for lag in range(n_years):
            spread[:, lag:] += units[:, : n_years - lag] * profile[:, lag, None]
        earlier = (1 - np.cumsum(profile, axis=1)[:, :n_years]) * before[:, k, None] / value_index[0]
        falling[:, :, k] = (spread + earlier) * value_index[None, :n_years]
    return falling


def _groups(base: Baseline, *, new_victims: Array, stock: Array) -> dict[str, Array]:
    """Victims of each form, dims (draw, form), by age band and sex, dims (draw, form, age, sex) (MODEL.md eq. 15g).

    Within a form, sex goes with neither age nor duration: nothing is known of it.
    """
    sexes = np.stack([base.girl_share, 1 - base.girl_share], axis=-1)[:, :, None, :]
    in_band = base.years_by_age / base.years_by_age.sum(axis=2, keepdims=True)
    return {
        "new_victims": (new_victims[:, :, None] * base.entry_share)[..., None] * sexes,
        "stock": (stock[:, :, None] * in_band)[..., None] * sexes,
    }


def _victims(
    bundle: Sequence[Programme], coverage: Paths, base: Baseline, draws: xr.Dataset, rules: Combination
) -> dict[str, Array]:
    """New victims, registered and stock of one option, dims (draw, form, year); cost, (draw, year, component)."""
    n_draws, n_years = base.incidence.size, base.children.size
    acting = {p.id: bundles.acting_coverage(p, coverage[p.id]) * p.adaptation(coverage[p.id]) for p in bundle}
    gain = bundles.detection_gain(bundle, acting, n_draws, n_years)
    flow = base.incidence[:, None] * (base.children * base.incidence_index)[None, :]
    persons = {name: np.zeros((n_draws, len(FORMS), n_years)) for name in PERSONS}
    cost = np.zeros((n_draws, n_years, len(COMPONENTS)))
    duration_share = flat(draws, "duration_cost_share")[:, None]
    for f, form in enumerate(FORMS):
        left = bundles.remaining(form, bundle, acting, base, draws, rules)
        stay, harm, again = (
            bundles.cared_for(kind, form, bundle, acting, draws, rules) for kind in bundles.CARE
        )
        victims = flow * base.form_share[form][:, None] * left
        known = base.form_detection[form][:, None]
        seen = np.minimum(known * gain, DETECTED_MAX)
        duration = base.years_by_age[:, f].sum(axis=1)[:, None]
        persons["new_victims"][:, f] = victims
        persons["registered"][:, f] = victims * seen
        persons["stock"][:, f] = victims * duration * (1 - seen * (1 - stay))
        cared = bundles.cared_cost(stay, harm, again, duration_share, base)
        money = victims * base.multi_form_uplift(f)[:, None] * base.output_per_head[None, :]
        share = np.broadcast_arrays(known * cared, (seen - known) * cared, 1 - seen)
        paid = np.stack([money * one for one in share], axis=-1)  # by status: registered, found, undetected
        per_victim = np.stack([base.registered_cost, base.found_cost, base.undetected_cost], axis=1)[:, :, f]
        cost += np.matmul(paid, per_victim)
    return {**persons, "cost": cost}


def _programmes(
    scenario: Scenario, *, country: str, draws: xr.Dataset, evidence: Evidence, seed: int | None
) -> dict[str, dict[str, Programme]]:
    """Every programme that any option names, ready for the country, by reading and id."""
    used = scenario.seed if seed is None else seed
    known = programme_inputs(
        sorted({name for option in scenario.options.values() for name in option.programmes}),
        country=country,
        draws=draws,
        evidence=evidence,
        currency=scenario.currency,
        price_year=scenario.price_year,
        seed=used,
        provision=scenario.provision,
    )
    return read_programmes(known, evidence=evidence, seed=used)


def _reached_end(
    bundle: Sequence[Programme], coverage: Paths, base: Baseline, found: Mapping[str, Array]
) -> dict[str, float]:
    """Children whom each programme of an option reaches in the last year, mean over draws [persons]."""
    registered = found["registered"].sum(axis=1)
    return {
        p.id: float(np.mean((coverage[p.id] * bundles.target_children(p, base, registered))[..., -1]))
        for p in bundle
    }


def combination(scenario: Scenario, evidence: Evidence) -> Combination:
    """How programmes combine: the overlap that the scenario states, and its cap or the constant (MODEL.md eq. 23d)."""
    cap = scenario.reduction_cap
    return Combination(
        mode=scenario.overlap, cap=harmonise.constant(evidence, "reduction_cap") if cap is None else cap
    )


def simulate(
    draws: xr.Dataset,
    scenario: Scenario,
    *,
    country: str,
    evidence: Evidence,
    seed: int | None = None,
    twins: bool = True,
) -> Flows:
    """Victims and costs of one country under every option of a scenario (MODEL.md eq. 20-32).

    Args:
        draws: Posterior draws, dims (chain, draw, ...); from `fit_all` or from elsewhere.
        scenario: Options, horizon, currency and price year.
        country: ISO3 code.
        evidence: Country facts, programmes, prices.
        seed: Seed of what is drawn here, keyed by name; the scenario's if not given.
        twins: Simulate also later starts and other readings of the effects, which are most of the work.

    Returns:
        Flows of the country; every option shares the draws, so that differences are paired.

    Raises:
        ScenarioError: If a programme has no checked cost for the country.
        EvidenceError: If the country lacks a fact that is needed (GDP, life table, prices).
        ModelError: If the draws are of another estimand than A.
    """
    check_estimand(draws)
    draws, evidence = with_own_programmes(draws, evidence, scenario, seed=seed)
    base = national_baseline(country, draws=draws, scenario=scenario, evidence=evidence, seed=seed)
    seen = _programmes(scenario, country=country, draws=draws, evidence=evidence, seed=seed)
    rules = combination(scenario, evidence)
    value = unit_costs.country_value_of_qaly(draws, country=country, evidence=evidence)
    violence = np.exp(flat(draws, "log_daly_share", country=country)) * value
    growth_max = usual_growth_max(evidence)
    paths, chosen = courses(scenario, seen, base=base, draws=draws, growth_max=growth_max)
    if not twins:
        paths, chosen = (
            {key: paths[key] for key in scenario.options},
            {key: chosen[key] for key in scenario.options},
        )
    found = {key: _victims(chosen[key], paths[key], base, draws, rules) for key in paths}
    spent = {
        key: bundles.spend(chosen[key], paths[key], base, draws, found[key]["registered"].sum(axis=1))
        for key in paths
    }
    saved = offsets.offset_inputs(
        seen[EVIDENCE],
        country=country,
        evidence=evidence,
        currency=scenario.currency,
        price_year=scenario.price_year,
        seed=scenario.seed if seed is None else seed,
    )
    savings = offsets.of_courses(chosen, paths, base, saved)
    inaction, each = found[scenario.comparator], {key: one for key, (one, _, _) in spent.items()}
    return Flows(
        country=country,
        **{name: {key: flows[name].sum(axis=1) for key, flows in found.items()} for name in PERSONS},
        groups=_groups(base, **{name: inaction[name][:, :, 0] for name in ("new_victims", "stock")}),
        cost={key: flows["cost"] for key, flows in found.items()},
        annual_cost={
            key: annual_stock_cost(
                found[key]["cost"], base.timing, base.value_index, before=inaction["cost"][:, 0]
            )
            for key in scenario.options
        },
        spend={key: resource for key, (_, resource, _) in spent.items()},
        outlay={key: outlay for key, (_, _, outlay) in spent.items()},
        offset={key: whole for key, (whole, _) in savings.items()},
        public_offset={key: by_payer for key, (_, by_payer) in savings.items()},
        programme_spend=each,
        coverage_end={
            key: {name: float(np.mean(path[..., -1])) for name, path in coverage.items()}
            for key, coverage in paths.items()
        },
        reached_end={
            key: _reached_end(chosen[key], paths[key], base, found[key]) for key in scenario.options
        },
        violence_averted={
            key: bundles.violence_averted(chosen[key], paths[key], base, draws, violence, rules)
            for key in paths
        },
        timing=base.timing,
        violence_timing=lifetime.uniform_profile(flat(draws, "years_violence_harm")),
        value_index=base.value_index,
        gdp=float(base.gdp[0]),
        children=float(base.children[0]),
        value_of_qaly=value,
        deliveries=deliveries(scenario, paths, each, base=base, growth_max=growth_max),
    )
