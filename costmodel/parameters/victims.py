"""Parameters of the victims of a run: how many, how many are registered, and who they are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from costmodel.appraisal import Appraisal
from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import FORMS
from costmodel.parameters.origins import DETECTION, VICTIMS, WHO, Array, Parameter, Row, alone, priors
from costmodel.scenario import Scenario

ENTRY = tuple(f"entry_rate_{form}_{ages}" for form in FORMS for ages in ("0_4", "5_11", "12_14"))
"""Priors of the ages at which victims enter exploitation."""
BIAS = "mse_bias"
RATES = ("log_incidence_mean", "log_detection_mean", "log_detection_child", BIAS, "mse_error_sd")
"""Priors behind the number of victims and the share of them who are registered."""


def of_victims(
    total: Appraisal, scenario: Scenario, evidence: Evidence, draws: xr.Dataset, *, bias: Array | None
) -> Iterator[Parameter]:
    """New victims, detection, and who the victims are, of the comparator's first year.

    Args:
        total: What was simulated.
        scenario: Its comparator.
        evidence: Counts and estimates of victims.
        draws: Posterior draws, dims (chain, draw, ...).
        bias: Of the log of estimates from linked lists, as it was fitted, dims (draw,); None where draws were brought.

    Yields:
        Parameters, summed over the countries of the run.
    """
    victims = {name: -v.mean() for (name, told), v in total.countries.items() if told == "new_victims"}
    countries = sorted(victims, key=victims.__getitem__)
    new, seen = (store[scenario.comparator][:, 0] for store in (total.new_victims, total.registered))
    trained = evidence.estimates[evidence.estimates["role"] == "train"]
    here = trained["area"].isin(countries)
    counted = tuple(("victims", name) for name in countries)
    own, others = (tuple(("estimates", str(name)) for name in trained.index[one]) for one in (here, ~here))
    rests_on = (*own, *counted, *others, *priors(*RATES))
    label = "New child victims a year, registered or not"
    yield Parameter("new_victims", VICTIMS, label, "children/year", "prevalence", new, rests_on)
    label = "Share of new child victims who are registered"
    yield Parameter("detection", DETECTION, label, "share", "prevalence", seen / new, rests_on)
    if bias is not None:
        label = "Log of what linked lists estimate over all victims"
        rests_on = (*priors(BIAS), *own, *others)
        yield Parameter(BIAS, DETECTION, label, "log", "prevalence", bias, rests_on)
    yield from _who(total, tuple(("victims by group", name) for name in countries))
    label = "Victims exploited in several forms"
    yield alone("multi_form_share", group=WHO, label=label, unit="share", submodel="prevalence", draws=draws)


def _who(total: Appraisal, counted: tuple[Row, ...]) -> Iterator[Parameter]:
    """Forms, girls, ages and time in exploitation, over the countries of the run."""
    new, stock = (
        np.sum([v for (_, told), v in total.groups.items() if told == quantity], axis=0)
        for quantity in ("new_victims", "stock")
    )
    everybody = new.sum(axis=(1, 2, 3))
    for i, form in enumerate(FORMS[:-1]):
        share, label = new[:, i].sum(axis=(1, 2)) / everybody, f"New victims exploited for: {form}"
        rests_on = (*counted, *priors("form_region", "log_detection_labour", "log_detection_other"))
        yield Parameter(f"share_{form}", WHO, label, "share", "forms", share, rests_on)
    girls = new[..., 0].sum(axis=(1, 2)) / everybody
    rests_on = (*counted, *priors("girl_region", "log_detection_boys"))
    yield Parameter("share_girls", WHO, "Girls among new victims", "share", "forms", girls, rests_on)
    young = new[:, :, :2].sum(axis=(1, 2, 3)) / everybody
    rests_on = priors(*ENTRY)
    label = "New victims below the age of 12"
    yield Parameter("share_below_12", WHO, label, "share", "prevalence", young, rests_on)
    time = stock.sum(axis=(1, 2, 3)) / everybody
    label = "Time in exploitation before the 18th birthday"
    rests_on = priors(*(f"duration_{form}" for form in FORMS), *ENTRY)
    yield Parameter("years_in_exploitation", WHO, label, "years", "prevalence", time, rests_on)
