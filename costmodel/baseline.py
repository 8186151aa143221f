"""What every option of one country shares: risk, detection, children, unit costs and incomes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from costmodel import ages, lifetime, unit_costs
from costmodel.draws import flat
from costmodel.errors import EvidenceError
from costmodel.evidence import Evidence, harmonise
from costmodel.evidence import prices as price_table
from costmodel.evidence.elicited import draw
from costmodel.evidence.harmonise import FORMS
from costmodel.scenario import Scenario, years

Array = NDArray[np.float64]

#: Nobody can be registered more than once a year as a new victim.
DETECTED_MAX = 1.0
#: Years between which the country table projects the number of children.
PROJECTED = (2024, 2030)
#: Prior of `priors.csv` that only the simulation reads: a change of it fits nothing anew.
REVICTIMISED = "revictimisation_cost_share"


@dataclass(frozen=True)
class Baseline:
    """What does not depend on the option; arrays over (draw,) of one country unless said otherwise.

    Attributes:
        incidence: New child victims per child and year without any programme [1/year].
        form_share: Share of each form among new victims, by form [share].
        form_detection: Share of new victims registered, by form [share].
        entry_share: Share of each age band among new victims of a form, dims (draw, form, age).
        years_by_age: Time that a new victim spends in exploitation in each age band, dims (draw, form, age)
            [years]; together, its duration before the 18th birthday.
        girl_share: Girls among victims of a form, dims (draw, form).
        children: Children 0-17, dims (year,) [persons].
        registered_cost: Lifetime cost of a registered victim, dims (draw, form, component) [GDP per capita].
        found_cost: The same for a victim whom only a programme of detection brings to light.
        undetected_cost: The same for a victim whom nobody registered.
        multi_form: Share of victims exploited in several forms [share].
        value_index: Real GDP per capita, 1 in the first year, dims (year,), to the end of the last harm.
        growth_to_start: Real GDP per capita of the first year over that of the latest facts [1].
        output_per_head: GDP per capita, dims (year of the horizon,) [currency/person/year].
        gdp: GDP of a population that stays as it is, dims (year of the horizon,) [currency/year].
        timing: Profile of each component over the years after exit, dims (draw or 1, year since exit).
        incidence_index: New victims per child against the first year without further action, dims (year,) [1].
        online_odds: Odds that a case is online against the first year, dims (year,), None where they stay [1].
        revictimised: Share of a registered victim's lifetime cost that arises from being exploited again [share].
    """

    incidence: Array
    form_share: Mapping[str, Array]
    form_detection: Mapping[str, Array]
    entry_share: Array
    years_by_age: Array
    girl_share: Array
    children: Array
    registered_cost: Array
    found_cost: Array
    undetected_cost: Array
    multi_form: Array
    value_index: Array
    growth_to_start: float
    output_per_head: Array
    gdp: Array
    timing: Mapping[str, Array]
    incidence_index: Array
    online_odds: Array | None
    revictimised: Array

    def multi_form_uplift(self, form: int) -> Array:
        """Cost of a victim counted once but exploited in several forms: the costliest (MODEL.md eq. 31)."""
        total = self.registered_cost.sum(axis=2)
        uplift: Array = 1 - self.multi_form + self.multi_form * total.max(axis=1) / total[:, form]
        return uplift


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


def stated_growth(
    growth: float | Mapping[int, float],
    *,
    horizon: NDArray[np.int64],
    long_run: float,
    fade_years: float,
    n_years: int,
) -> Array:
    """Real GDP per capita relative to the first year, growth as the author states it (MODEL.md eq. 26a).

    Args:
        growth: Real growth to each year from the one before, one rate or rates at given years, straight lines
            between them, flat outside [1/year].
        horizon: Years of the horizon, dims (year,).
        long_run: Growth to which the last rate fades after the horizon [1/year].
        fade_years: Years of that linear fade [years].
        n_years: Years wanted, from the first of the horizon on.

    Returns:
        Index, dims (year,), 1 in the first year.

    Example:
        >>> terms = {"horizon": np.array([2026, 2027, 2028]), "long_run": 0.0, "fade_years": 2}
        >>> stated_growth(0.1, **terms, n_years=5).round(5).tolist()
        [1.0, 1.1, 1.21, 1.2705, 1.2705]
    """
    given = growth if isinstance(growth, Mapping) else {int(horizon[0]): growth}
    inside = np.interp(horizon[1:], list(given), list(given.values()))
    last = float(np.interp(horizon[-1], list(given), list(given.values())))
    weight = np.clip(np.arange(1, n_years - horizon.size + 1) / fade_years, 0.0, 1.0)
    rates = np.concatenate([inside, last + (long_run - last) * weight])
    return np.concatenate([[1.0], np.cumprod(1 + rates)])


def children_path(
    country: str,
    *,
    evidence: Evidence,
    horizon: NDArray[np.int64],
    stated: Mapping[int, float] | None = None,
) -> Array:
    """Children 0-17 in each year: projected to 2030 and constant after, or as stated (MODEL.md eq. 26b).

    Args:
        country: ISO3 code.
        evidence: Children of the country today and as projected.
        horizon: Years wanted, dims (year,).
        stated: Children at years that the author gives, in place of the projection from the first of them on; straight
            lines between, and from the projection before [persons].

    Returns:
        Children, dims (year,) [persons].
    """
    facts, given = evidence.countries.loc[country], stated or {}
    known = {
        year: float(facts[f"children_{year}"]) for year in PROJECTED if year < min(given, default=year + 1)
    }
    points = {**known, **given}
    path: Array = np.interp(horizon, list(points), list(points.values()))
    return path


def trend_index(trend: float, *, n_years: int) -> Array:
    """What changes by the same rate each year, against the first, dims (year,) (MODEL.md eq. 24a, 26c) [1].

    Example:
        >>> trend_index(-0.5, n_years=3).tolist()
        [1.0, 0.5, 0.25]
    """
    index: Array = np.power(1 + trend, np.arange(n_years, dtype=float))
    return index


def online_share(share: Array, *, odds: Array) -> Array:
    """Share of cases that are online when their odds move (MODEL.md eq. 24a).

    Args:
        share: Share in the first year, dims (draw,) [share].
        odds: Odds against the first year, dims (year,) [1].

    Returns:
        Share, dims (draw, year).

    Example:
        >>> online_share(np.array([0.5]), odds=np.array([1.0, 3.0])).tolist()
        [[0.5, 0.75]]
    """
    now = share[:, None] * odds
    return now / (1 - share[:, None] + now)


def output_per_head(country: str, *, scenario: Scenario, evidence: Evidence) -> float:
    """GDP per capita of the first year of the horizon (MODEL.md eq. 27).

    The latest year of the evidence, deflated in own currency to the price year, converted once at market
    rates, and carried to the first year by the country's own real growth.

    Returns:
        GDP per capita [currency of the price year/person/year].

    Raises:
        EvidenceError: If the country has no GDP.
    """
    facts, table, to_year = evidence.countries.loc[country], evidence.prices, scenario.price_year
    if not np.isfinite(facts["gdp_year"]):
        raise EvidenceError(
            f"countries.csv, row {country}: no GDP; its costs cannot be expressed, choose another country"
        )
    latest = int(facts["gdp_year"])
    target = price_table.currency_area(scenario.currency, countries=evidence.countries)
    carried = growth_to_start(country, scenario=scenario, evidence=evidence)
    if latest == to_year:  # nothing to deflate: GDP in dollars serves countries without a published rate
        return (
            float(price_table.money(1.0, area=country, to_area=target, year=latest, prices=table)) * carried
        )
    local = price_table.gdp_per_capita(country, year=latest, prices=table)
    local = price_table.deflate(local, area=country, from_year=latest, to_year=to_year, prices=table)
    value = price_table.convert(local, from_area=country, to_area=target, year=to_year, prices=table)
    return float(value) * carried


def own_growth(country: str, *, evidence: Evidence) -> float:
    """Real growth of GDP per capita with which a country starts, within elicited bounds [1/year]."""
    low, high = (harmonise.constant(evidence, f"growth_own_{end}") for end in ("min", "max"))
    return float(np.clip(evidence.countries.at[country, "growth_gdp_per_capita"], low, high))


def growth_to_start(country: str, *, scenario: Scenario, evidence: Evidence) -> float:
    """Real GDP per capita of the first year of the horizon over that of the latest facts [1]."""
    years_since = scenario.start - int(evidence.countries.at[country, "gdp_year"])
    return (1 + own_growth(country, evidence=evidence)) ** years_since


def cost_timing(country: str, *, draws: xr.Dataset, evidence: Evidence) -> dict[str, Array]:
    """Profile of each component over the years after exit, dims (draw or 1, year) (MODEL.md eq. 5-6)."""
    now = np.zeros((1, lifetime.N_YEARS))
    now[0, 0] = 1.0
    services = lifetime.uniform_profile(flat(draws, "years_services"))
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
        "quality": lifetime.uniform_profile(flat(draws, "years_quality")),
    }


def _forms(country: str, draws: xr.Dataset) -> tuple[dict[str, Array], dict[str, Array]]:
    """Share of each form among new victims, and its detection, from the registered (MODEL.md eq. 15)."""
    odds = {form: np.exp(flat(draws, "log_form_odds", country=country, form=form)) for form in FORMS}
    relative = {form: np.exp(flat(draws, f"log_detection_{form}")) for form in FORMS if form != FORMS[0]}
    relative[FORMS[0]] = np.ones_like(odds[FORMS[0]])
    true = {form: odds[form] / relative[form] for form in FORMS}
    total = np.sum(list(true.values()), axis=0)
    share = {form: true[form] / total for form in FORMS}
    mean_relative = np.sum([share[form] * relative[form] for form in FORMS], axis=0)
    level = np.exp(flat(draws, "log_detection", country=country)) / mean_relative
    return share, {form: np.minimum(level * relative[form], DETECTED_MAX) for form in FORMS}


def _ages(country: str, draws: xr.Dataset, evidence: Evidence) -> tuple[Array, Array]:
    """Age at entry, and years in each age band, of new victims by form, dims (draw, form, age)."""
    children = evidence.countries.loc[country, ages.CHILDREN].to_numpy(dtype=float)
    shares, years_spent = [], []
    for form in FORMS:
        rate = np.stack([flat(draws, ages.RATES[form, band]) for band in ages.BELOW_OLDEST], axis=1)
        share = ages.entry_share(rate, children=children)
        shares.append(share)
        years_spent.append(ages.years_by_age(share, mean_years=flat(draws, f"duration_{form}")))
    return np.stack(shares, axis=1), np.stack(years_spent, axis=1)


def income_path(country: str, scenario: Scenario, evidence: Evidence) -> Array:
    """Real GDP per capita of a country, which values follow: of the evidence, or as stated (MODEL.md eq. 26).

    Args:
        country: ISO3 code.
        scenario: Horizon, and growth where it states one.
        evidence: Growth of the country.

    Returns:
        Index, 1 in the first year, dims (year,), to the end of the last harm.
    """
    horizon, growth = years(scenario), scenario.baseline.growth
    long_run, fade = (harmonise.constant(evidence, f"growth_{name}") for name in ("long_run", "fade_years"))
    n_years = horizon.size + lifetime.N_YEARS
    if growth is not None:
        return stated_growth(growth, horizon=horizon, long_run=long_run, fade_years=fade, n_years=n_years)
    own = own_growth(country, evidence=evidence)
    return growth_path(own, long_run=long_run, fade_years=fade, n_years=n_years)


def national_baseline(
    country: str, *, draws: xr.Dataset, scenario: Scenario, evidence: Evidence, seed: int | None = None
) -> Baseline:
    """What every option of a country shares (MODEL.md eq. 15, 15b, 26-27, 29-31).

    Args:
        country: ISO3 code.
        draws: Posterior draws, dims (chain, draw, ...).
        scenario: Horizon, currency and price year; and the paths that its author states.
        evidence: Country facts.
        seed: Seed of what no fit holds; the scenario's if not given.

    Returns:
        Draws of the country with what is provided today, and no further action.

    Raises:
        EvidenceError: If the country lacks a fact that is needed (GDP, life table, prices).
    """
    horizon, facts = years(scenario), evidence.countries.loc[country]
    first = output_per_head(country, scenario=scenario, evidence=evidence)
    stated, value_index = scenario.baseline, income_path(country, scenario, evidence)
    money = first * value_index[: horizon.size]
    form_share, form_detection = _forms(country, draws)
    entry_share, years_by_age = _ages(country, draws, evidence)
    costs = {
        status: unit_costs.national_unit_cost(draws, country=country, evidence=evidence, status=status)
        for status in unit_costs.STATUSES
    }
    return Baseline(
        incidence=np.exp(flat(draws, "log_incidence", country=country)),
        form_share=form_share,
        form_detection=form_detection,
        entry_share=entry_share,
        years_by_age=years_by_age,
        girl_share=unit_costs.girl_share(draws, country=country),
        children=children_path(country, evidence=evidence, horizon=horizon, stated=stated.children),
        registered_cost=costs["registered"],
        found_cost=costs["found"],
        undetected_cost=costs["undetected"],
        multi_form=flat(draws, "multi_form_share"),
        value_index=value_index,
        growth_to_start=growth_to_start(country, scenario=scenario, evidence=evidence),
        output_per_head=money,
        gdp=money * float(facts["population_2024"]),
        timing=cost_timing(country, draws=draws, evidence=evidence),
        incidence_index=trend_index(stated.incidence_trend or 0.0, n_years=horizon.size),
        online_odds=None
        if stated.online_trend is None
        else trend_index(stated.online_trend, n_years=horizon.size),
        revictimised=draw(
            evidence.priors.loc[REVICTIMISED],
            REVICTIMISED,
            n_draws=draws.sizes["chain"] * draws.sizes["draw"],
            seed=scenario.seed if seed is None else seed,
        ),
    )
