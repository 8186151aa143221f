"""Sum the flows of countries into the draws that are reported: burden, cost of inaction, spend, who pays."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel import economics
from costmodel.courses import later
from costmodel.discounting import QUALITY, Factors, preset_factors, presets
from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.evidence.payers import ministry_of
from costmodel.scenario import Scenario, years
from costmodel.simulation import Flows

Array = NDArray[np.float64]
SOCIETAL, FISCAL = "societal", "fiscal"
TRAFFICKING, ALL_VIOLENCE = "trafficking", "all_violence"
#: Incidence is told per this many children.
PER = 100_000


@dataclass
class Appraisal:
    """Draws of the union of countries; dims (draw, ...), keys (option, preset) or option.

    Present values and new victims also by the twins of an option (`simulation.Flows`).

    Attributes:
        burden: Present value of lifetime costs, dims (draw, component) [currency of the price year].
        spend: Present value of the resource cost of the option's programmes, dims (draw,).
        outlay: Present value of its public outlay, transfers included, dims (draw,).
        violence: Present value of other violence averted, dims (draw,).
        offset: Present value of what the option's programmes save on what they replace, dims (draw,); of options that
            save anything, as are the next two.
        public_offset: The part of it on public budgets, dims (draw,).
        offset_by_year: That part by (option, payer), dims (draw, year).
        new_victims, registered, stock: Persons by year, dims (draw, year).
        incident_cost: Lifetime cost of each year's new victims, not discounted, at the values of that year,
            dims (draw, year).
        annual_cost: Cost falling in each year, dims (draw, year, component).
        outlay_by_year: Public outlay, dims (draw, year).
        ministry_outlay: Public outlay by (option, ministry that pays), dims (draw, year).
        ministry_value, ministry_offset: Present value of that outlay, and of what programmes save the ministry, by
            (option, ministry, preset), dims (draw,).
        gdp: GDP of a population that stays as it is, dims (year,) [currency of the price year/year].
        central_expense: Expense of central governments, dims (year,) [currency of the price year/year]; missing where
            that of a country is not known.
        net_by_year: Present value of each year's burden and spend, with a minus, by (option, scope), headline preset,
            dims (draw, year); what an option has more of it than the comparator is its net benefit.
        spend_by_programme: Present value by (option, programme, preset), dims (draw,).
        coverage_end: Coverage in the last year by (option, programme) [share].
        reached_end: Children reached in the last year by (option, programme), mean over draws [persons].
        countries: What is told of each country under the comparator, by country and quantity, dims (draw,).
        groups: New victims and stock of each country under the comparator in the first year, by country and
            quantity, dims (draw, form, age, sex) [persons/year, persons].
        national: By (country, option), headline preset, dims (draw,): new victims [persons], and present values of the
            burden, of its quality of life, of spend, offset, and other violence averted [currency of the price year].
        qaly_value: Value of a QALY of each country, dims (draw,) [GDP per capita].
        deliveries: How a programme that is given money, or has a fixed cost, is delivered, by option, programme and
            quantity of `courses.deliveries`, dims (1 or draw, year).
        fixed_spend: Present value of its fixed cost by (option, programme, preset), dims (1 or draw,).
        children: Children in the first year [persons].
        n_chains: Chains that the draws came from, in order.
    """

    n_chains: int
    burden: dict[tuple[str, str], Array] = field(default_factory=dict)
    spend: dict[tuple[str, str], Array] = field(default_factory=dict)
    outlay: dict[tuple[str, str], Array] = field(default_factory=dict)
    violence: dict[tuple[str, str], Array] = field(default_factory=dict)
    new_victims: dict[str, Array] = field(default_factory=dict)
    registered: dict[str, Array] = field(default_factory=dict)
    stock: dict[str, Array] = field(default_factory=dict)
    incident_cost: dict[str, Array] = field(default_factory=dict)
    annual_cost: dict[str, Array] = field(default_factory=dict)
    outlay_by_year: dict[str, Array] = field(default_factory=dict)
    ministry_outlay: dict[tuple[str, str], Array] = field(default_factory=dict)
    ministry_value: dict[tuple[str, str, str], Array] = field(default_factory=dict)
    ministry_offset: dict[tuple[str, str, str], Array] = field(default_factory=dict)
    gdp: Array | float = 0.0
    central_expense: Array | float = 0.0
    net_by_year: dict[tuple[str, str], Array] = field(default_factory=dict)
    spend_by_programme: dict[tuple[str, str, str], Array] = field(default_factory=dict)
    coverage_end: dict[tuple[str, str], float] = field(default_factory=dict)
    reached_end: dict[tuple[str, str], float] = field(default_factory=dict)
    countries: dict[tuple[str, str], Array] = field(default_factory=dict)
    groups: dict[tuple[str, str], Array] = field(default_factory=dict)
    national: dict[tuple[str, str], dict[str, Array]] = field(default_factory=dict)
    qaly_value: dict[str, Array] = field(default_factory=dict)
    deliveries: dict[tuple[str, str, str], Array] = field(default_factory=dict)
    fixed_spend: dict[tuple[str, str, str], Array] = field(default_factory=dict)
    children: float = 0.0
    offset: dict[tuple[str, str], Array] = field(default_factory=dict)
    public_offset: dict[tuple[str, str], Array] = field(default_factory=dict)
    offset_by_year: dict[tuple[str, str], Array] = field(default_factory=dict)


def _add[Key](store: dict[Key, Array], key: Key, value: Array) -> None:
    store[key] = store[key] + value if key in store else value


def add_flows(total: Appraisal, flows: Flows, *, scenario: Scenario, evidence: Evidence) -> None:
    """Add one country to the union: present values under every preset, and the comparator's national figures.

    Args:
        total: Sums so far; changed in place.
        flows: One country from `simulation.simulate`.
        scenario: Names the presets and the comparator.
        evidence: Discount presets and country facts.
    """
    n_years, paid = years(scenario).size, _paid_by_ministry(flows, evidence)
    for preset, rates in presets(scenario, evidence).items():
        factors = preset_factors(
            rates,
            timing=flows.timing,
            violence_timing=flows.violence_timing,
            value_index=flows.value_index,
            n_years=n_years,
        )
        _add_present_values(total, flows, preset, factors=factors, headline=preset == scenario.discount[0])
        _add_ministries(total, flows, preset, paid=paid, factors=factors.money)
        if preset == scenario.discount[0]:
            _add_country(total, flows, at_harm=factors.at_harm, scenario=scenario)
            _add_years(total, flows, factors=factors)
    _add_budgets(total, flows, paid=paid, evidence=evidence, n_years=n_years)
    for option, persons in flows.new_victims.items():
        _add(total.new_victims, option, persons)
    for option, programmes in flows.deliveries.items():
        for name, told in programmes.items():  # of one country: money of several at once is refused
            total.deliveries |= {(option, name, quantity): path for quantity, path in told.items()}
    for option in flows.annual_cost:
        for name, share in flows.coverage_end[option].items():
            total.coverage_end[option, name] = share  # shares are those of every country, spend is of one
        for name, children in flows.reached_end[option].items():
            total.reached_end[option, name] = total.reached_end.get((option, name), 0.0) + children
        _add(total.registered, option, flows.registered[option])
        _add(total.stock, option, flows.stock[option])
        _add(total.incident_cost, option, flows.cost[option].sum(axis=2))
        _add(total.annual_cost, option, flows.annual_cost[option])
        _add(total.outlay_by_year, option, flows.outlay[option])
        for payer, saved in flows.public_offset.get(option, {}).items():
            _add(total.offset_by_year, (option, payer), saved)


def _add_present_values(
    total: Appraisal, flows: Flows, preset: str, *, factors: Factors, headline: bool
) -> None:
    """Add the present values of one country under one preset, of every option and twin."""
    now = factors.money
    for option, cost in flows.cost.items():
        key = (option, preset)
        burden = economics.burden(cost, lifetime=factors.lifetime, factors=now)
        spend = economics.present_value(flows.spend[option], factors=now)
        violence = economics.present_value(flows.violence_averted[option] * factors.violence, factors=now)
        _add(total.burden, key, burden)
        _add(total.spend, key, spend)
        _add(total.outlay, key, economics.present_value(flows.outlay[option], factors=now))
        _add(total.violence, key, violence)
        if headline and option in flows.annual_cost:
            total.national[flows.country, option] = {
                "victims": flows.new_victims[option].sum(axis=1),
                "burden": burden.sum(axis=1),
                "quality": burden[:, COMPONENTS.index(QUALITY)],
                "spend": spend,
                "offset": np.zeros(spend.shape),
                "violence": violence,
            }
    for option, saved in flows.offset.items():
        public = sum(flows.public_offset[option].values(), np.zeros(saved.shape))
        value = economics.present_value(saved, factors=now)
        _add(total.offset, (option, preset), value)
        if headline and option in flows.annual_cost:
            total.national[flows.country, option]["offset"] = value
        _add(total.public_offset, (option, preset), economics.present_value(public, factors=now))
    for option in flows.annual_cost:
        for name, paid in flows.programme_spend[option].items():
            value = economics.present_value(paid, factors=now)
            _add(total.spend_by_programme, (option, name, preset), value)
    for option, programmes in flows.deliveries.items():
        for name, told in programmes.items():
            fixed = economics.present_value(told["fixed_cost"], factors=now)
            _add(total.fixed_spend, (option, name, preset), fixed)


def _add_years(total: Appraisal, flows: Flows, *, factors: Factors) -> None:
    """Add what each year is worth in burden and spend, and with other violence averted, of every option."""
    for option in flows.annual_cost:
        cost = economics.burden_by_year(flows.cost[option], lifetime=factors.lifetime, factors=factors.money)
        net = -(cost + (flows.spend[option] - flows.offset.get(option, 0.0)) * factors.money)
        _add(total.net_by_year, (option, TRAFFICKING), net)
        averted = flows.violence_averted[option] * factors.violence * factors.money
        _add(total.net_by_year, (option, ALL_VIOLENCE), net + averted)


def _paid_by_ministry(flows: Flows, evidence: Evidence) -> dict[tuple[str, str], Array]:
    """Public outlay of one country by (option, ministry that pays), dims (draw, year) [currency/year]."""
    paid: dict[tuple[str, str], Array] = {}
    for option in flows.annual_cost:
        for name, spend in flows.programme_spend[option].items():
            ministry, share = ministry_of(name, country=flows.country, evidence=evidence)
            if share:
                _add(paid, (option, ministry), spend * share)
    return paid


def _add_ministries(
    total: Appraisal, flows: Flows, preset: str, *, paid: Mapping[tuple[str, str], Array], factors: Array
) -> None:
    """Add what each ministry pays, and what programmes save it, under one preset, whose rates may be the country's."""
    for (option, ministry), outlay in paid.items():
        value = economics.present_value(outlay, factors=factors)
        _add(total.ministry_value, (option, ministry, preset), value)
    for option in flows.annual_cost:
        for payer, saved in flows.public_offset.get(option, {}).items():
            value = economics.present_value(saved, factors=factors)
            _add(total.ministry_offset, (option, payer, preset), value)


