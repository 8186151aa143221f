"""The ledger of an anchor: every step from the figure as printed to the quantity of the model.

Steps of arithmetic come first (what the statement says, per victim, into money of the place, over its output);
steps that rest on parameters follow, with the variance that each adds. The factors multiply to the end value.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence import elicited, forward, harmonise
from costmodel.evidence import prices as price_table
from costmodel.evidence.harmonise import COMPONENTS, GROUPS
from costmodel.evidence.register import Evidence
from costmodel.evidence.scope import Scope, output_factors, scope_of, victim_mix

Array = NDArray[np.float64]
Parameters = Mapping[str, Array]

#: Draws and seed of the priors behind a ledger.
N_DRAWS, SEED = 20_000, 1
#: The victims that every study is brought to: children of this mix, and their class.
TARGET_MIX, TARGET_CLASS = "eu27_2016", "trafficking"
TARGET_VALUE = "value_of_qaly_reference"
OUTPUT = COMPONENTS.index("output")
#: The step that ends every ledger.
LAST = "model_quantity"
#: What studies of one thing differ by.
BETWEEN = "between_study_sd"
MULTIPLE, SHARE = "GDP per capita", "share of GDP"
#: Draws and shift with which it is seen whether a step depends on a parameter.
FEW, SHIFT = 8, 0.01
#: Parameters of `forward` that are made of priors of another name.
MADE_OF = {"detection": ("log_detection_mean", "log_detection_child")}
#: Roles whose rows have a ledger.
ROLES = ("train", "holdout", "bound")
COLUMNS = (
    *("anchor", "study", "step", "name", "what", "factor", "value", "unit"),
    *("source", "rests_on", "added_variance", "sd", "mcse"),
)


@dataclass(frozen=True)
class Step:
    """One step of a ledger.

    Attributes:
        name: as_printed | reading | grade | per_victim | currency | gdp | scope | valuation | discounting |
            registration | model_quantity.
        what: What was done, in words.
        factor: What the value was multiplied by [1].
        unit: Unit of the value after the step.
        source: Keys in sources.bib, or the word assumption.
        rests_on: The table, or the priors by name, that the step is made with.
        variance: Variance of the log after the step [log squared].
        mcse: Monte Carlo error of the log of the value after the step [log].
    """

    name: str
    what: str
    factor: float
    unit: str
    source: str
    rests_on: str
    variance: float
    mcse: float = 0.0


def has_ledger(row: pd.Series) -> bool:
    """Whether a row enters or tests a sub-model, and so can be followed to its quantity."""
    return row.role in ROLES and row.module in ("unit_cost", "violence")


def ledger(name: str, evidence: Evidence, *, parameters: Parameters | None = None) -> pd.DataFrame:
    """Follow one anchor from the figure as printed to the quantity of the model (MODEL.md eq. 1-9, 16-17).

    Args:
        name: Id of an anchor that trains, tests or bounds a sub-model.
        evidence: The evidence.
        parameters: Draws of every parameter by name, as `forward.prior_parameters` and the priors of module
            violence have them, dims (draw,); of the priors if not given.

    Returns:
        One row a step: factor, value after it (a geometric mean), its unit and source, the variance of the log that
        it adds, the standard deviation of the log so far, and the Monte Carlo error of the log.

    Raises:
        EvidenceError: If there is no such anchor, it has no ledger, or a price is missing.

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> steps = ledger("eu_thb_2020_eu27_unit", read_evidence())
        >>> steps["name"].tolist()[:4]
        ['as_printed', 'grade', 'currency', 'gdp']
    """
    if name not in evidence.anchors.index:
        of_study = evidence.anchors.index[evidence.anchors["study"] == name]
        hint = f"; its study has the anchors {', '.join(of_study)}" if len(of_study) else ""
        hint = hint or suggestion(name, evidence.anchors.index)
        raise EvidenceError(f"anchors.csv: no anchor {name!r}{hint}")
    row = evidence.anchors.loc[name]
    if not has_ledger(row):
        raise EvidenceError(
            f"anchors.csv, row {name}: role {row.role}, module {row.module}: quoted only, it has no ledger; "
            "costmodel anchors --role train lists those that have one"
        )
    draws = _parameters(evidence) if parameters is None else parameters
    if row.measure == "ratio":
        steps = [*_printed(row, evidence), _ratio_step(row, evidence)]
    elif row.module == "violence":
        steps = [
            *_printed(row, evidence),
            *_output_steps(row, evidence),
            _violence_step(row, evidence, draws),
        ]
    else:
        steps = [*_printed(row, evidence), *_unit_cost_steps(row, evidence, draws)]
    return _table(name, row, steps)


def ledgers(evidence: Evidence) -> pd.DataFrame:
    """The ledgers of every anchor that trains or tests a sub-model, in the order of the register."""
    draws = _parameters(evidence)
    names = [
        str(name)
        for name, row in evidence.anchors.iterrows()
        if has_ledger(row) and row.role in ("train", "holdout")
    ]
    return pd.concat([ledger(name, evidence, parameters=draws) for name in names], ignore_index=True)


def _parameters(evidence: Evidence) -> dict[str, Array]:
    """Draws of the priors that the steps of any ledger rest on."""
    violence = elicited.draw_module(evidence, "violence", n_draws=N_DRAWS, seed=SEED)
    return {**violence, **forward.prior_parameters(evidence, n_draws=N_DRAWS, seed=SEED)}


def _table(name: str, row: pd.Series, steps: list[Step]) -> pd.DataFrame:
    """Steps as rows: the value is the product of the factors so far."""
    value, variance, rows = 1.0, 0.0, []
    for place, step in enumerate(steps):
        value *= step.factor
        rows.append(
            {
                "anchor": name,
                "study": row.study,
                "step": place,
                "name": step.name,
                "what": step.what,
                "factor": step.factor if place else np.nan,
                "value": value,
                "unit": step.unit,
                "source": step.source,
                "rests_on": step.rests_on,
                "added_variance": step.variance - variance,
                "sd": np.sqrt(step.variance),
                "mcse": step.mcse,
            }
        )
        variance = step.variance
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _printed(row: pd.Series, evidence: Evidence) -> Iterator[Step]:
    """What the source prints, how it is read, and what its grade adds."""
    centre, own = harmonise.level(row)
    shown = row.value if np.isfinite(row.value) else centre
    said = f"derived: {row.locator}" if row.status == "derived" else "as printed"
    if not np.isfinite(row.value) and np.isfinite([row.low, row.high]).all():
        said = f"{row.low:,.12g} to {row.high:,.12g} {said}: its middle on the log scale"
    what = f"{STATEMENTS[row.statement]}, {said}"
    yield Step("as_printed", what, shown, row.unit, row.source, ANCHORS, own**2)
    if shown != centre or row.statement in READINGS_OF_EDGES:
        what = READINGS.get(row.statement, "")
        yield Step("reading", what, centre / shown, row.unit, row.source, ANCHORS, own**2)
    graded, grade = own**2 + harmonise.grade_sd(row, evidence) ** 2, evidence.grades.loc[row.grade]
    why = RATIO_GRADE if row.measure == "ratio" else grade["reason"].split(".")[0].lower()
    yield Step("grade", f"grade {row.grade}: {why}", 1.0, row.unit, grade["source"], "grades.csv", graded)


ANCHORS = "anchors.csv"
RATIO_GRADE = "does not widen a ratio within a study, where scope and year are on both sides"
#: Statements whose number is an edge, carried on as a point.
READINGS_OF_EDGES = ("at_most", "at_least")
#: How the number of a statement with two ends is read, where it is not the printed point.
READINGS = {
    "interval": "median of the log-normal that the interval describes, not its mean",
    "range": "middle of the range on the log scale",
    "at_most": "an upper edge, followed as a point: the quantity is at most what comes out",
    "at_least": "a lower edge, followed as a point: the quantity is at least what comes out",
}
#: What each statement says of the number that begins a ledger.
STATEMENTS = {
    "point": "a point",
    "interval": "a statistical interval",
    "range": "a range of scenarios",
    "at_most": "an upper edge",
    "at_least": "a lower edge",
}


def _money_steps(row: pd.Series, evidence: Evidence, *, variance: float, unit: str) -> Iterator[Step]:
    """Money of the place: per victim where the figure is a total, then into its own currency."""
    if row.per:
        persons, error = harmonise.victims_of(row, evidence)
        source = evidence.anchors.at[row.per, "source"]
        variance += error**2
        what = f"shared by {persons:,.0f} victims ({row.per})"
        yield Step("per_victim", what, 1 / persons, unit, source, ANCHORS, variance)
    own = price_table.own_currency(row.geography, countries=evidence.countries)
    after, year = unit.replace(row.currency, own), _year(row.price_year)
    if row.currency in ("", own):
        what = f"{own} of {year}: money of the place in prices of the study, no conversion"
        yield Step("currency", what, 1.0, after, row.source, ANCHORS, variance)
        return
    rate = harmonise.conversion_rate(row, evidence)
    basis = price_table.rate_basis(row.geography, year=row.price_year, prices=evidence.prices)
    how = f"market rate ({basis})" if row.conversion != "ppp" else "purchasing-power rate"
    what = f"{row.currency} of {year} into {own} at the {how} of that year"
    yield Step("currency", what, rate, after, _price_source(row, evidence), PRICES, variance)


PRICES = "prices.csv"


def _year(year: float) -> str:
    """A price year as people write it: 2016, or 2016/17 for the fiscal year 2016.5."""
    return f"{year:.0f}" if year == int(year) else f"{int(year)}/{(int(year) + 1) % 100:02d}"


def _place(row: pd.Series) -> str:
    """Place and price year of a row."""
    return f"{row.geography} in {_year(row.price_year)}"


def _price_source(row: pd.Series, evidence: Evidence) -> str:
    """Where the prices of a row's place and year come from: the last source where output is in its own column."""
    keys = str(evidence.tables.at["prices", "source"]).split()
    spot = (row.geography, int(row.price_year))
    apart = spot in evidence.prices.index and np.isfinite(evidence.prices.at[spot, "gdp_lcu"])
    return keys[-1] if apart else keys[0]


