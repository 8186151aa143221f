"""The sub-models together: what is fitted, and one data set of draws over all countries."""

from collections.abc import Callable, Mapping

import numpy as np
import pymc as pm
import xarray as xr

from costmodel.ages import RATES
from costmodel.draws import DEFAULT_ESTIMAND
from costmodel.evidence.harmonise import FORMS
from costmodel.evidence.register import Evidence
from costmodel.model.effects import build_effects
from costmodel.model.forms import build_forms
from costmodel.model.prevalence import build_prevalence
from costmodel.model.priors import Priors, draw
from costmodel.model.rates import country_rates, evidence_labels, prior_sd
from costmodel.model.unit_cost import build_unit_cost
from costmodel.model.violence import build_violence
from costmodel.randomness import generator

Builder = Callable[[Evidence, Priors], pm.Model]

#: Sub-models; they share no parameter (a test checks it), so each is fitted and cached apart.
BUILDERS: Mapping[str, Builder] = {
    "unit_cost": build_unit_cost,
    "prevalence": build_prevalence,
    "forms": build_forms,
    "violence": build_violence,
    "effects": build_effects,
}

#: The one soft bound of the model; its likelihood is kept so that a run can say how much it moves.
BOUND = "odi_vac_2014_share"
#: Quantities of the simulation that no data inform: drawn forward from their priors, keyed by name.
CARRIED = (
    "elasticity_services",
    "value_of_qaly_reference",
    "elasticity_value_high",
    "elasticity_value_low",
    "definition_severity",
    "duration_cost_share",
    "duration_sexual",
    "duration_labour",
    "duration_other",
    "log_detection_labour",
    "log_detection_other",
    "log_detection_boys",
    "multi_form_share",
    *RATES.values(),
    "causal_share",
    "log_voltage_drop",
    "years_violence_harm",
    "relative_risk_group",
    "relative_risk_on_move",
    "online_share",
    "venue_share",
    "overlap",
    "displacement",
    "displacement_enforcement",
    "last_mile",
)
FITTED = {
    "unit_cost": (
        "log_unit_cost",
        "years_services",
        "years_quality",
        "uptake_law",
        "uptake_services",
        "uptake_health",
        "log_severity_undetected",
        "between_study_sd",
        "prediction",
        "ratio_prediction",
    ),
    "effects": ("log_rr", "log_rr_trial"),
}


def build_model(evidence: Evidence, priors: Priors) -> dict[str, pm.Model]:
    """All sub-models by name, ready to sample."""
    return {name: build(evidence, priors) for name, build in BUILDERS.items()}


def log_definition(prevalence: xr.Dataset, log_incidence: xr.DataArray, evidence: Evidence) -> xr.DataArray:
    """Log breadth of each country's definition of victim against its subregion's (MODEL.md eq. 14).

    Args:
        prevalence: Prevalence posterior, dims (chain, draw, ...).
        log_incidence: Incidence of every country from `rates.country_rates`, dims (chain, draw, country).
        evidence: Country facts.

    Returns:
        `definition_share` of the deviation of incidence from the subregion, dims (chain, draw, country)
        [log].
    """
    subregions = [evidence.countries.at[iso3, "subregion"] for iso3 in evidence.countries.index]
    effects = prevalence["subregion_effect"].sel(subregion=subregions).transpose("chain", "draw", "subregion")
    centre = prevalence["log_incidence_mean"].to_numpy()[..., None] + effects.to_numpy()
    breadth: xr.DataArray = prevalence["definition_share"] * (log_incidence - centre)
    return breadth


def _own_or_of_region(
    own: xr.DataArray, region: xr.DataArray, *, sd: xr.DataArray, evidence: Evidence, seed: int, key: str
) -> xr.DataArray:
    """Log odds of every country: its own, or its region's with a deviation, dims of `own` in some order [log odds]."""
    known, parts = set(own["country"].to_numpy()), []
    for iso3 in evidence.countries.index:
        if iso3 in known:
            parts.append(own.sel(country=iso3, drop=True))
            continue
        typical = region.sel(region=evidence.countries.at[iso3, "region"], drop=True)
        noise = typical.copy(data=generator(seed, name=f"{key}.{iso3}").normal(size=typical.shape))
        parts.append(typical + sd * noise)
    return xr.concat(parts, dim="country").assign_coords(country=list(evidence.countries.index))


def form_odds(forms: xr.Dataset, evidence: Evidence, *, seed: int) -> xr.DataArray:
    """Log odds of each form among registered children; the region's where a country reports none (MODEL.md eq. 15).

    Args:
        forms: Forms posterior, dims (chain, draw, ...).
        evidence: Country facts.
        seed: Seed of the forward draws, keyed by country.

    Returns:
        Dims (chain, draw, country, form) in some order, 0 for the first form [log odds].
    """
    own, region, sd = (forms[f"form_{name}"] for name in ("log_odds", "region", "country_sd"))
    odds = _own_or_of_region(own, region, sd=sd, evidence=evidence, seed=seed, key="form")
    reference = xr.zeros_like(odds.isel(contrast=[0])).assign_coords(contrast=[FORMS[0]])
    return xr.concat([reference, odds], dim="contrast").rename(contrast="form")


