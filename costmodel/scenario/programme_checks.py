"""Hold the programmes of a scenario against the evidence: those it names, and those it states itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence import Evidence
from costmodel.evidence.payers import public_payers
from costmodel.evidence.prices import currency_area, delivered_rate
from costmodel.scenario.format import Scenario
from costmodel.scenario.levers import Lever
from costmodel.scenario.own_programme import VICTIMS, OwnProgramme


def programme_problems(scenario: Scenario, evidence: Evidence, places: Sequence[str]) -> Iterator[str]:
    """Name what is wrong with the programmes of a scenario and with their levers.

    Args:
        scenario: The scenario, valid in itself.
        evidence: Programmes, effects, payers, prices and countries.
        places: ISO3 codes of its countries, none where these or the prices of the results are wrong themselves.

    Yields:
        One sentence a problem, with the path of its key.
    """
    for name, own in scenario.programmes.items():
        yield from own_problems(f"programmes.{name}", own, scenario, evidence, places)
    for key, option in scenario.options.items():
        for name, lever in option.programmes.items():
            yield from _lever_problems(f"options.{key}.programmes.{name}", lever, scenario, evidence, places)


def _lever_problems(
    path: str, lever: Lever, scenario: Scenario, evidence: Evidence, places: Sequence[str]
) -> Iterator[str]:
    """Say that a lever is of no programme, of one without a cost in a country, or beyond its reach."""
    programmes = evidence.programmes.reset_index()
    priced = {*programmes["id"], *evidence.effects.reset_index()["programme"]}
    known, name = sorted({*priced, *scenario.programmes}), path.rpartition(".")[2]
    if name not in known:
        hint = suggestion(name, known) or f"; the programmes are {', '.join(known)}"
        yield f"{path}: unknown programme{hint}"
    elif name in scenario.programmes:
        own = scenario.programmes[name]
        yield from _coverage_problems(path, lever, own.coverage_max)
        yield from _money_of_one_country(path, lever, places)
        yield from _care_problems(path, lever, {own.target_group})
    else:
        groups = evidence.countries["income_group"].reindex(list(places))
        rows = programmes[programmes["id"] == name].set_index("income_group")
        yield from _cost_problems(path, rows, groups)
        reach = rows["coverage_max"].reindex(list(dict.fromkeys(groups))).min()
        yield from _coverage_problems(path, lever, reach)
        yield from _money_of_one_country(path, lever, places)
        yield from _care_problems(path, lever, set(rows["target_group"]))


def _cost_problems(path: str, rows: pd.DataFrame, groups: pd.Series[str]) -> Iterator[str]:
    """Say where a programme has no checked cost."""
    for group in dict.fromkeys(groups):
        if group not in rows.index:
            where = ", ".join(groups.index[groups == group][:3])
            has = (
                f"it has one for: {', '.join(rows.index)}" if len(rows) else "nor for any other income group"
            )
            yield f"{path}: no checked cost for {group} ({where}); {has}; take the programme out"


def _coverage_problems(path: str, lever: Lever, reach: float) -> Iterator[str]:
    """Say where a lever covers more than its programme can reach."""
    if lever.coverage is None:
        return
    shares = lever.coverage if isinstance(lever.coverage, dict) else {None: lever.coverage}
    for year, share in shares.items():
        if share > reach:
            at = f"{path}.coverage" if year is None else f"{path}.coverage.{year}"
            yield f"{at}: {share:g} is above {reach:g}, the most the programme can reach; lower it"


def _money_of_one_country(path: str, lever: Lever, places: Sequence[str]) -> Iterator[str]:
    """Say that an amount of money is not that of several countries at once."""
    if len(places) <= 1:
        return
    remedy = "write coverage, or one scenario a country"
    if lever.by_money:
        yield f"{path}.{lever.kind}: is of one country, and the scenario has {len(places)}; {remedy}"
    elif lever.fixed_cost > 0:
        what = "is what delivery costs in one country"
        yield f"{path}.fixed_cost: {what}, and the scenario has {len(places)}; write one scenario a country"


def _care_problems(path: str, lever: Lever, groups: set[str]) -> Iterator[str]:
    """Say that money cannot be turned into coverage of care."""
    if lever.by_money and VICTIMS in groups:
        yield (
            f"{path}.{lever.kind}: care is paid by registered victim, whose number follows from the other programmes; "
            "write coverage"
        )


def own_problems(
    path: str, own: OwnProgramme, scenario: Scenario, evidence: Evidence, places: Sequence[str]
) -> Iterator[str]:
    """Say what the evidence has against a programme of one's own.

    Args:
        path: Path of its table, as programmes.our_pilot.
        own: The programme.
        scenario: Currency and price year of the results.
        evidence: Ids, groups and payers that are known, and prices.
        places: ISO3 codes of the countries it may be delivered in.

    Yields:
        One sentence a problem, with the path of its key.
    """
    name = path.rpartition(".")[2]
    if name in {*evidence.programmes["id"], *evidence.effects.index}:
        yield (
            f"{path}: the evidence holds a programme of this id; choose another, or change the evidence's own with a "
            "table of programmes (costmodel anchors new --table programmes)"
        )
    yield from _payer_problems(path, own, evidence)
    yield from _group_problems(f"{path}.target_group", own, evidence)
    yield from _violence_problems(f"{path}.violence_types", own, evidence)
    yield from _money_problems(f"{path}.unit_cost.unit", own, scenario, evidence, places)


def _group_problems(path: str, own: OwnProgramme, evidence: Evidence) -> Iterator[str]:
    """Say that nobody knows how large a group is, or that its name would be taken for a quantity of the model."""
    groups = sorted(set(evidence.programmes["target_group"]))
    if own.target_group in groups:
        return
    if own.target_share is None:
        hint = suggestion(own.target_group, groups) or f"; it knows {', '.join(groups)}"
        yield (
            f"{path}: the evidence knows no group {own.target_group!r}{hint}; of a group of your own, say which share "
            "of all children it is: target_share = 0.01"
        )
    taken = {f"{own.target_group}_share", f"relative_risk_{own.target_group}"} & set(evidence.priors.index)
    if taken:
        yield f"{path}: {own.target_group!r} is part of the name of a prior ({min(taken)}); choose another name"


def _violence_problems(path: str, own: OwnProgramme, evidence: Evidence) -> Iterator[str]:
    """Name the types of violence that the evidence does not know."""
    types = sorted(evidence.violence_types.index)
    for place, kind in enumerate(own.violence_types or ()):
        if kind not in types:
            hint = suggestion(kind, types) or f"; the types are {', '.join(types)}"
            yield f"{path}[{place}]: unknown type of violence {kind!r}{hint}"


def _payer_problems(path: str, own: OwnProgramme, evidence: Evidence) -> Iterator[str]:
    """Say that a payer is unknown, or that nobody says how much of the cost is public."""
    components, programmes = evidence.payers, evidence.programmes
    known = sorted({*components["payer"], *programmes["payer"]})
    if own.payer not in known:
        hint = suggestion(own.payer, known) or f"; the payers are {', '.join(known)}"
        yield f"{path}.payer: unknown payer {own.payer!r}{hint}"
        return
    if own.public_share is None and own.payer not in public_payers(components, programmes):
        yield (
            f"{path}.public_share: missing; {own.payer!r} is no public budget: say which share of the cost public "
            "budgets bear, as public_share = 0"
        )


def _money_problems(
    path: str, own: OwnProgramme, scenario: Scenario, evidence: Evidence, places: Sequence[str]
) -> Iterator[str]:
    """Say that a unit cost is in an unknown currency, or cannot be brought to the prices of the results."""
    try:
        currency_area(own.unit_cost.currency, countries=evidence.countries)
        for place in places:
            delivered_rate(
                own.unit_cost.currency,
                own.unit_cost.price_year,
                country=place,
                currency=scenario.currency,
                price_year=scenario.price_year,
                countries=evidence.countries,
                prices=evidence.prices,
            )
    except EvidenceError as error:
        yield f"{path}: {error}"
