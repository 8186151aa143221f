"""What an economist brings: a sub-model of one's own, or draws made elsewhere; checked before anything rests on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pymc as pm
import xarray as xr

from costmodel.draws import check_estimand
from costmodel.errors import ModelError, suggestion
from costmodel.evidence.harmonise import COMPONENTS, FORMS
from costmodel.model.joint import BOUND, BUILDERS, CARRIED, FITTED, Builder

Dims = tuple[str, ...]

#: Dims of what is fitted, beside chain and draw; none where a quantity is not named here.
_DIMS: Mapping[str, Dims] = {
    "log_unit_cost": ("component", "form", "sex"),
    "prediction": ("anchor",),
    "ratio_prediction": ("ratio",),
    "log_rr": ("programme",),
    "log_rr_trial": ("trial",),
    **dict.fromkeys(("log_registered_rate", "log_daly_share"), ("country",)),
    "log_incidence_place": ("place",),
    "subregion_effect": ("subregion",),
    "form_log_odds": ("country", "contrast"),
    "form_region": ("region", "contrast"),
    "girl_log_odds": ("country", "form"),
    "girl_region": ("region",),
}
_PREVALENCE = (
    *("level_all_ages", "log_detection_child", "log_incidence_mean", "detection_capacity", "country_sd"),
    *(
        "incidence_share",
        "definition_share",
        "subregion_effect",
        "log_registered_rate",
        "log_incidence_place",
    ),
)
_FORMS = (
    *("form_log_odds", "form_region", "form_country_sd"),
    *("girl_log_odds", *(f"girl_form_{form}" for form in FORMS), "girl_region", "girl_country_sd"),
)
#: Variables that the sub-models are joined by: a builder of one's own makes them under the same names.
NEEDED: Mapping[str, tuple[str, ...]] = {
    **FITTED,
    "prevalence": _PREVALENCE,
    "forms": _FORMS,
    "violence": ("log_daly_share", BOUND),
}
#: Dims of every quantity of the simulation beside chain and draw, see `joint.national_draws`.
QUANTITIES: Mapping[str, Dims] = {
    **{name: _DIMS.get(name, ()) for names in FITTED.values() for name in names},
    **dict.fromkeys(CARRIED, ()),
    **dict.fromkeys(("log_incidence", "log_detection", "log_definition"), ("country",)),
    **dict.fromkeys(("log_daly_share", "log_transfer_error"), ("country",)),
    **dict.fromkeys(("log_form_odds", "log_girl_odds"), ("country", "form")),
    "log_likelihood_bound": (),
}
#: What belongs to the draws without being drawn.
FIXED: Mapping[str, Dims] = dict.fromkeys(
    ("prior_sd_incidence", "prior_sd_detection", "evidence_label"), ("country",)
)
#: May be missing for a country as a whole: one without a GDP.
MAY_LACK = ("log_daly_share",)
LABELS = {"form": FORMS, "component": COMPONENTS, "sex": ("female", "male")}
REMEDY = "begin with a copy of fit_all(evidence).draws and replace what is yours"


def chosen_builders(own: Mapping[str, Builder] | None) -> dict[str, Builder]:
    """The builders of all sub-models, some of them one's own.

    Args:
        own: Builders by the name of the sub-model that they replace.

    Returns:
        By name, in the order of `BUILDERS`.

    Raises:
        ModelError: If there is no sub-model of that name.
    """
    for name in own or {}:
        if name not in BUILDERS:
            hint = suggestion(name, BUILDERS) or f"; the sub-models are {', '.join(BUILDERS)}"
            raise ModelError(f"builders: there is no sub-model {name!r} to replace{hint}")
    return {**BUILDERS, **(own or {})}


def check_model(name: str, model: Any) -> None:
    """Check that a sub-model makes what the others and the simulation need of it, before minutes of sampling.

    Args:
        name: The sub-model it stands for.
        model: What its builder returned.

    Raises:
        ModelError: If it is no model, or lacks a variable or its dims; every problem, one a line.
    """
    if not isinstance(model, pm.Model):
        raise ModelError(
            f"builders: {name}: the builder returns {type(model).__name__}; it must return a pm.Model"
        )
    if not model.free_RVs:
        raise ModelError(f"builders: {name}: the model has nothing to sample; give it a free variable")
    problems = []
    for variable in NEEDED.get(name, ()):
        wanted = _DIMS.get(variable, ())
        if variable not in model.named_vars:
            dims = f", dims ({', '.join(wanted)})" if wanted else ""
            problems.append(
                f"builders: {name}: no variable {variable!r}{dims}, by which the sub-models are joined"
            )
        elif variable != BOUND and (given := _dims_of(model, variable)) != wanted:
            problems.append(f"builders: {name}: {variable!r} has dims {given}; give it {wanted}")
    if problems:
        raise ModelError("\n".join(problems))


def _dims_of(model: pm.Model, variable: str) -> Dims:
    return tuple(str(dim) for dim in model.named_vars_to_dims.get(variable) or ())


def check_draws(dataset: xr.Dataset) -> None:
    """Check that draws made elsewhere hold every quantity of the simulation.

    Args:
        dataset: Draws; see `joint.national_draws`.

    Raises:
        ModelError: If a quantity, a dim or a label is missing, or a number is not finite; or if the draws
            are of another estimand than its name says. Every problem, one a line.
    """
    missing = [dim for dim in ("chain", "draw") if dim not in dataset.dims]
    if missing:
        raise ModelError(f"draws: no dim {' and no dim '.join(missing)}; every draw has a chain and a number")
    problems = [*_shape_problems(dataset), *_label_problems(dataset)]
    problems = problems or [*_number_problems(dataset)]
    if problems:
        raise ModelError("\n".join(problems))
    check_estimand(dataset, known_only=True)


def _shape_problems(dataset: xr.Dataset) -> Iterator[str]:
    """Name the quantities that are missing, or have other dims."""
    wanted = {name: {"chain", "draw", *dims} for name, dims in QUANTITIES.items()}
    wanted |= {name: set(dims) for name, dims in FIXED.items()}
    for name, dims in wanted.items():
        if name not in dataset.data_vars:
            near = suggestion(name, [str(other) for other in dataset.data_vars if other not in wanted])
            yield f"draws: no variable {name!r}{near.replace('did you mean', 'is it')}; {REMEDY}"
        elif set(dataset[name].dims) != dims:
            given = ", ".join(str(dim) for dim in dataset[name].dims)
            yield f"draws: {name!r} has dims ({given}); give it ({', '.join(sorted(dims))})"


def _label_problems(dataset: xr.Dataset) -> Iterator[str]:
    """Name the dims whose labels are not those of the simulation."""
    for dim in sorted({dim for dims in (*QUANTITIES.values(), *FIXED.values()) for dim in dims}):
        if dim in dataset.dims and dim not in dataset.coords:
            yield f"draws: the dim {dim!r} has no labels; give it a coordinate"
        elif dim in LABELS and dim in dataset.dims and set(dataset[dim].to_numpy()) != set(LABELS[dim]):
            yield f"draws: the labels of {dim!r} must be {', '.join(LABELS[dim])}"


def _number_problems(dataset: xr.Dataset) -> Iterator[str]:
    """Name the quantities with numbers that are not finite."""
    for name in QUANTITIES:
        values = dataset[name]
        finite = np.isfinite(values)
        if name in MAY_LACK:
            finite = finite | values.isnull().all(["chain", "draw"])
        if not finite.all():
            share = 1 - float(finite.mean())
            yield f"draws: {name!r} is not finite in {share:.2g} of its numbers; mend or leave out those draws"


def check_covers(draws: xr.Dataset, *, countries: Iterable[str], programmes: Iterable[str]) -> None:
    """Check that draws hold the countries and programmes of a question.

    Args:
        draws: Draws; see `joint.national_draws`.
        countries: ISO3 codes.
        programmes: Ids of programmes.

    Raises:
        ModelError: If one is missing.
    """
    for dim, asked in (("country", countries), ("programme", programmes)):
        lacking = sorted(set(asked) - set(draws[dim].to_numpy()))
        if lacking:
            raise ModelError(
                f"draws: the posterior has no {dim} {', '.join(lacking)}; bring draws of it, or leave it out"
            )


def content_key(dataset: xr.Dataset) -> str:
    """Hash of draws by content: who runs again with other draws gets another run."""
    digest = hashlib.sha256()
    for name in sorted(str(name) for name in dataset.variables):
        values = dataset[name]
        digest.update(f"{name} {values.dims} {values.dtype.kind}".encode())
        numbers = values.dtype.kind in "fiub"
        digest.update(
            np.ascontiguousarray(values).tobytes() if numbers else repr(values.to_numpy().tolist()).encode()
        )
    return digest.hexdigest()[:24]