def _unit_cost_steps(row: pd.Series, evidence: Evidence, p: Parameters) -> Iterator[Step]:
    """From money per victim to the lifetime cost of a child victim of trafficking, registered or not."""
    variance = harmonise.level(row)[1] ** 2 + harmonise.grade_sd(row, evidence) ** 2
    unit = f"{row.currency}/victim"
    steps = list(_money_steps(row, evidence, variance=variance, unit=unit))
    yield from steps
    variance = steps[-1].variance
    harmonise.gdp_per_capita_multiple(row, evidence=evidence)  # refuses what is off by orders of magnitude
    per_head = harmonise.gdp_per_capita_of(row, evidence)
    what = f"over GDP per capita of {_place(row)}: {per_head:,.0f} {steps[-1].unit.split('/')[0]}"
    yield Step("gdp", what, 1 / per_head, MULTIPLE, _price_source(row, evidence), PRICES, variance)
    old = scope_of(row, evidence)
    before, total = forward.log_cost(old, p)[:, 0], np.zeros(len(p["detection"]))
    for name, what, scope in _scopes(row, evidence, p):
        after = forward.log_cost(scope, p)[:, 0]
        change = after - before
        total, before = total + change, after
        error = float(total.std() / np.sqrt(total.size))
        between = float(np.mean(p[BETWEEN] ** 2)) if name == LAST else 0.0
        spread = variance + float(total.var()) + between
        source, rests_on = _made_with(old, scope, p, evidence)
        if name == LAST:
            source, rests_on = f"{source} {evidence.priors.at[BETWEEN, 'source']}", f"{rests_on}, {BETWEEN}"
        source = " ".join(dict.fromkeys(source.split())) or row.source  # nothing moves: the row says so
        rests_on = rests_on or ANCHORS
        yield Step(name, what, float(np.exp(change.mean())), MULTIPLE, source, rests_on, spread, error)
        old = scope


