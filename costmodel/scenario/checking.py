"""Hold a scenario against the evidence: what it names must be there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from costmodel.errors import EvidenceError, ScenarioError, suggestion
from costmodel.evidence import Evidence, check_country, members, read_evidence
from costmodel.evidence.ledger import ledgers
from costmodel.evidence.prices import currency_area, deflate, exchange_rate, gdp_per_capita, price_index
from costmodel.evidence.priors import default_priors, merge_priors, prior_problems, with_priors
from costmodel.scenario.baseline_checks import baseline_problems
from costmodel.scenario.format import Scenario
from costmodel.scenario.programme_checks import programme_problems

NO_OUTPUT = "the evidence holds no GDP, so that nothing can be valued there; take the country out"


def scenario_evidence(scenario: Scenario) -> Evidence:
    """Read the evidence of the package with the tables and priors of one's own that a scenario names.

    Args:
        scenario: The scenario; `evidence` names tables relative to its file, `priors` changes rows of priors.csv.

    Returns:
        The evidence it will be run on.

    Raises:
        EvidenceError: If a table is missing, a row does not say what it must, or an anchor cannot be brought to
            the quantity of its model, or two tables have one name.
        ScenarioError: If a table is missing, or a prior is unknown or cannot be meant.
    """
    for name, file in zip(scenario.evidence, scenario.evidence_files, strict=True):
        if not file.exists():
            raise ScenarioError(
                f"{scenario.file}: evidence: {name}: no such file as {file}; names are relative to the scenario file"
            )
    evidence = read_evidence(scenario.evidence_files)
    evidence = change_priors(evidence, scenario.prior_changes, where=scenario.file)
    if evidence.own:
        ledgers(evidence)  # a missing price or rate is told now, not after minutes of fitting
    return evidence


def change_priors(evidence: Evidence, changes: Mapping[str, Mapping[str, Any]], *, where: str) -> Evidence:
    """Put priors of one's own in the place of the package's.

    Args:
        evidence: The evidence.
        changes: What changes by name; see `merge_priors`.
        where: The file that says so, for messages.

    Returns:
        The evidence with changed priors, which everything that draws from a prior reads.

    Raises:
        ScenarioError: If a prior is unknown or cannot be meant; every problem, one a line.
    """
    priors = default_priors(evidence)
    problems = [*prior_problems(priors, changes)]
    if problems:
        raise ScenarioError("\n".join(f"{where}: {problem}" for problem in problems))
    return with_priors(evidence, merge_priors(priors, changes))


def check_scenario(scenario: Scenario, evidence: Evidence) -> None:
    """Check that the evidence holds what a scenario names.

    Args:
        scenario: The scenario, valid in itself.
        evidence: The evidence it will be run on.

    Raises:
        ScenarioError: If a country, currency, price year, discount preset, prior or programme is not in the
            evidence; if a country is counted twice; if a programme has no checked cost for the income group
            of a country, or is covered beyond what it can reach; if a programme of one's own has the id of
            one of the evidence, an unknown payer or group, or a unit cost that cannot be brought to the prices
            of the results; if current provision is of no programme, or leaves less than an option covers; if a path
            of children is of several countries. It lists every problem, one a line.
    """
    problems = [*_country_problems(scenario, evidence)]
    places = [] if problems else [place for code in scenario.countries for place in members(code, evidence)]
    prices = [*_price_problems(scenario, evidence)]
    for place in places if not prices else []:
        problem = value_problem(place, price_year=scenario.price_year, evidence=evidence)
        prices += [f"countries: {problem}"] if problem else []
    problems += [
        *prices,
        *_discount_problems(scenario, evidence),
        *prior_problems(default_priors(evidence), scenario.prior_changes),
        *programme_problems(scenario, evidence, [] if prices else places),
        *baseline_problems(scenario, evidence, [] if prices else places),
    ]
    if problems:
        raise ScenarioError("\n".join(f"{scenario.file}: {problem}" for problem in problems))


def _country_problems(scenario: Scenario, evidence: Evidence) -> Iterator[str]:
    """Name the countries that the evidence does not hold, or that are counted twice."""
    counted: dict[str, str] = {}
    for place, code in enumerate(scenario.countries):
        try:
            check_country(code, evidence)
        except EvidenceError as error:
            yield f"countries[{place}]: {error}"
            continue
        for member in members(code, evidence):
            if math.isnan(evidence.countries.at[member, "gdp_per_capita_usd"]):
                yield f"countries[{place}]: {member}: {NO_OUTPUT}"
                break
            if member in counted:
                both = f"{code} and {counted[member]} both hold {member}"
                yield f"countries[{place}]: {both}, which would count twice; keep one"
                break
            counted[member] = code


def _price_problems(scenario: Scenario, evidence: Evidence) -> Iterator[str]:
    """Name the currency or the price year if the evidence has no rates and prices for it."""
    try:
        area = currency_area(scenario.currency, countries=evidence.countries)
    except EvidenceError as error:
        yield f"currency: {error}"
        return
    try:
        exchange_rate(area, year=scenario.price_year, prices=evidence.prices)
        price_index(area, year=scenario.price_year, prices=evidence.prices)
    except EvidenceError as error:
        yield f"price_year: {error}"


def value_problem(country: str, *, price_year: int, evidence: Evidence) -> str:
    """Say what keeps a country from being valued in prices of a year, or nothing.

    Args:
        country: ISO3 code of a country with a GDP.
        price_year: Price year of the results.
        evidence: Prices, rates and life tables.

    Returns:
        One sentence, empty if costs of the country can be computed.
    """
    latest = int(evidence.countries.at[country, "gdp_year"])
    if country not in evidence.lifetables.index.get_level_values("iso3"):
        return f"{country} has no life table to time lost output with; take it out"
    if latest == price_year:  # nothing to deflate or convert: GDP is held in dollars
        return ""
    try:
        own = gdp_per_capita(country, year=latest, prices=evidence.prices)
        deflate(own, area=country, from_year=latest, to_year=price_year, prices=evidence.prices)
        exchange_rate(country, year=price_year, prices=evidence.prices)
    except EvidenceError as error:
        return f"{country} cannot be valued in prices of {price_year}: {error}"
    return ""


def _discount_problems(scenario: Scenario, evidence: Evidence) -> Iterator[str]:
    """Name the discount presets that do not exist."""
    known = list(dict.fromkeys(evidence.discounting.reset_index()["preset"]))
    for place, preset in enumerate(scenario.discount):
        if preset not in known:
            hint = suggestion(preset, known) or f"; the presets are {', '.join(known)}"
            yield f"discount[{place}]: unknown preset {preset!r}{hint}"
