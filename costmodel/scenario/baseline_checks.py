"""Hold what a scenario states of today and of the years without further action against the evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from costmodel.errors import suggestion
from costmodel.evidence import Evidence
from costmodel.scenario.format import Scenario

CHILDREN_FACTOR = 5
"""A number of children this many times the evidence's, or this part of it, was meant in another unit."""


def baseline_problems(scenario: Scenario, evidence: Evidence, places: Sequence[str]) -> Iterator[str]:
    """Name what is wrong with current provision and with the paths of the baseline.

    Args:
        scenario: The scenario, valid in itself.
        evidence: Programmes and countries.
        places: ISO3 codes of its countries, none where these or the prices of the results are wrong themselves.

    Yields:
        One sentence a problem, with the path of its key.
    """
    yield from _children_problems(scenario, evidence, places)
    for name, share in scenario.provision.items():
        path, known = f"provision.{name}", sorted({*evidence.programmes["id"], *scenario.programmes})
        if name not in known:
            hint = suggestion(name, known) or f"; the programmes are {', '.join(known)}"
            yield f"{path}: unknown programme{hint}"
            continue
        reach = _reach(name, scenario, evidence, places)
        if share > reach:
            yield f"{path}: {share:g} is above {reach:g}, the most the programme can reach; lower it"
        else:
            yield from _beyond_problems(name, share, reach, scenario)


def _children_problems(scenario: Scenario, evidence: Evidence, places: Sequence[str]) -> Iterator[str]:
    """Say that a path of children is of several countries, or not in persons."""
    stated = scenario.baseline.children
    if stated is None or not places:
        return
    if len(places) > 1:
        yield (
            f"baseline.children: is of one country, and the scenario has {len(places)}; take it out, or write one "
            "scenario a country"
        )
        return
    today = float(evidence.countries.at[places[0], "children_2024"])
    for year, children in stated.items():
        if year < scenario.start:
            yield f"baseline.children.{year}: is before the start in {scenario.start}, where its path begins"
        if not today / CHILDREN_FACTOR <= children <= today * CHILDREN_FACTOR:
            yield (
                f"baseline.children.{year}: {children:,.0f} children, where {places[0]} had {today:,.0f} in 2024; "
                "write persons, as 1.1e6"
            )


def _reach(name: str, scenario: Scenario, evidence: Evidence, places: Sequence[str]) -> float:
    """Share of its group that a programme can reach at most in every country of a scenario; 1 if nobody knows."""
    if name in scenario.programmes:
        return scenario.programmes[name].coverage_max
    groups = set(evidence.countries["income_group"].reindex(list(places)))
    rows = evidence.programmes[evidence.programmes["id"] == name]
    here = rows.loc[rows["income_group"].isin(groups), "coverage_max"]
    return float(here.min()) if len(here) else 1.0


def _beyond_problems(name: str, provided: float, reach: float, scenario: Scenario) -> Iterator[str]:
    """Say where a lever reaches beyond what is left: coverage comes on top of what is provided today."""
    for key, option in scenario.options.items():
        lever = option.programmes.get(name)
        if lever is None or lever.coverage is None:
            continue
        path = f"options.{key}.programmes.{name}.coverage"
        shares = lever.coverage if isinstance(lever.coverage, dict) else {None: lever.coverage}
        for year, share in shares.items():
            if share <= reach < share + provided:
                yield (
                    f"{path}{'' if year is None else f'.{year}'}: {share:g} beyond the {provided:g} that is provided "
                    f"today is above {reach:g}, the most the programme can reach; lower one of the two"
                )