def _made_with(old: Scope, new: Scope, p: Parameters, evidence: Evidence) -> tuple[str, str]:
    """Sources and names of what a step depends on: each parameter is moved a little, to see whether the step is.

    Args:
        old: Scope before the step.
        new: Scope after it.
        p: Draws by name.
        evidence: Priors and tables, for their sources.

    Returns:
        Keys in sources.bib, and the priors and tables by name.
    """
    few = {name: values[:FEW] for name, values in p.items()}
    scopes = [replace(scope, registered=np.atleast_2d(scope.registered)[:FEW]) for scope in (old, new)]

    def change(values: Parameters) -> Array:
        before, after = (forward.log_cost(scope, values) for scope in scopes)
        return after - before

    still = change(few)
    moving = [
        name for name in few if not np.allclose(change({**few, name: few[name] + SHIFT}), still, atol=1e-12)
    ]
    names = [prior for name in moving for prior in MADE_OF.get(name, (name,))]
    tables = []
    if not np.allclose(old.mask[:, OUTPUT] * old.output_factor, new.mask[:, OUTPUT] * new.output_factor):
        tables = ["lifetables", "earnings_profile"]
    sources = {*evidence.priors.loc[names, "source"], *(_source_of(table, evidence) for table in tables)}
    keys = sorted({key for cell in sources for key in cell.split()})
    return " ".join(keys), ", ".join([*names, *(f"{table}.csv" for table in tables)])


def _source_of(table: str, evidence: Evidence) -> str:
    """Where a table comes from: as a whole, or row by row."""
    if table in evidence.tables.index:
        return str(evidence.tables.at[table, "source"])
    return " ".join(sorted(set(getattr(evidence, table)["source"])))


