"""What a study costed: components, victims, discounting, registration, value of a QALY.

Nothing here is estimated: every attribute is read from the row of the study.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from costmodel import lifetime
from costmodel.errors import EvidenceError
from costmodel.evidence import harmonise
from costmodel.evidence.harmonise import COMPONENTS, FORMS, GROUPS
from costmodel.evidence.register import Evidence

Array = NDArray[np.float64]

#: Measures of a unit cost that the model predicts as a level.
LEVELS = ("incident_lifetime", "fiscal")
#: Roles that the unit-cost model fits or predicts.
ROLES = ("train", "holdout")
#: Age at exit of each kind of victim, a constant of `constants.csv`.
AGE_AT_EXIT = {"adult": "age_exit_adult", "any": "age_maltreatment", "child": "age_exit_child"}
#: Sides of the contrasts of form, sex and age by group: dims (group, form), (group,), (group,).
FORM = np.array([[float(form == name) for name in FORMS] for form, _, _ in GROUPS])
SEX = np.array([{"female": 0.5, "male": -0.5}[sex] for _, sex, _ in GROUPS])
ADULT = np.array([float(age == "adult") for _, _, age in GROUPS])


@dataclass(frozen=True)
class Scope:
    """Attributes of costed figures that the model predicts from, one row a figure.

    Attributes:
        mask: Components inside the figure, dims (row, component) [0 or 1]; order of `COMPONENTS`.
        transfers: Welfare payments inside the figure, dims (row,) [0 or 1].
        community: Harm to others than the victim inside its quality of life, dims (row,) [0 or 1].
        mix: Victim mix of the study, dims (row, group) [share]; order of `GROUPS`.
        net_rate: Discount rate less growth of values in the study, dims (row,) [1/year].
        output_factor: Horizon and discounting of lost output relative to an undiscounted child victim,
            dims (row, group) [1].
        registered: Share of the costed victims who were registered, dims (row,) [share].
        severity: Severity class, dims (row,).
        value_of_qaly: Name of the prior of the study's value of a QALY, "" where the figure holds none.
    """

    mask: Array
    transfers: Array
    community: Array
    mix: Array
    net_rate: Array
    output_factor: Array
    registered: Array
    severity: tuple[str, ...]
    value_of_qaly: tuple[str, ...]


@dataclass(frozen=True)
class UnitCostData(Scope):
    """Unit costs in model units; row dims follow `ids`.

    Attributes:
        ids: Anchor ids, dims (row,).
        log_multiple: log(unit cost / GDP per capita of place and price year), dims (row,) [log].
        own_sd: Error of the figure itself, of its count of victims and of its grade, dims (row,) [log].
        cluster: Rows that share a deviation from the mean of studies, dims (row,); the study where none is named.
        train: Whether the row enters the likelihood, dims (row,) [bool].
    """

    ids: tuple[str, ...]
    log_multiple: Array
    own_sd: Array
    cluster: tuple[str, ...]
    train: NDArray[np.bool_]


@dataclass(frozen=True)
class RatioData:
    """Ratios within one study: its common errors cancel (MODEL.md eq. 8-9); row dims follow `ids`.

    Attributes:
        ids: Anchor ids, dims (row,).
        log_ratio: Log of the ratio, dims (row,) [log].
        own_sd: Its error, dims (row,) [log].
        train: Whether the row enters the likelihood, dims (row,) [bool].
        numerator: What is above the line.
        denominator: What is below it.
    """

    ids: tuple[str, ...]
    log_ratio: Array
    own_sd: Array
    train: NDArray[np.bool_]
    numerator: Scope
    denominator: Scope


def output_factors(net_rate: float, evidence: Evidence) -> Array:
    """Lost output of each group at a net rate, relative to a child victim undiscounted (MODEL.md eq. 4, 6).

    Returns:
        Dims (group,) [1].
    """
    alive = harmonise.survivors(evidence, harmonise.REFERENCE_LIFE_TABLE)
    pay = harmonise.earnings(evidence)
    child_age = int(harmonise.constant(evidence, AGE_AT_EXIT["child"]))
    reference = lifetime.earnings_weights(child_age, survivors=alive, earnings=pay).sum()
    factors = []
    for form, _, age in GROUPS:
        kind = age if age == "adult" or form != "any" else "any"
        exit_age = int(harmonise.constant(evidence, AGE_AT_EXIT[kind]))
        weights = lifetime.earnings_weights(exit_age, survivors=alive, earnings=pay)
        # A child victim of any age loses the same working life; only an adult has a shorter one left.
        horizon = weights.sum() / reference if age == "adult" else 1.0
        factors.append(horizon * float(lifetime.profile_discount(weights, net_rate)))
    return np.array(factors)


def victim_mix(name: str, evidence: Evidence) -> Array:
    """Victims of a study by group, dims (group,) [share].

    Raises:
        EvidenceError: If no row of mixes.csv describes the mix.
    """
    rows = evidence.mixes[evidence.mixes["mix"] == name]
    if rows.empty:
        raise EvidenceError(f"mixes.csv: no mix {name!r}, which anchors.csv names")
    shares = {(row.form, row.sex, row.age): row.share for row in rows.itertuples()}
    return np.array([shares.get(group, 0.0) for group in GROUPS])


def _attributes(
    rows: Sequence[pd.Series], evidence: Evidence, *, components: str = "components", mix: str = "mix"
) -> dict[str, Any]:
    """The fields of `Scope` from rows, read from the columns that `components` and `mix` name."""
    words = [row[components].split() for row in rows]
    net_rate = [float(row.discount_rate - row.value_growth) for row in rows]
    return {
        "mask": np.array([[float(name in inside) for name in COMPONENTS] for inside in words]),
        "transfers": np.array([float("transfers" in inside) for inside in words]),
        "community": np.array([float("community" in inside) for inside in words]),
        "mix": np.array([victim_mix(row[mix] or row["mix"], evidence) for row in rows]),
        "net_rate": np.array(net_rate),
        "output_factor": np.array([output_factors(rate, evidence) for rate in net_rate]),
        "registered": np.array([float(row.registered_share) for row in rows]),
        "severity": tuple(row.severity_class for row in rows),
        "value_of_qaly": tuple(
            row.qaly_value if "quality" in inside else "" for row, inside in zip(rows, words, strict=True)
        ),
    }


def scope_of(row: pd.Series, evidence: Evidence) -> Scope:
    """What one row costed, dims (row,) of length 1."""
    return Scope(**_attributes([row], evidence))


def level_rows(evidence: Evidence) -> list[pd.Series]:
    """Rows of unit costs that the model fits or predicts: per victim, or a total with its count of victims.

    A held-out total beside the held-out unit cost of its study says nothing new and is left out; of two that
    train, the guards let only one in.
    """
    table = evidence.anchors
    chosen = table[
        (table["module"] == "unit_cost") & table["measure"].isin(LEVELS) & table["role"].isin(ROLES)
    ]
    each = chosen["per"] == ""
    held_out = chosen["role"] == "holdout"
    predicted = set(chosen.loc[each & held_out, ["study", "components"]].itertuples(index=False, name=None))
    pairs = [pair in predicted for pair in chosen[["study", "components"]].itertuples(index=False, name=None)]
    return [row for _, row in chosen[each | ~(held_out & np.array(pairs, dtype=bool))].iterrows()]


def ratio_rows(evidence: Evidence) -> list[pd.Series]:
    """Rows of ratios within a study that the model fits or predicts."""
    table = evidence.anchors
    chosen = (
        (table["module"] == "unit_cost")
        & (table["measure"] == "ratio")
        & table["role"].isin(ROLES)
        & (table["of_components"] != "")
    )
    return [row for _, row in table[chosen].iterrows()]


def unit_cost_data(evidence: Evidence) -> UnitCostData:
    """Unit-cost levels of `train` and `holdout` in model units (MODEL.md section 2).

    Args:
        evidence: Anchors, mixes, grades, prices and life tables.

    Returns:
        One row a level; ratios within a study are in `ratio_data`.

    Raises:
        EvidenceError: If no row trains the model, or a price or mix is missing.
    """
    rows = level_rows(evidence)
    if not any(row.role == "train" for row in rows):
        raise EvidenceError(
            "anchors.csv: no unit-cost row has role train; the unit-cost model needs at least one"
        )
    multiples = [harmonise.gdp_per_capita_multiple(row, evidence=evidence) for row in rows]
    return UnitCostData(
        ids=tuple(str(row.name) for row in rows),
        log_multiple=np.log(multiples),
        own_sd=np.array([harmonise.printed_error(row, evidence) for row in rows]),
        cluster=tuple(row.cluster or row.study for row in rows),
        train=np.array([row.role == "train" for row in rows]),
        **_attributes(rows, evidence),
    )


def ratio_data(evidence: Evidence) -> RatioData:
    """Ratios within a study, `train` and `holdout`, in model units (MODEL.md eq. 8-9).

    Returns:
        One row a ratio, in the order of anchors.csv; no row where the evidence holds none.
    """
    rows = ratio_rows(evidence)
    above, below = (
        _attributes(rows, evidence, components=components, mix=mix)
        for components, mix in (("components", "mix"), ("of_components", "of_mix"))
    )
    return RatioData(
        ids=tuple(str(row.name) for row in rows),
        log_ratio=np.log([harmonise.level(row)[0] for row in rows]),
        own_sd=np.array([harmonise.printed_error(row, evidence) for row in rows]),
        train=np.array([row.role == "train" for row in rows], dtype=bool),
        numerator=Scope(**above),
        denominator=Scope(**below),
    )
