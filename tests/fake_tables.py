"""Made-up tables and a made-up result in the form a run has them: for the tests of figures and briefing only.

Nothing here is an estimate of anything. Draws come from a fixed seed; each table is summarised from them the
way a run does it, so that its columns, its skewness and its awkward cases are those of a run.
"""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import xarray as xr

from costmodel.summary import binned, summarise, summarise_ratio
from costmodel.views import OF_EFFECTS

OPTIONS = {
    "no_further_action": "No further action",
    "protect": "Guardianship for unaccompanied children, and housing for those who leave exploitation",
    "online": "Rules for online platforms",
    "inform": "Migration information for adolescents",
}
COMPARATOR = "no_further_action"
PRESETS = ("eu_3", "zero")
COUNTRIES = {"AUT": "Austria", "BEL": "Belgium", "CZE": "Czechia", "NLD": "Netherlands", "ROU": "Romania"}
VIEWS = (("societal", "trafficking"), ("societal", "all_violence"), ("fiscal", "trafficking"))
YEARS = np.arange(2026, 2046)
UNIT = "EUR2024"
CHAINS, DRAWS = 4, 500
DRAWN = {"draws": CHAINS * DRAWS, "chains": CHAINS}
COMPONENTS = {
    "coordination": 0.01,
    "law": 0.08,
    "services": 0.07,
    "health": 0.12,
    "output": 0.27,
    "quality": 0.45,
}
PAYERS = {
    "child and social welfare": 0.09,
    "coordinating ministry": 0.01,
    "health": 0.08,
    "interior and justice": 0.08,
    "treasury": 0.08,
    "victims and households": 0.66,
}
GROUP_FORMS = {"all": 1.0, "sexual": 0.5, "labour": 0.2, "other": 0.3}
GROUP_AGES = {"all": 1.0, "0 to 4": 0.02, "5 to 11": 0.18, "12 to 14": 0.3, "15 to 17": 0.5}
GROUP_SEXES = {"all": 1.0, "female": 0.6, "male": 0.4}
# share of the burden averted, its spread, and spend as a share of the mean burden
LEVERS = {
    "no_further_action": (0.0, 0.0, 0.0),
    "protect": (0.12, 0.06, 0.03),
    "online": (0.08, 0.09, 0.012),
    "inform": (0.012, 0.05, 0.02),
}


def fake_draws(seed: int = 20261123, *, size: float = 8e9) -> dict[str, xr.DataArray]:
    """Draw a skewed burden, the share each option averts, and what each option costs."""
    rng = np.random.default_rng(seed)
    shape = (CHAINS, DRAWS)

    def draw(values: np.ndarray) -> xr.DataArray:
        return xr.DataArray(values, dims=("chain", "draw"))

    burden = draw(size * rng.lognormal(-0.4, 0.95, shape))
    gain = {o: draw(m + s * rng.normal(size=shape)).clip(-0.3, 0.8) for o, (m, s, _) in LEVERS.items()}
    spend = {o: draw(size * k * rng.lognormal(0, 0.2, shape)) for o, (_, _, k) in LEVERS.items()}
    other = draw(size * 0.9 * rng.lognormal(-0.3, 0.8, shape))
    return (
        {"burden": burden, "other": other}
        | {f"gain_{o}": g for o, g in gain.items()}
        | {f"spend_{o}": s for o, s in spend.items()}
    )