def _scopes(row: pd.Series, evidence: Evidence, p: Parameters) -> Iterator[tuple[str, str, Scope]]:
    """The scope of the study, attribute by attribute turned into that of the model: name, what, scope."""
    scope = scope_of(row, evidence)
    missing = [name for name, inside in zip(COMPONENTS, scope.mask[0], strict=True) if not inside]
    taken = [word for word in ("transfers", "community") if word in row.components.split()]
    own_value = scope.value_of_qaly[0] or TARGET_VALUE
    none = np.zeros(1)
    scope = replace(
        scope, mask=np.ones_like(scope.mask), transfers=none, community=none, value_of_qaly=(own_value,)
    )
    words = [f"adds {', '.join(missing)}"] * bool(missing) + [f"takes out {', '.join(taken)}"] * bool(taken)
    yield "scope", "; ".join(words) or "all six components are inside, in part or whole", scope
    scope = replace(scope, value_of_qaly=(TARGET_VALUE,))
    same = "quality of life enters at the reference value of a QALY" if own_value == TARGET_VALUE else ""
    yield "valuation", same or f"value of a QALY: {own_value} to the reference", scope
    scope = replace(scope, net_rate=none, output_factor=output_factors(0.0, evidence)[None, :])
    rates = f"rate {row.discount_rate:g}, growth {row.value_growth:g}"
    what = f"{rates} taken out" if row.discount_rate != row.value_growth else f"{rates}: nothing to take out"
    yield "discounting", what, scope
    scope = replace(scope, registered=p["detection"][:, None])
    what = f"registered share {row.registered_share:g} to that of all child victims, at average capacity to detect"
    yield "registration", what, scope
    scope = replace(scope, severity=(TARGET_CLASS,), mix=_target_mix(evidence)[None, :])
    what = f"{row.severity_class}, mix {row['mix']}, to child victims of trafficking; studies differ"
    yield LAST, what, scope


def _target_mix(evidence: Evidence) -> Array:
    """Children of the reference mix, dims (group,) [share]."""
    mix = victim_mix(TARGET_MIX, evidence)
    children = np.where([age == "child" for _, _, age in GROUPS], mix, 0.0)
    share: Array = children / children.sum()
    return share


def _output_steps(row: pd.Series, evidence: Evidence) -> Iterator[Step]:
    """An annual figure as a share of the output of its place."""
    harmonise.share_of_gdp(row, evidence=evidence)  # refuses what is off by orders of magnitude
    variance = harmonise.level(row)[1] ** 2 + harmonise.grade_sd(row, evidence) ** 2
    if row.unit == SHARE:
        what = "printed as a share of GDP: no conversion"
        yield Step("gdp", what, 1.0, SHARE, row.source, ANCHORS, variance)
        return
    steps = list(_money_steps(row, evidence, variance=variance, unit=row.unit))
    yield from steps
    output = harmonise.gdp_of(row, evidence)
    what = f"over GDP of {_place(row)}: {output:,.0f} {steps[-1].unit.split('/')[0]}"
    yield Step("gdp", what, 1 / output, SHARE, _price_source(row, evidence), PRICES, steps[-1].variance)


#: Part of the burden of violence -> the prior of its log ratio to the DALY burden.
PARTS = {
    "daly": "",
    "daly_ace": "log_ace_scope",
    "productivity": "log_productivity_ratio",
    "services": "log_services_ratio",
}


def _violence_step(row: pd.Series, evidence: Evidence, p: Parameters) -> Step:
    """The parts inside the figure brought to the DALY burden at one GDP per capita per DALY."""
    variance = harmonise.level(row)[1] ** 2 + harmonise.grade_sd(row, evidence) ** 2
    parts: Any = [np.exp(p[PARTS[name]]) if PARTS[name] else 1.0 for name in row.components.split()]
    ratio = np.log(sum(parts) * np.ones(len(p["detection"])))
    inside = " and ".join(row.components.split())
    what = f"{inside} to the burden in DALYs, at one GDP per capita per DALY"
    error = float(ratio.std() / np.sqrt(ratio.size))
    names = [PARTS[name] for name in row.components.split() if PARTS[name]]
    source = " ".join(sorted(set(evidence.priors.loc[names, "source"]))) or row.source
    rests_on = ", ".join(names) or ANCHORS
    factor, spread = float(np.exp(-ratio.mean())), variance + float(ratio.var())
    return Step(LAST, what, factor, SHARE, source, rests_on, spread, error)


def _ratio_step(row: pd.Series, evidence: Evidence) -> Step:
    """A ratio within a study needs no conversion: what its sides share cancels."""
    top, bottom = (" ".join(row[name].split()) for name in ("components", "of_components"))
    sides = f"{top} ({row['mix']}) over {bottom} ({row.of_mix or row['mix']})"
    variance = harmonise.level(row)[1] ** 2 + harmonise.grade_sd(row, evidence) ** 2
    return Step(LAST, f"prices and place cancel: {sides}", 1.0, "ratio", row.source, ANCHORS, variance)