def _add_budgets(
    total: Appraisal,
    flows: Flows,
    *,
    paid: Mapping[tuple[str, str], Array],
    evidence: Evidence,
    n_years: int,
) -> None:
    """Add what each ministry pays for programmes by year, and the budgets that it is told beside."""
    for key, outlay in paid.items():
        _add(total.ministry_outlay, key, outlay)
    gdp = flows.gdp * flows.value_index[:n_years]
    share_of_gdp = evidence.public_finance["central_expense_share_gdp"]
    total.gdp = total.gdp + gdp
    total.central_expense = total.central_expense + gdp * float(share_of_gdp.get(flows.country, np.nan))


def _add_country(total: Appraisal, flows: Flows, *, at_harm: list[Array], scenario: Scenario) -> None:
    """Keep what is told of one country: the comparator's first year, and the value of a QALY."""
    total.qaly_value[flows.country] = flows.value_of_qaly
    option, name = scenario.comparator, flows.country
    new, seen = flows.new_victims[option][:, 0], flows.registered[option][:, 0]
    cost = sum(flows.cost[option][:, 0, k] * at_harm[k][:, 0] for k in range(len(COMPONENTS)))
    told: Mapping[str, Array] = {
        "new_victims": new,
        "registered": seen,
        "incidence_per_100k": new / flows.children * PER,
        "detection": seen / new,
        "stock": flows.stock[option][:, 0],
        "burden_share_of_gdp": np.asarray(cost) / flows.gdp,
    }
    for quantity, values in told.items():
        total.countries[name, quantity] = values
    for quantity, values in flows.groups.items():
        total.groups[name, quantity] = values
    total.children += flows.children


