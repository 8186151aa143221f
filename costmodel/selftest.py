"""What `costmodel selftest` shows: laws and closed forms on made-up draws, in seconds and without a fit."""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from scipy import stats

from costmodel import ages, appraisal, economics, lifetime, programmes
from costmodel.appraisal import Appraisal
from costmodel.evidence import Evidence, read_evidence
from costmodel.evidence.harmonise import COMPONENTS, FORMS
from costmodel.evidence.scope import ratio_data, unit_cost_data
from costmodel.scenario import Scenario, scenario_from_table
from costmodel.simulation import Flows, annual_stock_cost, simulate

Array = NDArray[np.float64]

CHAINS, DRAWS = 2, 20
COUNTRIES = ("NLD", "BEN")
#: Relative difference below which two ways to the same number agree: the rest is rounding of floats.
TOLERANCE = 1e-9

#: Made-up medians and log-SDs of what is positive, by name.
POSITIVE = {
    "years_services": (5.0, 0.3),
    "years_quality": (20.0, 0.3),
    "between_study_sd": (0.25, 0.2),
    "value_of_qaly_reference": (2.0, 0.2),
    "duration_sexual": (1.0, 0.4),
    "duration_labour": (1.5, 0.4),
    "duration_other": (0.8, 0.4),
    **{
        ages.RATES[form, band]: (mid, 0.4)
        for form in FORMS
        for band, mid in zip(ages.BELOW_OLDEST, (0.05, 0.4, 0.8), strict=True)
    },
    "years_violence_harm": (60.0, 0.1),
    "relative_risk_group": (3.0, 0.4),
    "relative_risk_on_move": (8.0, 0.3),
}
#: Made-up medians and SDs of what may have any sign.
REAL = {
    "log_severity_undetected": (-0.2, 0.2),
    "elasticity_services": (1.0, 0.1),
    "elasticity_value_high": (0.8, 0.1),
    "elasticity_value_low": (1.0, 0.1),
    "log_detection_labour": (-0.3, 0.2),
    "log_detection_other": (-0.2, 0.2),
    "log_detection_boys": (0.1, 0.2),
    "log_voltage_drop": (-0.35, 0.1),
}
#: Made-up medians of shares; their log odds have an SD of one half.
SHARES = {
    "uptake_law": 0.2,
    "uptake_services": 0.1,
    "uptake_health": 0.4,
    "definition_severity": 0.5,
    "duration_cost_share": 0.5,
    "multi_form_share": 0.2,
    "causal_share": 0.65,
    "online_share": 0.3,
    "venue_share": 0.4,
    "overlap": 0.65,
    "displacement": 0.2,
    "displacement_enforcement": 0.33,
    "last_mile": 0.6,
}
#: Made-up lifetime cost by component [GDP per capita; QALYs for quality].
COSTS = {"coordination": 0.05, "law": 0.4, "services": 0.5, "health": 1.0, "output": 4.0, "quality": 6.0}
#: Made-up figures of countries: mean over countries, step from one to the next, SD over draws [log].
NATIONAL = {
    "log_incidence": (np.log(4e-4), 0.5, 0.6),
    "log_detection": (np.log(0.15), -0.7, 0.5),
    "log_definition": (0.0, 0.2, 0.1),
    "log_daly_share": (np.log(0.015), 0.1, 0.3),
    "log_transfer_error": (0.0, 0.0, 0.3),
}


class _Noise:
    """Normal quantiles in a new order at each call: no chance, yet no two quantities move together."""

    def __init__(self, n_draws: int) -> None:
        self.quantiles = stats.norm.ppf((np.arange(n_draws) + 0.5) / n_draws)
        self.strides = [step for step in range(3, 20 * n_draws) if np.gcd(step, n_draws) == 1]
        self.called = 0

    def __call__(self) -> Array:
        order = (np.arange(self.quantiles.size) + 1) * self.strides[self.called % len(self.strides)]
        shuffled: Array = np.roll(self.quantiles[order % self.quantiles.size], 7 * self.called)
        self.called += 1
        return shuffled.reshape(CHAINS, -1)


def _plain_quantities(noise: _Noise) -> dict[str, Any]:
    """Made-up quantities that are one number a draw."""
    dims = ("chain", "draw")
    data: dict[str, Any] = {name: (dims, mid * np.exp(sd * noise())) for name, (mid, sd) in POSITIVE.items()}
    data |= {name: (dims, mid + sd * noise()) for name, (mid, sd) in REAL.items()}
    shares = {name: 1 / (1 + (1 / mid - 1) * np.exp(0.5 * noise())) for name, mid in SHARES.items()}
    data |= {name: (dims, values) for name, values in shares.items()}
    return data | {"log_likelihood_bound": (dims, -0.02 * np.exp(0.5 * noise()))}


