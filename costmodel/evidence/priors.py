"""Priors as data: every prior is a row of `priors.csv` with its reason; a change of one is named and checked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence import families
from costmodel.evidence.families import FAMILIES, POSITIVE, UNIT, Support
from costmodel.evidence.forward import BY_FORM
from costmodel.evidence.register import Evidence

WEIGHT = "weight"
#: Priors whose formulas hold for a normal only: two are added to one another, one is drawn by country.
NORMAL_ONLY = (
    *("log_incidence_mean", "log_detection_mean", "log_transfer_error"),
    *("list_difference", "list_interaction"),
)
#: What a change of a prior may say.
FIELDS = ("family", "p1", "p2", "lower", "q05", "q95", "reason")
NUMBERS = ("p1", "p2", "lower", "q05", "q95")
NO_REASON = "changed by the author of the run, who gave no reason"
REMEDY = "write p1 and p2, or q05 and q95"


@dataclass(frozen=True)
class Prior:
    """One prior (symbols: priors.csv).

    Attributes:
        name: The symbol it belongs to.
        module: Sub-model.
        family: normal | halfnormal | lognormal | truncatednormal (lower bound) | beta | gamma | uniform |
            weight.
        p1: First parameter of the family as PyMC has it (mean, scale, alpha, lower).
        p2: Second parameter, NaN where the family has one.
        lower: Lower bound of a truncated family, NaN without one.
        reason: Why these numbers.
        source: Key in sources.bib, or "assumption".
        status: verified | second-hand | derived | elicited.
        unit: Unit of the parameter, empty without one.
    """

    name: str
    module: str
    family: str
    p1: float
    p2: float
    lower: float
    reason: str
    source: str
    status: str
    unit: str = ""

    @property
    def numbers(self) -> str:
        """What of it moves a result, as text: its family and parameters, not the words about them."""
        return repr((self.name, self.family, self.p1, self.p2, self.lower))

    @property
    def support(self) -> Support:
        """Where the parameter lives, whatever the family of its prior."""
        if self.unit == "share" or self.family == "beta":
            return UNIT
        positive = self.family == "uniform" and self.p1 >= 0
        return POSITIVE if positive or self.lower >= 0 else FAMILIES[self.family].support


Priors = Mapping[str, Prior]
Change = Mapping[str, Any]


def default_priors(evidence: Evidence) -> dict[str, Prior]:
    """The priors of the evidence by name: the package's, unless `with_priors` has put others in their place.

    Args:
        evidence: Its table `priors`.

    Returns:
        Prior records by name.

    Raises:
        EvidenceError: If a row names an unknown family.

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> default_priors(read_evidence())["between_study_sd"].p1
        0.3
    """
    priors = {}
    for name, row in evidence.priors.iterrows():
        if row["family"] not in (*FAMILIES, WEIGHT):
            known = suggestion(row["family"], FAMILIES)
            raise EvidenceError(f"priors.csv, row {name}: unknown family {row['family']!r}{known}")
        priors[str(name)] = Prior(
            name=str(name),
            module=row["module"],
            family=row["family"],
            p1=float(row["p1"]),
            p2=float(row["p2"]),
            lower=float(row["lower"]),
            reason=row["reason"],
            source=row["source"],
            status=row["status"],
            unit=row["unit"],
        )
    return priors


def merge_priors(priors: Priors, changes: Mapping[str, Change]) -> dict[str, Prior]:
    """Priors with some of them changed by name.

    Args:
        priors: Prior records by name, as `default_priors` returns them.
        changes: By name, some of `FIELDS`: parameters of the family (`p1`, `p2`, `lower`), or its 5 and 95%
            quantiles (`q05`, `q95`; for a half-normal, which has one parameter, `q95`); the `family` if it is
            another; and the `reason`. What is left out stays as it is.

    Returns:
        All priors by name; those that are changed rest on the assumption of whoever changed them.

    Raises:
        EvidenceError: If a name, family or key is unknown, or numbers cannot be meant. It lists every
            problem, one a line, each with its key.

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> priors = default_priors(read_evidence())
        >>> wider = merge_priors(priors, {"delta_sex": {"q05": -1, "q95": 1, "reason": "to see"}})
        >>> round(wider["delta_sex"].p2, 3)
        0.608
    """
    problems = [*prior_problems(priors, changes)]
    if problems:
        raise EvidenceError("\n".join(problems))
    return {**priors, **{name: _changed(priors[name], change) for name, change in changes.items()}}


def prior_problems(priors: Priors, changes: Mapping[str, Change]) -> Iterator[str]:
    """Say what is wrong with changes of priors, each by its key.

    Args:
        priors: Prior records by name.
        changes: See `merge_priors`.

    Yields:
        One sentence a problem, beginning with the key, as `priors.country_sd.p1`.
    """
    for name, change in changes.items():
        path = f"priors.{name}"
        if name not in priors:
            hint = suggestion(name, priors) or "; priors.csv lists the names"
            yield f"{path}: unknown prior{hint}"
            continue
        words = [*_misspelt(change)]
        words = words or [*_contradictions(priors[name], change)]
        if not words:
            try:
                words = [*_misfits(priors[name], _changed(priors[name], change))]
            except ValueError as error:
                words = [f": {_family(priors[name], change)}: {error}; choose another family or quantiles"]
        yield from (f"{path}{word}" for word in words)


def with_priors(evidence: Evidence, priors: Priors) -> Evidence:
    """Evidence whose table of priors says what some prior records say.

    All that draws from priors reads this table or records made of it: the fit, the draws that no data inform,
    the ledgers.

    Args:
        evidence: The evidence.
        priors: Prior records by name; those that have the numbers of the evidence change nothing.

    Returns:
        The evidence with changed rows; `own_priors` names them.
    """
    held = default_priors(evidence)
    changed = [name for name, prior in priors.items() if prior.numbers != held[name].numbers]
    if not changed:
        return evidence
    table = evidence.priors.copy()
    for name in changed:
        for field in ("family", "p1", "p2", "lower", "reason", "source", "status"):
            table.loc[name, field] = getattr(priors[name], field)
    return dataclasses.replace(
        evidence, priors=table, own_priors=tuple(sorted({*evidence.own_priors, *changed}))
    )


def as_change(prior: Prior) -> dict[str, Any]:
    """A prior as the change that gives it: its family, its numbers and its reason."""
    numbers = {name: getattr(prior, name) for name in ("p1", "p2", "lower")}
    given = {name: number for name, number in numbers.items() if not math.isnan(number)}
    family = {} if prior.family == WEIGHT else {"family": prior.family}
    return {**family, **given, "reason": prior.reason}


def _family(prior: Prior, change: Change) -> str:
    return str(change.get("family") or prior.family)


def _misspelt(change: Change) -> Iterator[str]:
    """Name keys, families and numbers that are none."""
    for key, value in change.items():
        if key not in FIELDS:
            hint = suggestion(key, FIELDS) or f"; the keys here are {', '.join(FIELDS)}"
            yield f".{key}: unknown key{hint}"
        elif key == "family" and value not in FAMILIES:
            hint = suggestion(str(value), FAMILIES) or f"; the families are {', '.join(FAMILIES)}"
            yield f".family: unknown family {value!r}{hint}"
        elif key in NUMBERS and (isinstance(value, bool) or not _finite(value)):
            yield f".{key}: must be a finite number, not {value!r}"


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _contradictions(prior: Prior, change: Change) -> Iterator[str]:
    """Say which of the numbers given are too few, too many, or belong to another family."""
    family, quantiles = _family(prior, change), [name for name in ("q05", "q95") if name in change]
    direct = [name for name in ("p1", "p2") if name in change]
    own = FAMILIES[family].words if family in FAMILIES else {"p1": "pseudo-observations"}
    foreign = [name for name in ("p1", "p2", "lower") if name in change and name not in own]
    needed = [name for name in own if name not in change and not (name == "lower" and prior.lower >= 0)]
    if prior.family == WEIGHT and {*change} - {"p1", "reason"}:
        yield ": is a weight and no distribution; change p1 alone"
    elif not {*change} & {*NUMBERS, "family"}:
        yield f": changes no number; {REMEDY}"
    elif direct and quantiles:
        yield f": gives parameters and quantiles; {REMEDY}, not both"
    elif foreign:
        yield f".{foreign[0]}: a {family} has none; it has {_listed(own)}"
    elif family == "halfnormal" and quantiles and quantiles != ["q95"]:
        yield f": a halfnormal has one parameter and cannot hold two quantiles; {_one_or_two(change)}"
    elif len(quantiles) == 1 and family != "halfnormal":
        yield f": {quantiles[0]} stands alone; write q05 and q95"
    elif family != prior.family and not quantiles and needed:
        yield f": a {family} needs {_listed(own)}, or its quantiles q05 and q95"
    elif family == "truncatednormal" and math.isnan(_bound(prior, change)):
        yield ".lower: missing; a truncatednormal needs its lower bound"
    else:
        yield from _impossible(prior, family, change)


def _listed(own: Mapping[str, str]) -> str:
    return " and ".join(f"{name} ({words})" for name, words in own.items())


def _one_or_two(change: Change) -> str:
    return 'write q95 alone, or family = "lognormal" to hold both' if "q95" in change else "write q95 alone"


def _impossible(prior: Prior, family: str, change: Change) -> Iterator[str]:
    """Say which numbers no member of the family can have, or no value of the parameter."""
    own = FAMILIES.get(family)
    for name in own.positive if own else ("p1",):
        if name in change and not change[name] > 0:
            what = f"the {own.words[name]} of a {family}" if own else "a weight"
            yield f".{name}: {what} must be above 0, not {change[name]:g}"
    if own is None or "q95" not in change:
        return
    if not change.get("q05", -math.inf) < change["q95"]:
        yield f": q05 {change['q05']:g} is not below q95 {change['q95']:g}; q05 is the smaller of the two"
        return
    ends = [
        prior.support,
        own.support,
        *([(_bound(prior, change), math.inf)] if "lower" in own.words else []),
    ]
    low, high = max(end[0] for end in ends), min(end[1] for end in ends)
    for name in ("q05", "q95"):
        if name in change and not low < change[name] < high:
            yield f".{name}: {change[name]:g} is not {_between(low, high)}, where this prior has to be"


def _bound(prior: Prior, change: Change) -> float:
    return float(change.get("lower", prior.lower))


def _between(low: float, high: float) -> str:
    return f"above {low:g}" if math.isinf(high) else f"between {low:g} and {high:g}"


def _changed(prior: Prior, change: Change) -> Prior:
    """The prior that a change gives; raises ValueError where no member of its family has its quantiles."""
    family = _family(prior, change)
    kept = prior.lower if family == "truncatednormal" else math.nan
    lower = float(change.get("lower", kept))
    if "q05" in change:
        p1, p2 = families.of_quantiles(family, q05=change["q05"], q95=change["q95"], lower=lower)
    elif "q95" in change:
        p1, p2 = families.scale_of_halfnormal(change["q95"]), math.nan
    else:
        p1 = float(change.get("p1", prior.p1))
        p2 = math.nan if family == "halfnormal" else float(change.get("p2", prior.p2))
    return dataclasses.replace(
        prior,
        family=family,
        p1=p1,
        p2=p2,
        lower=lower,
        reason=str(change.get("reason") or NO_REASON),
        source="assumption",
        status="elicited",
    )


def _misfits(before: Prior, after: Prior) -> Iterator[str]:
    """Say where a changed prior is not what the model can use."""
    if after.family == WEIGHT:
        if after.unit == "share" and after.p1 > 1:
            yield f".p1: a share is at most 1, not {after.p1:g}"
        return
    if before.name in BY_FORM and (after.family != "normal" or abs(after.p1) > families.TOLERANCE):
        yield ": stands for deviations that sum to zero; it stays normal with mean 0: change p2, their SD"
        return
    if before.name in NORMAL_ONLY and after.family != "normal":
        yield ".family: stays normal, because the model adds it to other normals; change its numbers"
        return
    if after.family == "uniform" and not after.p1 < after.p2:
        yield f": p1 {after.p1:g} is not below p2 {after.p2:g}, the ends of a uniform"
        return
    if after.family == "truncatednormal":
        kept = float(FAMILIES["normal"].distribution(after.p1, after.p2, math.nan).sf(after.lower))
        if kept < families.LEAST_KEPT:
            yield f": the lower bound cuts away all but {kept:.2g} of this normal; choose another family"
            return
    low, high = before.support
    lowest, highest = (float(end) for end in families.distribution(after).support())
    if lowest < low or highest > high:
        able = [
            name
            for name, family in FAMILIES.items()
            if family.support[0] >= low and family.support[1] <= high
        ]
        yield (
            f": this parameter is {_between(low, high)}, which a {after.family} with these numbers need not be; "
            f"choose {', '.join(able)}, or a uniform inside"
        )