def fake_tables(*, size: float = 8e9, countries: dict[str, str] = COUNTRIES) -> dict[str, pd.DataFrame]:
    """Build every table of a run."""
    draws = fake_draws(size=size)
    return {
        "headline": _headline(draws),
        "readings": _readings(draws),
        "delay": _delay(draws),
        "payback": _payback(draws),
        "public_funds": _public_funds(draws),
        "value_judgements": value_judgements(draws),
        "ministries": _ministries(draws),
        "budget_by_ministry": _budget_by_ministry(draws),
        "cost_by_year": _cost_by_year(draws),
        "acceptability": _acceptability(draws),
        "victims": _victims(draws, size=size),
        "victim_groups": _victim_groups(draws, size=size),
        "burden_by_component": _parts(draws, "component", COMPONENTS),
        "burden_by_payer": _parts(draws, "payer", PAYERS),
        "annual_cost": _annual_cost(draws),
        "budget_impact": _budget_impact(draws),
        "countries": _countries(countries),
        "learning": _learning(countries),
        "break_even": _break_even(),
        "net_benefit_draws": _net_benefit_draws(draws),
        "programmes": _programmes(draws),
        "holdout": _holdout(),
        "diagnostics": _diagnostics(),
        "sources": _sources(),
    }


def tables_of_budgets(draws: dict[str, xr.DataArray]) -> dict[str, pd.DataFrame]:
    """Build the tables that the budgets of a briefing are made of, and no other."""
    return {
        "headline": _headline(draws),
        "ministries": _ministries(draws),
        "budget_by_ministry": _budget_by_ministry(draws),
        "acceptability": _acceptability(draws),
        "diagnostics": _diagnostics(),
    }


def fake_result(**changes: object) -> SimpleNamespace:
    """Build a result as the pipeline returns it; `changes` replace fields of the scenario or record."""
    converged = changes.pop("converged", True)
    tables = changes.pop("tables", None) or fake_tables()
    titles = changes.pop("titles", OPTIONS)
    descriptions = changes.pop("descriptions", {})
    fields = {
        "title": "Preventing child trafficking in five countries",
        "description": "Made-up figures to try the layout.",
        "describes": "",
        "author": "The costmodel developers",
        "reviewed_by": "",
        "fictional": False,
        "countries": list(COUNTRIES),
        "start": 2026,
        "end": 2045,
        "currency": "EUR",
        "price_year": 2024,
        "discount": list(PRESETS),
        "comparator": COMPARATOR,
        "overlap": "partial",
        "reduction_cap": None,
        "not_modelled": ["Return of survivors to a country outside the five"],
        "options": {
            key: SimpleNamespace(title=title, description=descriptions.get(key, ""))
            for key, title in titles.items()
        },
    }
    return SimpleNamespace(
        scenario=SimpleNamespace(**(fields | changes)),
        evidence=SimpleNamespace(
            countries=pd.DataFrame({"name": COUNTRIES}),
            discounting=pd.DataFrame({"preset": ["eu_3", "zero"], "from_year": [0, 0], "rate": [0.03, 0.0]}),
        ),
        record={"run_id": "a1b2c3d4", "version": "0.1.0", "converged": converged, **DRAWN},
        tables=tables,
    )


def _row(draws: xr.DataArray, **labels: object) -> pd.DataFrame:
    """Summarise draws into one labelled row."""
    return summarise(draws).assign(**labels)


def _together(rows: list[pd.DataFrame], *columns: str) -> pd.DataFrame:
    """Put rows together with their labels in front."""
    return pd.concat(rows, ignore_index=True)[[*columns, "mean", "low", "mid", "high", "mcse"]]


def _net(
    draws: dict[str, xr.DataArray], option: str, *, discount: str, perspective: str, scope: str
) -> tuple[xr.DataArray, ...]:
    """Draws of burden, cost of inaction and spend of one cell of the headline table."""
    factor = (1.0 if discount == "eu_3" else 1.45) * (1.0 if perspective == "societal" else 0.3)
    base = draws["burden"] + (4 * draws["other"] if scope == "all_violence" else 0)
    saved = factor * base * draws[f"gain_{option}"]
    spend = draws[f"spend_{option}"] * (1.0 if discount == "eu_3" else 1.3)
    return factor * base - saved, saved, spend