def appraise(flows: Iterable[Flows], *, scenario: Scenario, evidence: Evidence, n_chains: int) -> Appraisal:
    """Sum countries one by one, so that memory does not grow with their number.

    Args:
        flows: Countries, for example a generator over `simulation.simulate`.
        scenario: The question.
        evidence: Discount presets and country facts.
        n_chains: Chains that the draws came from.

    Returns:
        Draws of everything that is reported.
    """
    total = Appraisal(n_chains=n_chains)
    for country in flows:
        add_flows(total, country, scenario=scenario, evidence=evidence)
    return total


def payer_rows(evidence: Evidence) -> tuple[list[str], Array, Array]:
    """Payers, share of each component by payer, and share of each component on public budgets."""
    rows = list(evidence.payers.itertuples())
    payers, shares = economics.payer_matrix(
        COMPONENTS, [(row.component, row.payer, row.share) for row in rows]
    )
    public = economics.public_shares(
        COMPONENTS, [(row.component, row.share, int(row.public)) for row in rows]
    )
    return payers, shares, public


def benefit(
    total: Appraisal, *, option: str, preset: str, comparator: str, scope: str, public: Array | None
) -> Array:
    """Cost of inaction of an option, dims (draw,) (MODEL.md eq. 37).

    Args:
        total: Draws.
        option: The option not taken.
        preset: Discount preset.
        comparator: The option that stands for inaction.
        scope: "trafficking", or "all_violence" to add other violence averted (societal only).
        public: Share of each component on public budgets for the fiscal perspective, None for the societal
            one.

    Returns:
        Present value [currency of the price year].
    """
    weights = np.ones(len(COMPONENTS)) if public is None else public
    averted = (
        economics.cost_of_inaction(total.burden[comparator, preset], total.burden[option, preset]) @ weights
    )
    if scope == ALL_VIOLENCE:
        averted = averted + total.violence[option, preset] - total.violence[comparator, preset]
    return averted