def _national_quantities(noise: _Noise, countries: Sequence[str]) -> dict[str, Any]:
    """Made-up quantities of countries."""
    dims, data = ("chain", "draw"), dict[str, Any]()
    for name, (mid, step, sd) in NATIONAL.items():
        by_country = [mid + step * i + sd * noise() for i in range(len(countries))]
        data[name] = ((*dims, "country"), np.stack(by_country, axis=-1))
    still = np.zeros((CHAINS, DRAWS))
    odds = [[still if f == 0 else 0.3 * noise() - f for _ in countries] for f in range(len(FORMS))]
    data["log_form_odds"] = (("form", "country", *dims), np.array(odds))
    girls = [[2.0 - 1.5 * f + 0.3 * noise() for _ in countries] for f in range(len(FORMS))]
    data["log_girl_odds"] = (("form", "country", *dims), np.array(girls))
    widths = np.full(len(countries), 1.5)
    data |= {f"prior_sd_{name}": ("country", widths) for name in ("incidence", "detection")}
    return data | {"evidence_label": ("country", ["made up"] * len(countries))}


def hand_draws(evidence: Evidence, *, countries: Sequence[str] = COUNTRIES) -> xr.Dataset:
    """Made-up draws in the form of `joint.national_draws`: simple numbers, no sampling, no chance.

    Args:
        evidence: Names of programmes and anchors.
        countries: ISO3 codes.

    Returns:
        Data set over (chain, draw) with country, form, sex, component, programme and anchor.
    """
    noise, dims = _Noise(CHAINS * DRAWS), ("chain", "draw")
    data = _plain_quantities(noise) | _national_quantities(noise, countries)
    spread = [[[np.log(COSTS[name]) + 0.3 * noise() for _ in range(2)] for _ in FORMS] for name in COMPONENTS]
    costs = np.moveaxis(np.array(spread), (-2, -1), (0, 1))
    data["log_unit_cost"] = ((*dims, "component", "form", "sex"), costs)
    effects, anchors = evidence.effects, unit_cost_data(evidence)
    mean, sd = effects["prior_log_rr_mean"].to_numpy(), effects["prior_log_rr_sd"].to_numpy()
    log_rr = [m + s * noise() for m, s in zip(mean, sd, strict=True)]
    data["log_rr"] = ((*dims, "programme"), np.stack(log_rr, axis=-1))
    trials = effects[effects["basis"] == "trial"]
    on_trial = [m + s * noise() for m, s in zip(trials["log_rr_study"], trials["se_study"], strict=True)]
    data["log_rr_trial"] = ((*dims, "trial"), np.stack(on_trial, axis=-1))
    predicted = [value + 0.3 * noise() for value in anchors.log_multiple]
    data["prediction"] = ((*dims, "anchor"), np.stack(predicted, axis=-1))
    ratios = ratio_data(evidence)
    of_ratios = [value + 0.3 * noise() for value in ratios.log_ratio]
    data["ratio_prediction"] = ((*dims, "ratio"), np.stack(of_ratios, axis=-1))
    coords = {
        "country": list(countries),
        "form": list(FORMS),
        "sex": ["female", "male"],
        "component": list(COMPONENTS),
        "programme": list(effects.index),
        "trial": list(trials.index),
        "anchor": list(anchors.ids),
        "ratio": list(ratios.ids),
        "chain": np.arange(CHAINS),
        "draw": np.arange(DRAWS),
    }
    return xr.Dataset(data, coords=coords)


def hand_scenario(options: dict[str, dict[str, Any]], **changes: Any) -> Scenario:
    """A made-up question for `COUNTRIES`: levers by option and programme, beside an empty comparator."""
    table = {
        "schema": 1,
        "title": "Made up",
        "fictional": True,
        "countries": list(COUNTRIES),
        "start": 2026,
        "end": 2035,
        "price_year": 2024,
        "discount": ["eu_3", "zero"],
        "comparator": "inaction",
        "options": {"inaction": {}, **{key: {"programmes": levers} for key, levers in options.items()}},
    }
    return scenario_from_table(table | changes)


def _reports(evidence: Evidence) -> tuple[list[Flows], Appraisal]:
    """Flows and sums of a scenario whose options differ in one way each."""
    enforce, more = {"coverage": 0.3}, {"coverage": 0.6}
    scenario = hand_scenario(
        {
            "nothing": {},
            "enforce": {"specialised_enforcement": enforce},
            "enforce_more": {"specialised_enforcement": more},
            "both": {"specialised_enforcement": enforce, "parenting": {"coverage": 0.2}},
        }
    )
    draws = hand_draws(evidence)
    flows = [simulate(draws, scenario, country=name, evidence=evidence) for name in COUNTRIES]
    return flows, appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)