def _headline(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: the comparator has its burden only, and other violence is a societal line only."""
    rows = []
    for option in OPTIONS:
        for discount in PRESETS:
            for perspective, scope in VIEWS:
                labels = {"option": option, "discount": discount, "perspective": perspective, "scope": scope}
                burden, saved, spend = _net(draws, **labels)
                net = saved - spend
                if scope == "trafficking":
                    rows.append(_row(burden, **labels, quantity="burden", unit=UNIT))
                if option == COMPARATOR:
                    continue
                averted = saved / draws["burden"] * 180_000
                rows += [
                    _row(averted, **labels, quantity="victims_averted", unit="children"),
                    _row(saved, **labels, quantity="cost_of_inaction", unit=UNIT),
                    _row(spend, **labels, quantity="spend", unit=UNIT),
                    _row(net, **labels, quantity="net_benefit", unit=UNIT),
                    _row(net * 0.06, **labels, quantity="cost_of_delay", unit=UNIT),
                    _row(
                        (net > 0).astype(float),
                        **labels,
                        quantity="probability_net_benefit_positive",
                        unit="probability",
                    ),
                ]
                if spend.any():
                    rows.append(
                        summarise_ratio(saved, spend).assign(
                            **labels, quantity="benefit_cost_ratio", unit="ratio"
                        )
                    )
    return _together(rows, "option", "discount", "perspective", "scope", "quantity", "unit")


def _readings(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: what depends on the effects, half as large for the sceptic, twice for the enthusiast."""
    parts = []
    for reading, factor in {"evidence": 1.0, "sceptical": 0.5, "enthusiast": 2.0}.items():
        changed = {k: factor * v if k.startswith("gain_") else v for k, v in draws.items()}
        table = _headline(changed)
        table = table[table["quantity"].isin(OF_EFFECTS) & (table["option"] != COMPARATOR)]
        parts.append(table.assign(reading=reading))
    columns = ["option", "reading", "discount", "perspective", "scope", "quantity", "unit"]
    return _together(parts, *columns)


def _delay(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: more is lost by the longer delay, and a day is a 365th of a year."""
    parts = []
    for option, discount, (perspective, scope) in product(OPTIONS, PRESETS, VIEWS):
        labels = {"option": option, "discount": discount, "perspective": perspective, "scope": scope}
        if option != COMPARATOR:
            _, saved, spend = _net(draws, **labels)
            for years in (1, 2, 5):
                lost = (saved - spend) * 0.06 * years
                parts.append(_row(lost, **labels, years=years, quantity="cost_of_delay", unit=UNIT))
            day = (saved - spend) * 0.06 / 365.25
            parts.append(_row(day, **labels, years=1, quantity="price_of_waiting", unit=f"{UNIT}/day"))
    columns = ["option", "discount", "perspective", "scope", "years", "quantity", "unit"]
    return _together(parts, *columns)


def _payback(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: net benefit cumulated evenly over the years; who gains has repaid from the first on."""
    parts = []
    for option, scope, year in product(OPTIONS, ("trafficking", "all_violence"), YEARS):
        if option != COMPARATOR:
            _, saved, spend = _net(draws, option, discount="eu_3", perspective="societal", scope=scope)
            net = (saved - spend) * float(year - YEARS[0] + 1) / YEARS.size
            repaid = int(YEARS[0]) if float(net.mean()) >= 0 else None
            row = _row(net, option=option, discount="eu_3", scope=scope, year=year, unit=UNIT)
            years = pd.array([repaid], dtype="Int64")
            parts.append(row.assign(payback_year=years, break_even_year=years))
    last = ["payback_year", "break_even_year"]
    table = _together(parts, "option", "discount", "scope", "year", "unit", *last)
    return table[[*(name for name in table if name not in last), *last]]


def _public_funds(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: what people gain, what it costs public budgets, and the ratio; one option pays for itself."""
    parts = []
    for option, discount in product(OPTIONS, PRESETS):
        if option == COMPARATOR:
            continue
        labels = {"option": option, "discount": discount}
        _, saved, spend = _net(draws, option, discount=discount, perspective="societal", scope="trafficking")
        gain, cost = 0.7 * saved, spend - 0.3 * saved
        parts.append(_row(gain, **labels, quantity="willingness_to_pay", unit=UNIT))
        parts.append(_row(cost, **labels, quantity="net_public_cost", unit=UNIT))
        value = float(gain.mean() / cost.mean()) if cost.mean() > 0 else float("inf")
        none = dict.fromkeys(("low", "mid", "high"), float("nan"))
        ratio = {"mean": value, **none, "mcse": float("nan") if np.isinf(value) else 0.1}
        parts.append(pd.DataFrame([ratio]).assign(**labels, quantity="mvpf", unit="ratio"))
    return _together(parts, "option", "discount", "quantity", "unit")


def value_judgements(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: benefit larger or smaller by judgement, the unweighted line first."""
    factors = {("unweighted", "default"): 1.0, ("qaly_value", "estimate"): 1.0, ("equity_weight", "1.3"): 1.4}
    factors |= {
        ("qaly_value", "statistical_life"): 2.0,
        ("public_funds", "1"): 1.0,
        ("public_funds", "1.2"): 1.1,
    }
    same = {"discount": "eu_3", "perspective": "societal", "scope": "trafficking"}
    parts = []
    for option in (key for key in OPTIONS if key != COMPARATOR):
        _, saved, spend = _net(draws, option, **same)
        for (judgement, value), factor in factors.items():
            labels = {"option": option, "judgement": judgement, "value": value, **same}
            net = factor * saved - spend
            parts.append(_row(net, **labels, quantity="net_benefit", unit=UNIT))
            ratio = summarise_ratio(factor * saved, spend)
            parts.append(ratio.assign(**labels, quantity="benefit_cost_ratio", unit="ratio"))
            chance = {"quantity": "probability_net_benefit_positive", "unit": "probability"}
            parts.append(_row((net > 0).astype(float), **labels, **chance))
    return _together(parts, "option", "judgement", "value", *same, "quantity", "unit")


def _bodies(saved: xr.DataArray, paid: xr.DataArray) -> dict[str, tuple[xr.DataArray, xr.DataArray]]:
    """One ministry that saves, one that pays, one that does neither, and both together."""
    none = saved * 0
    return {
        "health": (0.3 * saved, none),
        "education": (none, paid),
        "treasury": (none, none),
        "all government": (0.3 * saved, paid),
    }


def _ministries(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: ministries, all government and society, what they save and pay, and how often they gain."""
    parts = []
    for option, discount in product(OPTIONS, PRESETS):
        if option == COMPARATOR:
            continue
        _, saved, spend = _net(draws, option, discount=discount, perspective="societal", scope="trafficking")
        for name, (gain, paid) in {**_bodies(saved, spend), "society": (saved, spend)}.items():
            perspective = {"all government": "fiscal", "society": "societal"}.get(name, "ministry")
            net = gain - paid
            labels = {"option": option, "discount": discount, "perspective": perspective, "ministry": name}
            for quantity, values in {"saved": gain, "outlay": paid, "net_saving": net}.items():
                parts.append(_row(values, **labels, quantity=quantity, unit=UNIT))
            chance = {"quantity": "probability_net_saving_positive", "unit": "probability"}
            parts.append(_row((net > 0).astype(float), **labels, **chance))
    return _together(parts, "option", "discount", "perspective", "ministry", "quantity", "unit")


def _budget_by_ministry(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: savings that grow over the years, outlay that does not, at inflation of 2% from 2024 on."""
    parts = []
    growth = xr.DataArray(np.arange(10) / 200, dims="year", coords={"year": YEARS[:10]})
    for option in OPTIONS:
        if option == COMPARATOR:
            continue
        _, saved, spend = _net(draws, option, discount="zero", perspective="societal", scope="trafficking")
        for name, (gain, paid) in _bodies(saved * growth, spend / 20 + 0 * growth).items():
            for flow, values in {"saved": gain, "outlay": paid, "net": gain - paid}.items():
                labels = {"option": option, "ministry": name, "flow": flow}
                parts.append(_row(values, **labels, unit=f"{UNIT}/year"))
    table = _together(parts, "option", "year", "ministry", "flow", "unit")
    return table.assign(
        inflation=0.02,
        nominal_mean=table["mean"] * 1.02 ** (table["year"] - 2024),
        share_of_gdp=table["mean"] / 2e12,
        share_of_central_expense=table["mean"] / 6e11,
    )


def _cost_by_year(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    rows = [
        _row(
            draws["burden"] * share / 20, option=option, year=year, component=name, payer="health", unit=UNIT
        )
        for option, year, (name, share) in product(OPTIONS, YEARS[:2], COMPONENTS.items())
    ]
    return _together(rows, "option", "year", "component", "payer", "unit")


def _acceptability(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: net benefit of every option, how often it is the best, and what choosing it loses."""
    parts = []
    for scope, multiple in product(("trafficking", "all_violence"), (0.5, 1.0)):
        nets = []
        for option in OPTIONS:
            _, saved, spend = _net(draws, option, discount="eu_3", perspective="societal", scope=scope)
            nets.append(saved * multiple - (0 if option == COMPARATOR else spend))
        net = xr.concat([nets[0] * 0, *nets[1:]], "option")
        best = (net == net.max("option")).astype(float)
        for place, option in enumerate(OPTIONS):
            labels = {"option": option, "discount": "eu_3", "scope": scope, "qaly_multiple": multiple}
            for quantity, unit, values in (
                ("probability_best", "probability", best),
                ("expected_loss", UNIT, net.max("option") - net),
                ("net_benefit", UNIT, net),
            ):
                parts.append(_row(values.isel(option=place), **labels, quantity=quantity, unit=unit))
    return _together(parts, "option", "discount", "scope", "qaly_multiple", "quantity", "unit")


def _victims(draws: dict[str, xr.DataArray], *, size: float) -> pd.DataFrame:
    rows = []
    scale = draws["burden"] / size * 9000
    for option in OPTIONS:
        for i, year in enumerate(YEARS):
            path = scale * (1 - 0.005 * i) * (1 - draws[f"gain_{option}"] * min(i / 6, 1))
            for quantity, factor in (("new_victims", 1.0), ("registered", 0.16), ("stock", 2.4)):
                rows.append(_row(path * factor, option=option, year=year, quantity=quantity))
    return _together(rows, "option", "year", "quantity")


def _victim_groups(draws: dict[str, xr.DataArray], *, size: float) -> pd.DataFrame:
    """Every group the same share of all of them, in the order of a run: one country, then all."""
    rows = []
    scale = draws["burden"] / size * 9000
    for quantity, unit in (("new_victims", "children/year"), ("stock", "children")):
        for country, part in (("AUT", 0.1), ("all", 1.0)):
            for form, age, sex in product(GROUP_FORMS, GROUP_AGES, GROUP_SEXES):
                share = GROUP_FORMS[form] * GROUP_AGES[age] * GROUP_SEXES[sex]
                labels = {"country": country, "quantity": quantity, "form": form, "age": age, "sex": sex}
                rows.append(_row(scale * part * share, **labels, unit=unit))
    labels = ("country", "quantity", "form", "age", "sex")
    return pd.concat(rows, ignore_index=True)[[*labels, "mean", "low", "mid", "high", "mcse", "unit"]]


def _parts(draws: dict[str, xr.DataArray], name: str, shares: dict[str, float]) -> pd.DataFrame:
    rows = []
    for option in OPTIONS:
        for discount in PRESETS:
            burden = _net(draws, option, discount=discount, perspective="societal", scope="trafficking")[0]
            rows += [
                _row(burden * s, option=option, discount=discount, **{name: part}, unit=UNIT)
                for part, s in shares.items()
            ]
    return _together(rows, "option", "discount", name, "unit")


def _annual_cost(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    rows = []
    for option in OPTIONS:
        for i, year in enumerate(YEARS):
            yearly = draws["burden"] / 15 * 1.015**i
            for accounting, factor in (
                ("incident_lifetime", 1.0),
                ("annual_stock", 0.55 + 0.015 * i),
                ("fiscal", 0.2 + 0.005 * i),
            ):
                rows.append(
                    _row(
                        yearly * factor, option=option, year=year, accounting=accounting, unit=f"{UNIT}/year"
                    )
                )
    return _together(rows, "option", "year", "accounting", "unit")


def _budget_impact(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    rows = []
    for option in OPTIONS:
        for year in YEARS[:5]:
            for payer in ("health", "treasury"):
                rows.append(_row(draws["burden"] / 200, option=option, year=year, payer=payer, unit=UNIT))
    return _together(rows, "option", "year", "payer", "unit")


def _countries(countries: dict[str, str]) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    rows = []
    for iso3 in countries:
        for quantity, unit, centre in (
            ("new_victims", "children/year", 1500),
            ("registered", "children/year", 210),
            ("incidence_per_100k", "per 100,000 children/year", 40),
            ("detection", "share", 0.14),
            ("stock", "children", 3400),
            ("burden_share_of_gdp", "share", 0.0006),
        ):
            values = xr.DataArray(centre * rng.lognormal(0, 0.8, (CHAINS, DRAWS)), dims=("chain", "draw"))
            rows.append(
                _row(values, country=iso3, quantity=quantity, unit=unit, evidence="counts of 12 years")
            )
    table = pd.concat(rows, ignore_index=True)
    return table[["country", "quantity", "unit", "mean", "low", "mid", "high", "mcse", "evidence"]]


def _learning(countries: dict[str, str]) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = [
        {
            "country": iso3,
            "quantity": quantity,
            "prior_sd": prior,
            "posterior_sd": prior * (0.55 if iso3 == "NLD" else rng.uniform(0.85, 0.99)),
            "evidence": "counts of 12 years" + (" and a multiple-systems estimate" if iso3 == "NLD" else ""),
        }
        for iso3 in countries
        for quantity, prior in (("incidence", 1.5), ("detection", 1.2))
    ]
    return pd.DataFrame(rows)


def _break_even() -> pd.DataFrame:
    columns = ["option", "discount", "quantity", "value", "repays", "current", "probability"]
    rows = []
    for discount in PRESETS:
        rows += [
            ("protect", discount, "incidence_per_100k", 11.0, "from", 38.0, 0.87),
            ("protect", discount, "effect_multiplier", 0.28, "from", 1.0, 0.86),
            ("protect", discount, "unit_cost_multiplier", 0.28, "from", 1.0, 0.86),
            ("online", discount, "incidence_per_100k", 6.1, "from", 38.0, 0.79),
            ("online", discount, "effect_multiplier", 0.16, "from", 1.0, 0.79),
            ("inform", discount, "incidence_per_100k", 61.0, "from", 38.0, 0.46),
            ("inform", discount, "effect_multiplier", np.nan, "never", 1.0, 0.46),
        ]
    return pd.DataFrame(rows, columns=columns)


def _net_benefit_draws(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    """As in a run: options whose net benefit is the same in all draws have no bins."""
    rows = []
    for option in OPTIONS:
        for discount in PRESETS:
            for perspective, scope in VIEWS:
                labels = {"option": option, "discount": discount, "perspective": perspective, "scope": scope}
                _, saved, spend = _net(draws, **labels)
                if option != COMPARATOR and (saved - spend).any():
                    rows.append(binned(saved - spend).assign(**labels))
    columns = ["option", "discount", "perspective", "scope", "bin_low", "bin_high", "share"]
    return pd.concat(rows, ignore_index=True)[columns]


def _programmes(draws: dict[str, xr.DataArray]) -> pd.DataFrame:
    rows = [
        (
            "protect",
            "guardianship",
            "Guardians for unaccompanied children",
            "on_move",
            "incidence",
            0.5,
            0.70,
            0.89,
            1.12,
            "elicited",
            "No trial has measured trafficking; the effect is a judgement.",
        ),
        (
            "protect",
            "outreach_housing",
            "Outreach and housing",
            "victims",
            "duration",
            0.3,
            0.66,
            0.86,
            1.10,
            "trial",
            "A trial measured running away, not trafficking; shrunk for that.",
        ),
        (
            "online",
            "online_regulation",
            "Duties of care for online platforms",
            "online",
            "incidence",
            0.8,
            0.72,
            0.91,
            1.15,
            "elicited",
            "No study; the effect is a judgement.",
        ),
        (
            "inform",
            "migration_information",
            "Migration information campaigns",
            "corridor",
            "incidence",
            0.4,
            0.84,
            0.98,
            1.14,
            "trial",
            "Trials find changed knowledge and hardly changed behaviour.",
        ),
    ]
    first = ["option", "programme", "name", "target_group", "acts_on", "coverage_end"]
    last = ["rr_low", "rr_mid", "rr_high", "basis", "sentence"]
    table = pd.DataFrame(rows, columns=[*first, *last])
    table = table.assign(reached_end=10_000 * table["coverage_end"])
    first = [*first, "reached_end"]
    spent = pd.concat([summarise(draws[f"spend_{option}"]) for option in table["option"]], ignore_index=True)
    return pd.concat([table[first], spent, table[last]], axis=1)


def _holdout() -> pd.DataFrame:
    columns = [
        "id",
        "study",
        "unit",
        "printed",
        "low",
        "mid",
        "high",
        "currency",
        "price_year",
        "z",
        "inside",
    ]
    rows = [
        (
            "made_up_unit",
            "made_up_2018",
            "GBP/victim",
            328720.0,
            150000.0,
            290000.0,
            610000.0,
            "GBP",
            2016.5,
            0.3,
            True,
        ),
        (
            "made_up_lower",
            "made_up_2021",
            "GBP/victim",
            89240.0,
            110000.0,
            210000.0,
            470000.0,
            "GBP",
            2018.5,
            -1.9,
            False,
        ),
        ("made_up_share", "made_up_2020", "share of GDP", 0.014, 0.006, 0.015, 0.032, "", 2017.0, -0.1, True),
    ]
    return pd.DataFrame(rows, columns=columns)


def _diagnostics() -> pd.DataFrame:
    columns = [
        "submodel",
        "parameters",
        "rhat_max",
        "ess_bulk_min",
        "ess_tail_min",
        "divergences",
        "non_finite",
        "draws",
        "seconds",
    ]
    rows = [
        ("unit_cost", 41, 1.003, 1480.0, 1622.0, 0, 0, 4000, 35.0),
        ("prevalence", 640, 1.008, 612.0, 745.0, 0, 0, 4000, 540.0),
        ("violence", 14, 1.002, 2210.0, 2034.0, 0, 0, 4000, 9.0),
        ("effects", 25, 1.001, 3950.0, 3702.0, 0, 0, 4000, 3.0),
    ]
    return pd.DataFrame(rows, columns=columns)


def _sources() -> pd.DataFrame:
    rows = [
        (
            "ec_thb_2020",
            "anchors (unit cost)",
            "@misc{ec_thb_2020, author = {{European Commission}}, title = {Costs}, year = {2020}}",
        ),
        (
            "unodc_glotip",
            "victims (prevalence)",
            "United Nations Office on Drugs and Crime. Data on trafficking in persons, dataunodc.un.org.",
        ),
        ("assumption", "priors", "Elicited by the authors; the reason stands in each row."),
    ]
    return pd.DataFrame(rows, columns=["key", "used_by", "reference"])
