"""Guards against counting one thing twice: pairs of rows that may not both train the model.

A ratio within a study (`measure = ratio`) is exempt: what its sides share cancels. Rows of other roles are exempt:
they move nothing, or are told apart (`bound`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

import pandas as pd

from costmodel.evidence.rows.base import ASSUMPTION

#: Measures of one cohort followed over life, and of what falls in one year.
LIFETIME = ("incident_lifetime", "productivity_lifetime")
ANNUAL = ("annual_stock", "share_of_gdp")
#: Words for the loss of production.
OUTPUT = {"output", "productivity"}

Members = Mapping[str, frozenset[str]]
Rule = Callable[[pd.Series, pd.Series, Members], bool]


def _inside(row: pd.Series) -> set[str]:
    """Components of a row; adverse childhood experiences hold the DALYs of violence."""
    words = set(row.components.split())
    return words | {"daly"} if "daly_ace" in words else words


def _overlap(a: pd.Series, b: pd.Series) -> bool:
    """Whether two figures contain a component in common."""
    return bool(_inside(a) & _inside(b))


def _linked(a: pd.Series, b: pd.Series) -> bool:
    """Whether two figures come from one study, whatever it is called: same study, source or series."""
    sources = (set(a.source.split()) & set(b.source.split())) - {ASSUMPTION}
    return a.study == b.study or bool(sources) or (a.cluster != "" and a.cluster == b.cluster)


def _is_total(row: pd.Series) -> bool:
    """Whether a figure is for all victims together."""
    return bool(row.per) or row.unit.endswith(" total") or row.unit == f"{row.currency}/yr"


def _disjoint(a: pd.Series, b: pd.Series) -> bool:
    """Whether two figures are of different victims: girls and boys, children and adults."""
    sexes, ages = {a.sex, b.sex}, {a.ages, b.ages}
    return sexes == {"female", "male"} or ages == {"children", "adults"}


def _total_and_unit(a: pd.Series, b: pd.Series, members: Members) -> bool:
    """A total and its own unit cost: one is the other times a known count."""
    kinds = {_is_total(a), _is_total(b)}
    return _linked(a, b) and a.geography == b.geography and kinds == {True, False} and _overlap(a, b)


def _nested(a: pd.Series, b: pd.Series, members: Members) -> bool:
    """A region and a part of it, or two regions with countries in common: of one study, or as shares of output.

    Two studies of one country are two observations; two of a region rest on the same figures of its countries.
    """
    one, other = (members.get(row.geography, frozenset({row.geography})) for row in (a, b))
    meet = bool(one & other) and max(len(one), len(other)) > 1
    within_study = _linked(a, b) and one != other
    return a.module == b.module and meet and (within_study or a.module == "violence") and _overlap(a, b)


def _is_eu(a: pd.Series, b: pd.Series, members: Members) -> bool:
    """EU-27 and EU-28 levels: they share most of their victims, whoever prints them."""
    return {a.geography, b.geography} == {"EU27", "EU28"} and _overlap(a, b)


def _versions(a: pd.Series, b: pd.Series, members: Members) -> bool:
    """Two versions of a study: one names the other, or both cost the same components of the same victims.

    A figure of women beside one of everybody costs the women twice.
    """
    named = str(b.name) in a.supersedes.split() or str(a.name) in b.supersedes.split()
    same = a.geography == b.geography and a.severity_class == b.severity_class and not _disjoint(a, b)
    return named or (_linked(a, b) and same and _overlap(a, b))


def _profits(a: pd.Series, b: pd.Series, members: Members) -> bool:
    """Profits and lost output: the same hours, seen from the offender and from the victim."""
    profit = [row.measure == "profits" or "profits" in row.components.split() for row in (a, b)]
    return any(profit) and any(OUTPUT & _inside(row) for row in (a, b))


def _daly_and_earnings(a: pd.Series, b: pd.Series, members: Members) -> bool:
    """DALYs at the value of output and lost earnings of one study: the same lost production of the same people.

    Another team's earnings are another observation, which the model reads through its ratio to DALYs.
    """
    words = [_inside(row) for row in (a, b)]
    pair = any("daly" in one and "productivity" in other for one, other in (words, words[::-1]))
    return pair and _linked(a, b)


def _annual_and_lifetime(a: pd.Series, b: pd.Series, members: Members) -> bool:
    """The cost of one year and of one cohort: two accountings of one burden."""
    measures = {a.measure, b.measure}
    return a.module == b.module and bool(measures & set(LIFETIME)) and bool(measures & set(ANNUAL))


def _held_out(a: pd.Series, b: pd.Series, members: Members) -> bool:
    """A row that trains and one that is held out, of one study: the model would be tested on what it has seen."""
    sources = (set(a.source.split()) & set(b.source.split())) - {ASSUMPTION}
    return {a.role, b.role} == {"train", "holdout"} and (a.study == b.study or bool(sources))


UNIT = "keep the unit cost, set role context for the total, or name the other row in supersedes"
ONE = "set role context for one of them; a row of the package goes when yours names it in supersedes"
#: What may not enter together -> how it is known, and what to do; the first rule that holds is told.
RULES: Mapping[str, tuple[Rule, str]] = {
    "a total and its own unit cost": (
        _total_and_unit,
        UNIT,
    ),
    "EU-27 and EU-28": (_is_eu, "set role context for EU-28, which enters as a ratio within the study"),
    "nested regions": (_nested, ONE),
    "profits and lost output": (_profits, "set role transfer for profits, which are no cost"),
    "DALYs and lost earnings of one study": (_daly_and_earnings, ONE),
    "an annual stock and a lifetime cohort": (_annual_and_lifetime, ONE),
    "two versions of a study": (
        _versions,
        "set role context for one, or let the newer name the older in supersedes",
    ),
}


#: The rule for a row that trains beside one that is held out, and what to do.
TESTED = "a training row and a held-out row of one study"
REMEDY_TESTED = "set one role for all rows of the study, or supersede every row that is held out"


def collisions(anchors: pd.DataFrame, regions: pd.DataFrame, *, origin: Mapping[str, str]) -> Iterator[str]:
    """Pairs of rows that count one thing twice, or that train and test the model on one study.

    Args:
        anchors: `evidence.anchors`.
        regions: `evidence.regions`.
        origin: File of each row that is not the package's own, by "anchors." and its id.

    Yields:
        A row that collides with an earlier one: both rows, the rule, what to do; once for each rule.
    """
    members = regions.groupby("region")["iso3"].agg(frozenset).to_dict()
    entering = anchors[anchors["role"].isin(["train", "holdout"])]
    told: set[tuple[str, str]] = set()
    for first, second in combinations([row for _, row in entering.iterrows()], 2):
        rule, verdict = _first_rule(first, second, members)
        if rule and (rule, str(second.name)) not in told:
            told.add((rule, str(second.name)))
            one, other = (
                f"{origin.get(f'anchors.{row.name}', 'anchors.csv')}, row {row.name}"
                for row in (second, first)
            )
            yield f"{one}, and {other}: {rule} {verdict}"


def _first_rule(a: pd.Series, b: pd.Series, members: Members) -> tuple[str, str]:
    """The first rule that a pair breaks, and what to do; blank where it breaks none."""
    if _held_out(a, b, members):
        return TESTED, f"would test the model on what it has seen; {REMEDY_TESTED}"
    levels = all(row.role == "train" and row.measure != "ratio" for row in (a, b))
    for rule, (holds, remedy) in RULES.items() if levels else ():
        if holds(a, b, members):
            return rule, f"cannot both train the model; {remedy}"
    return "", ""
