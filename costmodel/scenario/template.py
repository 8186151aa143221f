"""The scenario file that an analyst begins with, for any country of the evidence."""

from __future__ import annotations

from pathlib import Path

from costmodel.errors import EvidenceError, OutputError
from costmodel.evidence import Evidence, check_country, members
from costmodel.evidence.prices import currency_area, exchange_rate, price_index
from costmodel.scenario.checking import NO_OUTPUT, value_problem

BUNDLES = {
    "protect": ("guardianship", "border_monitoring"),
    "care": ("child_house", "outreach_housing"),
    "prevent": ("family_strengthening", "parenting", "school_violence_prevention"),
    "disrupt": ("specialised_enforcement", "online_regulation", "deterrence_messages"),
}
"""Options of a new scenario: four ways to act, whose programmes have a cost in every income group."""

START, END, FULL_COVERAGE = 2026, 2045, 2031
"""Horizon of a new scenario, and the year in which its options reach their coverage."""

SHARED_CURRENCY, PRICE_YEAR = "EUR", 2024
"""Currency of a region that has several, and the latest year for which nearly all countries have prices."""

_TEXT = """\
# Begun with: costmodel new {code}
# The keys are explained in scenarios/README.md. Coverages are half of what each programme can reach, built up
# over five years: a place to begin, nobody's proposal. Change them, check the file, run it. Other programmes:
# costmodel programmes --country {code}; one of your own: [programmes.ID].

schema = 1
title = "Preventing child trafficking: {name}"

countries = ["{code}"]
start = {start}
end = {end}

currency = "{currency}"  # of the results
price_year = {price_year}
discount = ["eu_3", "high_7", "zero"]  # all are computed; the first is the headline
comparator = "no_further_action"
seed = 1

[options.no_further_action]
title = "No further action"
"""


def template(code: str, evidence: Evidence) -> str:
    """Write the scenario file to begin with.

    Args:
        code: ISO 3166 alpha-3 code of a country, or the code of a region.
        evidence: Country facts, prices, and the programmes with a checked cost there.

    Returns:
        The text of a scenario file; it passes `check_scenario`.

    Raises:
        EvidenceError: If the evidence holds no such country, or not what is needed to value costs there.
    """
    check_country(code, evidence)
    places = list(members(code, evidence))
    facts = evidence.countries.loc[places]
    groups = list(dict.fromkeys(facts["income_group"]))
    if facts["gdp_per_capita_usd"].isna().any():
        raise EvidenceError(f"{code}: {NO_OUTPUT}")
    for place in places:
        if problem := value_problem(place, price_year=PRICE_YEAR, evidence=evidence):
            raise EvidenceError(f"{code}: {problem}")
    currency = _choose_currency(facts["currency"].unique().tolist(), evidence)
    region = evidence.regions.loc[evidence.regions["region"] == code, "name"]
    name = facts["name"].iloc[0] if region.empty else region.iloc[0]
    head = _TEXT.format(code=code, name=name, start=START, end=END, currency=currency, price_year=PRICE_YEAR)
    return head + "".join(_write_bundle(key, groups, evidence) for key in BUNDLES)


def write_new(path: Path, text: str) -> None:
    """Write a new file; never over one that is there.

    Args:
        path: The file.
        text: What it will hold.

    Raises:
        OutputError: If there is such a file, or no folder to put it in.
    """
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(
            f"{path}: is there already and was left alone; give another name to --out"
        ) from None
    except (FileNotFoundError, NotADirectoryError):
        raise OutputError(f"{path}: there is no folder {path.parent}; make it first") from None


def _choose_currency(currencies: list[str], evidence: Evidence) -> str:
    """Choose the currency of the place, if it has one and the evidence has its rate and prices."""
    if len(currencies) > 1:
        return SHARED_CURRENCY
    try:
        area = currency_area(currencies[0], countries=evidence.countries)
        exchange_rate(area, year=PRICE_YEAR, prices=evidence.prices)
        price_index(area, year=PRICE_YEAR, prices=evidence.prices)
    except EvidenceError:
        return "USD"  # the currency in which such countries are costed by others
    return currencies[0]


def _write_bundle(key: str, groups: list[str], evidence: Evidence) -> str:
    """Write one option with those of its programmes that have a checked cost in all of these groups."""
    programmes = evidence.programmes.reset_index().set_index(["id", "income_group"])
    tables = [f'\n[options.{key}]\ntitle = "{key.capitalize()}"\n']
    for programme in BUNDLES[key]:
        cells = [(programme, group) for group in groups]
        if all(cell in programmes.index for cell in cells):
            half = min(programmes.loc[cell, "coverage_max"] for cell in cells) / 2
            coverage = f"{{{START} = {half / 5:.2g}, {FULL_COVERAGE} = {half:.2g}}}"
            tables.append(f"[options.{key}.programmes.{programme}]\ncoverage = {coverage}\n")
    return "".join(tables)