def _closed_forms() -> Iterator[tuple[str, float, float]]:
    """Numbers that can be had on paper."""
    factors = economics.discount_factors([(0, 0.21)], n_years=2)
    yield "100 in each of two years at 21%, mid-year", 100 / 1.1 + 100 / 1.331, float(100 * factors.sum())
    yield (
        "average discount over 20 years at 3%",
        (1 - np.exp(-0.6)) / 0.6,
        float(lifetime.average_discount(0.03, 20.0)),
    )
    share = programmes.incidence_share(0.1, relative_risk=3.0)
    yield "one child in ten at three times the risk: share of victims", 0.25, float(share)
    pair = programmes.combine_factors([[[0.5]], [[0.8]]], overlap=[1.0])
    yield "two independent programmes leave 50% and 80%: jointly", 0.4, float(pair.item())
    alone = programmes.combine_factors([[[0.8]]], overlap=[0.2])
    yield "a lone programme is not shrunk by overlap", 0.8, float(alone.item())
    path = 1.03 ** np.arange(lifetime.N_YEARS + 1)
    even = economics.lifetime_factor(np.full((1, 10), 0.1), value_index=path, factors=1 / path, n_years=1)
    yield "values that grow at the discount rate", 1.0, float(even.item())
    cost = np.ones((1, 30, len(COMPONENTS)))
    profile = {name: np.linspace(1.0, 0.1, 60)[None, :] for name in COMPONENTS}
    steady = annual_stock_cost(cost, profile, np.ones(130), before=cost[:, 0])
    yield "steady state: cost of new victims = cost falling in the year", 30.0, float(steady[0, :, 0].sum())


def _laws(flows: list[Flows], total: Appraisal, evidence: Evidence) -> Iterator[tuple[str, float, float]]:
    """What must hold whatever the numbers are."""
    burden = {option: total.burden[option, "eu_3"] for option, preset in total.burden if preset == "eu_3"}
    nothing = np.abs(burden["inaction"] - burden["nothing"]).max()
    yield "an option without programmes: largest cost of inaction", 0.0, float(nothing)
    yield "an option without programmes: spend", 0.0, float(total.spend["nothing", "eu_3"].max())
    few, many, harms = 0.0, 0.0, 0.0
    for country in flows:
        fewer = country.new_victims["enforce"] - country.new_victims["enforce_more"]
        protects = (country.new_victims["inaction"] >= country.new_victims["enforce"]).all(axis=1)
        few, many = few + float((fewer[protects] < 0).sum()), many + float(protects.sum())
        harms += float((fewer[~protects] > 0).sum())
    yield "more coverage: draw-years with more victims though it protects", 0.0, few
    yield "more coverage: draw-years with fewer victims though it harms", 0.0, harms
    alone, joined = (
        np.sum([country.programme_spend[option]["specialised_enforcement"] for country in flows])
        for option in ("enforce", "both")
    )
    yield "a programme costs the same beside another one", float(alone), float(joined)
    payers, shares, public = appraisal.payer_rows(evidence)
    whole = float(burden["inaction"].sum())
    yield f"{len(payers)} payers bear the whole burden", whole, float((burden["inaction"] @ shares).sum())
    yield (
        "fiscal part of the burden above the whole",
        0.0,
        max(0.0, float((burden["inaction"] @ public).sum()) - whole),
    )
    undiscounted = total.burden["inaction", "zero"].sum(axis=1)
    lower = float((undiscounted < burden["inaction"].sum(axis=1)).sum())
    yield "draws in which discounting at 3% raises the burden", 0.0, lower


def _agree(expected: float, found: float) -> bool:
    """Whether two numbers are the same but for rounding; 0 is met exactly."""
    return abs(found - expected) <= TOLERANCE * abs(expected)


def run_selftest(*, quiet: bool) -> pd.DataFrame:
    """Check closed forms and laws on made-up draws.

    Args:
        quiet: No message on stderr.

    Returns:
        One row a check: check, expected, found, passed.
    """
    if not quiet:
        print("Checking closed forms and laws on made-up draws", file=sys.stderr, flush=True)
    evidence = read_evidence()
    flows, total = _reports(evidence)
    found: list[Callable[[], Iterator[tuple[str, float, float]]]] = [
        _closed_forms,
        lambda: _laws(flows, total, evidence),
    ]
    rows = [(*row, _agree(row[1], row[2])) for part in found for row in part()]
    return pd.DataFrame(rows, columns=["check", "expected", "found", "passed"])
