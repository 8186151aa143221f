"""What a run folder keeps of the draws beside its headline: components of the burden, parameters, log densities."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from costmodel.appraisal import Appraisal
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.parameters import Parameter, parameter_draws
from costmodel.scenario import Scenario

#: Draws that are divided, compared and regressed, never added up over millions of terms: half the size on disk.
KEPT = np.float32


def with_drivers(
    headline: xr.Dataset,
    total: Appraisal,
    scenario: Scenario,
    *,
    parameters: Sequence[Parameter],
    terms: xr.Dataset,
) -> xr.Dataset:
    """Draws of the headline with what they rest on (MODEL.md eq. 65, 66).

    Args:
        headline: Burden, spend, outlay and other violence averted, dims (chain, draw, option, discount).
        total: What was simulated.
        scenario: Options and presets.
        parameters: Parameters of the run.
        terms: Log densities, as `model.terms.log_terms` returns them, thinned as the headline; empty without a fit.

    Returns:
        The same data set with `burden_by_component` (chain, draw, option, discount, component) [currency of the
        price year], `parameter_value` (chain, draw, parameter) [unit of each], and, where there is a fit,
        `log_likelihood` (term) and `log_prior` (prior).
    """
    shape = (headline.sizes["chain"], -1, len(COMPONENTS))
    by_component = np.stack(
        [
            np.stack([total.burden[option, preset].reshape(shape) for preset in scenario.discount], axis=2)
            for option in scenario.options
        ],
        axis=2,
    )
    dims = ("chain", "draw", "option", "discount", "component")
    added = {"burden_by_component": (dims, by_component.astype(KEPT))}
    drivers = headline.assign(added).assign_coords(component=list(COMPONENTS))
    if parameters:
        drawn = parameter_draws(parameters, n_chains=headline.sizes["chain"])
        drivers = drivers.assign(parameter_value=drawn.astype(KEPT))
    return drivers.assign({str(name): values for name, values in terms.items()})
