"""Incidence and detection of every country from a prevalence posterior (MODEL.md eq. 11): forward draws."""

from collections.abc import Mapping

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from costmodel.evidence import harmonise
from costmodel.evidence.register import Evidence
from costmodel.model.prevalence import capacity, count_data, hidden_estimates
from costmodel.model.priors import Priors, draw
from costmodel.randomness import generator

Array = NDArray[np.float64]

OWN_ESTIMATE = "own counts and an estimate of the hidden population"
OWN_COUNTS = "own counts"
REGION_ONLY = "no counts: predictive distribution of the subregion"


def evidence_labels(evidence: Evidence) -> dict[str, str]:
    """What each country's incidence rests on, by iso3."""
    data = count_data(evidence)
    found = hidden_estimates(evidence, data)
    estimated = {data.countries[i] for i in found.country[found.train]}
    return {
        iso3: OWN_ESTIMATE if iso3 in estimated else OWN_COUNTS if iso3 in data.countries else REGION_ONLY
        for iso3 in evidence.countries.index
    }


def split_rate(
    rate: Array, *, centre: Array, incidence_centre: Array, sd: Array, share: Array, floor: float, u: Array
) -> Array:
    """Log incidence given log incidence x detection: truncated conditional normal (MODEL.md eq. 11).

    Args:
        rate: Log registered rate, dims (draw,) [log per child and year].
        centre: Its prior mean, dims (draw,).
        incidence_centre: Prior mean of log incidence, dims (draw,).
        sd: Between-country SD of `rate`, dims (draw,).
        share: Share of that variance which is incidence, dims (draw,).
        floor: Log of the largest detection.
        u: Uniform draws, dims (draw,).

    Returns:
        Log incidence, at least `rate` - `floor`, dims (draw,) [log per child and year].
    """
    mean = incidence_centre + share * (rate - centre)
    spread = sd * np.sqrt(share * (1 - share))
    lower = (rate - floor - mean) / spread
    drawn: Array = stats.truncnorm.ppf(u, lower, np.inf, loc=mean, scale=spread)
    return drawn


def _flat(posterior: xr.Dataset, name: str, **where: str) -> Array:
    """One quantity over all chains, dims (draw,)."""
    return np.asarray(posterior[name].sel(where).to_numpy().reshape(-1), dtype=float)


def country_rates(posterior: xr.Dataset, evidence: Evidence, *, seed: int) -> xr.Dataset:
    """Incidence and detection of every country in the last year of the counts (MODEL.md eq. 11).

    Args:
        posterior: Prevalence posterior, dims (chain, draw, ...).
        evidence: The evidence it was fitted to.
        seed: Seed of the forward draws, keyed by country.

    Returns:
        `log_incidence` [log new child victims per child and year] and `log_detection` [log share of new
        victims registered], dims (chain, draw, country), all countries of the evidence.
    """
    floor = float(np.log(harmonise.constant(evidence, "detection_cap")))
    flat = {name: _flat(posterior, name) for name in _SCALARS}
    shape, sd = posterior["log_incidence_mean"].shape, flat["country_sd"]
    counted, placed = set(posterior["country"].to_numpy()), set(posterior["place"].to_numpy())
    cap, subregion = capacity(evidence), evidence.countries["subregion"]
    log_incidence, log_rate = [], []
    for iso3 in evidence.countries.index:
        rng = generator(seed, name=f"incidence.{iso3}")
        noise, u = rng.normal(size=sd.size), rng.uniform(size=sd.size)
        incidence_centre = flat["log_incidence_mean"] + _flat(
            posterior, "subregion_effect", subregion=subregion[iso3]
        )
        detection = flat["log_detection_child"] + flat["detection_capacity"] * cap[iso3]
        centre = incidence_centre + flat["level_all_ages"] - flat["log_incidence_mean"] + detection
        own = iso3 in counted
        rate = _flat(posterior, "log_registered_rate", country=iso3) if own else centre + sd * noise
        if iso3 in placed:
            value = _flat(posterior, "log_incidence_place", place=iso3)
        else:
            value = split_rate(
                rate,
                centre=centre,
                incidence_centre=incidence_centre,
                sd=sd,
                share=flat["incidence_share"],
                floor=floor,
                u=u,
            )
        log_incidence.append(value.reshape(shape))
        log_rate.append(rate.reshape(shape))
    dims = ("chain", "draw", "country")
    stacked = np.stack(log_incidence, axis=-1)
    detection = np.stack(log_rate, axis=-1) - stacked
    coords = {
        "chain": posterior["chain"],
        "draw": posterior["draw"],
        "country": list(evidence.countries.index),
    }
    return xr.Dataset({"log_incidence": (dims, stacked), "log_detection": (dims, detection)}, coords=coords)


_SCALARS = (
    "level_all_ages",
    "log_detection_child",
    "log_incidence_mean",
    "detection_capacity",
    "country_sd",
    "incidence_share",
)


def prior_sd(priors: Priors, evidence: Evidence, *, n_draws: int, seed: int) -> Mapping[str, Array]:
    """Prior standard deviation of log incidence and log detection of each country, dims (country,) [log]."""
    d = {name: draw(priors, name, n_draws=n_draws, seed=seed) for name in _PRIOR_NAMES}
    cap = capacity(evidence).to_numpy()
    country_sd = d["country_sd"]
    floor = float(np.log(harmonise.constant(evidence, "detection_cap")))
    sds: dict[str, list[float]] = {"incidence": [], "detection": []}
    for iso3, level in zip(evidence.countries.index, cap, strict=True):
        rng = generator(seed, name=f"prior.{iso3}")
        incidence_centre = d["log_incidence_mean"] + d["subregion_sd"] * rng.normal(size=n_draws)
        detection = d["log_detection_mean"] + d["log_detection_child"] + d["detection_capacity"] * level
        centre = incidence_centre + detection
        rate = centre + country_sd * rng.normal(size=n_draws)
        value = split_rate(
            rate,
            centre=centre,
            incidence_centre=incidence_centre,
            sd=country_sd,
            share=d["incidence_share"],
            floor=floor,
            u=rng.uniform(size=n_draws),
        )
        sds["incidence"].append(float(value.std()))
        sds["detection"].append(float((rate - value).std()))
    return {name: np.array(values) for name, values in sds.items()}


_PRIOR_NAMES = (
    "log_incidence_mean",
    "log_detection_mean",
    "log_detection_child",
    "detection_capacity",
    "country_sd",
    "incidence_share",
    "subregion_sd",
)