def girl_odds(forms: xr.Dataset, evidence: Evidence, *, seed: int) -> xr.DataArray:
    """Log odds of a girl among registered children of each form; the region's without counts (MODEL.md eq. 15c).

    Args:
        forms: Forms posterior, dims (chain, draw, ...).
        evidence: Country facts.
        seed: Seed of the forward draws, keyed by country.

    Returns:
        Dims (chain, draw, country, form) in some order [log odds].
    """
    own, region, sd = (forms[f"girl_{name}"] for name in ("log_odds", "region", "country_sd"))
    typical = xr.concat([forms[f"girl_form_{form}"] for form in FORMS], dim="form").assign_coords(
        form=list(FORMS)
    )
    # What a country adds to every form alike: its own odds of any one form less those typical of the form.
    added = own.isel(form=0, drop=True) - typical.isel(form=0, drop=True)
    place = _own_or_of_region(added, region, sd=sd, evidence=evidence, seed=seed, key="girl")
    return typical + place


def _violence(violence: xr.Dataset, evidence: Evidence) -> xr.DataArray:
    """Log burden of other violence of every country; missing where a country has no GDP."""
    return violence["log_daly_share"].reindex(country=list(evidence.countries.index))


def national_outputs(name: str, posterior: xr.Dataset, evidence: Evidence, *, seed: int) -> xr.Dataset | None:
    """National outputs that are computed from the draws of a sub-model, for the gate.

    Unit costs, burdens of other violence and relative risks stand in the posterior itself.

    Args:
        name: Sub-model.
        posterior: Its posterior, dims (chain, draw, ...).
        evidence: The evidence it was fitted to.
        seed: Seed of the forward draws, keyed by quantity and country.

    Returns:
        `log_incidence` and `log_detection` of every country for prevalence, `log_form_odds` and
        `log_girl_odds` for forms, dims (chain, draw, country, ...); None for the other sub-models.
    """
    if name == "prevalence":
        return country_rates(posterior, evidence, seed=seed)
    if name == "forms":
        return xr.Dataset(
            {
                "log_form_odds": form_odds(posterior, evidence, seed=seed),
                "log_girl_odds": girl_odds(posterior, evidence, seed=seed),
            }
        )
    return None


def national_draws(
    trees: Mapping[str, xr.DataTree], evidence: Evidence, priors: Priors, *, seed: int
) -> xr.Dataset:
    """Draws of every quantity of the simulation on shared chains and draws (symbols: priors.csv).

    Args:
        trees: Fits by sub-model, as `fit.fit_all` returns them.
        evidence: The evidence they were fitted to.
        priors: The priors they were fitted with.
        seed: Seed of the forward draws, keyed by quantity and country.

    Returns:
        Data set over (chain, draw) with country, form, sex, component and programme where they apply, labelled
        with its estimand.
    """
    fits = {name: tree["posterior"].to_dataset() for name, tree in trees.items()}
    rates = country_rates(fits["prevalence"], evidence, seed=seed)
    shape = (rates.sizes["chain"], rates.sizes["draw"])
    n_draws = shape[0] * shape[1]
    dims = ("chain", "draw")
    carried = {
        name: (dims, draw(priors, name, n_draws=n_draws, seed=seed).reshape(shape)) for name in CARRIED
    }
    error = priors["log_transfer_error"]
    transfer = [
        generator(seed, name=f"transfer.{iso3}").normal(error.p1, error.p2, size=shape)
        for iso3 in evidence.countries.index
    ]
    countries = list(evidence.countries.index)
    labels = evidence_labels(evidence)
    widths = prior_sd(priors, evidence, n_draws=n_draws, seed=seed)
    return xr.Dataset(
        {
            **rates.data_vars,
            **{f"prior_sd_{name}": ("country", width) for name, width in widths.items()},
            "evidence_label": ("country", [labels[iso3] for iso3 in countries]),
            **{name: fits[module][name] for module, names in FITTED.items() for name in names},
            **carried,
            "log_likelihood_bound": trees["violence"]["log_likelihood"][BOUND].sum(
                [d for d in trees["violence"]["log_likelihood"][BOUND].dims if d not in dims]
            ),
            "log_definition": log_definition(fits["prevalence"], rates["log_incidence"], evidence),
            "log_form_odds": form_odds(fits["forms"], evidence, seed=seed),
            "log_girl_odds": girl_odds(fits["forms"], evidence, seed=seed),
            "log_daly_share": _violence(fits["violence"], evidence),
            "log_transfer_error": ((*dims, "country"), np.stack(transfer, axis=-1)),
        },
        attrs={"estimand": DEFAULT_ESTIMAND},
    ).drop_vars("contrast", errors="ignore")