def extra_spend(total: Appraisal, *, option: str, preset: str, comparator: str, fiscal: bool) -> Array:
    """Present value of what an option spends beyond the comparator, dims (draw,) [currency]."""
    store = total.outlay if fiscal else total.spend
    return store[option, preset] - store[comparator, preset]


def extra_offset(total: Appraisal, *, option: str, preset: str, comparator: str, fiscal: bool) -> Array:
    """Present value of what an option saves on what its programmes replace, beyond the comparator, dims (draw,)."""
    store, nothing = (
        total.public_offset if fiscal else total.offset,
        np.zeros_like(total.spend[option, preset]),
    )
    return store.get((option, preset), nothing) - store.get((comparator, preset), nothing)


def net_spend(total: Appraisal, *, option: str, preset: str, comparator: str, fiscal: bool) -> Array:
    """Spend of an option less what its programmes save on what they replace, dims (draw,) (MODEL.md eq. 32c).

    Args:
        total: Draws.
        option: The option.
        preset: Discount preset.
        comparator: The option that stands for inaction.
        fiscal: Public outlay and public savings in place of those of society.

    Returns:
        Present value, below zero where more is saved than spent [currency of the price year].
    """
    paid, saved = (
        part(total, option=option, preset=preset, comparator=comparator, fiscal=fiscal)
        for part in (extra_spend, extra_offset)
    )
    net: Array = paid - saved
    return net


def delay_cost(
    total: Appraisal,
    *,
    option: str,
    preset: str,
    comparator: str,
    scope: str,
    public: Array | None,
    years: int = 1,
) -> Array:
    """Net benefit lost by starting some years later, spending ending as before, (draw,) (MODEL.md eq. 33).

    Args:
        total: Draws.
        option: The option put off.
        preset: Discount preset.
        comparator: The option that stands for inaction.
        scope: trafficking or all_violence.
        public: Share of each component on public budgets for the fiscal perspective, None for the societal one.
        years: One of `simulation.DELAYS` [years].

    Returns:
        Draws; below zero where waiting pays [currency of the price year].
    """
    net = []
    for name in (option, later(option, years=years)):
        gain = benefit(total, option=name, preset=preset, comparator=comparator, scope=scope, public=public)
        paid = net_spend(total, option=name, preset=preset, comparator=comparator, fiscal=public is not None)
        net.append(economics.net_benefit(gain, spend=paid))
    return economics.cost_of_delay(net[0], net[1])


def labelled(values: Array, *, n_chains: int) -> xr.DataArray:
    """Draws of one quantity with their chains, dims (chain, draw)."""
    return xr.DataArray(np.asarray(values, dtype=float).reshape(n_chains, -1), dims=("chain", "draw"))
