"""The prevalence sub-model as one would write it first: incidence and detection sampled apart, country by country.

The same priors, likelihood and posterior as `prevalence.build_prevalence`; only the coordinates differ. Counts tell
the sum of the two logs and hardly their difference, so each country is a narrow ridge to walk along. The countries
are centred on their subregion: with standardised deviations instead, the cap on detection has to be a hard edge, at
which nutpie got stuck (R-hat 2.9, 1,153 of 1,200 draws divergent), so this is the better of the two.
"""

from typing import Any

import numpy as np
import pymc as pm
import pytensor.tensor as pt
from pymc.distributions.transforms import Interval

from costmodel.evidence import Evidence, harmonise
from costmodel.model import prevalence
from costmodel.model.priors import Priors, variable


def _observe_counts(data: prevalence.CountData, log_rate: Any, dispersion: Any) -> None:
    """Exact counts, and masked cells as counts censored from below (MODEL.md eq. 12)."""
    mean = pt.exp(log_rate) * data.children
    exact, registered = data.exact, data.registered.astype(int)
    pm.NegativeBinomial("registered", mu=mean[exact], alpha=dispersion, observed=registered[exact])
    masked = pm.NegativeBinomial.dist(mu=mean[~exact], alpha=dispersion)
    pm.Censored(
        "registered_masked", masked, lower=prevalence.MASKED_MAX, upper=None, observed=registered[~exact]
    )


def _observe_cap(
    rate: Any, incidence_centre: Any, detection_centre: Any, *, share: Any, sd: Any, cap: float
) -> None:
    """Normalise the cap on detection given the rate, as the split of the package does (MODEL.md eq. 11)."""
    mean = incidence_centre + share * (rate - incidence_centre - detection_centre)
    spread = sd * pt.sqrt(share * (1 - share))
    below = pm.logcdf(pm.Normal.dist(0, 1), (mean - (rate - cap)) / spread)
    pm.Potential("cap", -below, dims="country")


def build_naive(evidence: Evidence, priors: Priors) -> pm.Model:
    """Prevalence sub-model with log incidence and log detection of each country as parameters.

    Args:
        evidence: What to fit.
        priors: Prior records by name.

    Returns:
        Model with the variables that `rates.country_rates` reads; every country with counts is a `place`.
    """
    data = prevalence.count_data(evidence)
    found = prevalence.hidden_estimates(evidence, data)
    capacity = prevalence.capacity(evidence)[list(data.countries)].to_numpy()
    log_cap = float(np.log(harmonise.constant(evidence, "detection_cap")))
    coords = {
        "country": data.countries,
        "place": data.countries,
        "subregion": data.subregions,
        "regime": data.regimes,
        "estimate": found.ids,
    }
    with pm.Model(coords=coords) as model:
        log_detection_child = variable(priors, "log_detection_child")
        incidence_mean, detection_mean = (
            variable(priors, name) for name in ("log_incidence_mean", "log_detection_mean")
        )
        pm.Deterministic("level_all_ages", incidence_mean + detection_mean)
        deviation = pm.Normal("subregion_deviation", 0, 1, dims="subregion") * variable(
            priors, "subregion_sd"
        )
        pm.Deterministic("subregion_effect", deviation, dims="subregion")
        sd, share = variable(priors, "country_sd"), variable(priors, "incidence_share")
        incidence_centre = incidence_mean + deviation[data.subregion_of]
        detection_centre = (
            detection_mean + log_detection_child + variable(priors, "detection_capacity") * capacity
        )
        incidence = pm.Normal("log_incidence_place", incidence_centre, sd * pt.sqrt(share), dims="place")
        below_cap = Interval(lower=None, upper=log_cap)
        detection = pm.Normal(
            "log_detection",
            detection_centre,
            sd * pt.sqrt(1 - share),
            dims="country",
            default_transform=below_cap,
        )
        rate = pm.Deterministic("log_registered_rate", incidence + detection, dims="country")
        _observe_cap(rate, incidence_centre, detection_centre, share=share, sd=sd, cap=log_cap)

        walk = prevalence._walk(variable(priors, "recording_walk_sd"), len(data.subregions), data.years.size)
        breaks = pt.concatenate([variable(priors, "regime_break", dims="regime"), pt.zeros(1)])
        log_rate = rate[data.country] + walk[data.subregion, data.year] + breaks[data.regime]
        _observe_counts(data, log_rate, variable(priors, "dispersion"))

        widened = prevalence._earlier_regime(found, data, evidence)
        definition = variable(priors, "definition_share") * pt.dot(widened, breaks[:-1])
        drift = variable(priors, "walk_incidence_share") * walk[data.subregion_of[found.country], found.year]
        flow = incidence[found.country] + definition + drift
        prevalence._observe_hidden(found, flow, priors, log_detection_child)
    return model
