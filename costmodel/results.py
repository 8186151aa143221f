"""The tidy tables of a run, from draws to mean, 90% interval and Monte Carlo error."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from costmodel import (
    acceptability,
    appraisal,
    budgets,
    by_country,
    deliveries,
    economics,
    groups,
    judgements,
    ministries,
    trust,
    waiting,
)
from costmodel.appraisal import FISCAL, SOCIETAL, TRAFFICKING, Appraisal, labelled
from costmodel.budget_offsets import with_offsets
from costmodel.draws import estimand_of, flat
from costmodel.evidence import Evidence
from costmodel.evidence.harmonise import COMPONENTS
from costmodel.scenario import Scenario, years
from costmodel.summary import binned, draws_needed
from costmodel.views import (
    SUMMARY,
    VIEWS,
    Cell,
    delay_row,
    readings_table,
    summary_row,
    summary_rows,
    summary_table,
    view_rows,
    views,
)

Array = NDArray[np.float64]
#: Tables about studies, bounds and parameters, not about victims: they have no estimand of a run.
NOT_OF_VICTIMS = ("holdout", "bounds", "parameters", "parameter_sources")
#: Units of what is neither money nor persons.
WITHOUT_UNIT = ("probability", "ratio")


def _burden_cells(total: Appraisal, scenario: Scenario, evidence: Evidence) -> Iterator[Cell]:
    """Burden of every option, whole and its public part."""
    unit, public = f"{scenario.currency}{scenario.price_year}", appraisal.payer_rows(evidence)[2]
    for option in scenario.options:
        for preset in scenario.discount:
            for perspective, weights in ((SOCIETAL, np.ones(len(COMPONENTS))), (FISCAL, public)):
                labels = {
                    "option": option,
                    "discount": preset,
                    "perspective": perspective,
                    "scope": TRAFFICKING,
                }
                value = total.burden[option, preset] @ weights
                yield {**labels, "quantity": "burden", "unit": unit}, value


def headline_table(total: Appraisal, scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """Burden, cost of inaction, spend, net benefit, ratios, chance and delay of every option and view.

    Args:
        total: Draws.
        scenario: Options, presets and comparator.
        evidence: Who bears which cost.

    Returns:
        One row an option, preset, view and quantity; `draws_for_1pct` of money and victims (MODEL.md eq. 38e).
    """
    rows = summary_rows([*_burden_cells(total, scenario, evidence)], total)
    for view in views(total, scenario, evidence):
        rows += [*view_rows(view, total, scenario), delay_row(view["labels"], total, scenario, evidence)]
    table = summary_table(rows, ["option", "discount", "perspective", "scope", "quantity", "unit"])
    n_draws = next(iter(total.spend.values())).size
    needed = [
        None if row.unit in WITHOUT_UNIT else draws_needed(row.mean, row.mcse, n_draws=n_draws)
        for row in table.itertuples()
    ]
    return table.assign(draws_for_1pct=pd.Series(needed, index=table.index, dtype=object))


def victims_table(total: Appraisal, scenario: Scenario) -> pd.DataFrame:
    """New, registered and current child victims by option and year."""
    stores = {"new_victims": total.new_victims, "registered": total.registered, "stock": total.stock}
    cells: list[Cell] = [
        ({"option": option, "year": int(year), "quantity": quantity}, store[option][:, i])
        for option in scenario.options
        for quantity, store in stores.items()
        for i, year in enumerate(years(scenario))
    ]
    return summary_table(summary_rows(cells, total), ["option", "year", "quantity"])


def burden_tables(total: Appraisal, scenario: Scenario, evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Burden by component and by payer."""
    unit = f"{scenario.currency}{scenario.price_year}"
    payers, shares, _ = appraisal.payer_rows(evidence)
    by_component: list[Cell] = []
    by_payer: list[Cell] = []
    for option, preset in product(scenario.options, scenario.discount):
        labels = {"option": option, "discount": preset, "unit": unit}
        burden = total.burden[option, preset]
        paid = burden @ shares
        by_component += [({**labels, "component": name}, burden[:, k]) for k, name in enumerate(COMPONENTS)]
        by_payer += [({**labels, "payer": name}, paid[:, k]) for k, name in enumerate(payers)]
    component, payer = (summary_rows(cells, total) for cells in (by_component, by_payer))
    return {
        "burden_by_component": summary_table(component, ["option", "discount", "component", "unit"]),
        "burden_by_payer": summary_table(payer, ["option", "discount", "payer", "unit"]),
    }


def annual_tables(total: Appraisal, scenario: Scenario, evidence: Evidence) -> dict[str, pd.DataFrame]:
    """Undiscounted yearly cost in the three accountings, and the yearly impact on public budgets."""
    cost, budget = [], []
    for option in scenario.options:  # one at a time: all years of all options at once would take gigabytes
        cost += summary_rows([*_accountings(total, scenario, evidence, option=option)], total)
        budget += summary_rows([*_budgets(total, scenario, evidence, option=option)], total)
    return {
        "annual_cost": summary_table(cost, ["option", "year", "accounting", "unit"]),
        "budget_impact": summary_table(budget, ["option", "year", "payer", "unit"]),
    }


def _accountings(total: Appraisal, scenario: Scenario, evidence: Evidence, *, option: str) -> Iterator[Cell]:
    """Yearly cost of an option in the three accountings."""
    unit, public = f"{scenario.currency}{scenario.price_year}/year", appraisal.payer_rows(evidence)[2]
    falling = total.annual_cost[option]
    for i, year in enumerate(years(scenario)):
        accountings: Mapping[str, Array] = {
            "incident_lifetime": total.incident_cost[option][:, i],
            "annual_stock": falling[:, i].sum(axis=1),
            "fiscal": falling[:, i] @ public,
        }
        for name, values in accountings.items():
            yield {"option": option, "year": int(year), "accounting": name, "unit": unit}, values


def _budgets(total: Appraisal, scenario: Scenario, evidence: Evidence, *, option: str) -> Iterator[Cell]:
    """Yearly cost of trafficking to each public payer, and gross outlay of the programmes of an option."""
    unit = f"{scenario.currency}{scenario.price_year}/year"
    payers, shares, _ = appraisal.payer_rows(evidence)
    open_to = set(evidence.payers.loc[evidence.payers["public"] == 1, "payer"])
    for i, year in enumerate(years(scenario)):
        paid = total.annual_cost[option][:, i] @ shares
        labels = {"option": option, "year": int(year), "unit": unit}
        for k, name in enumerate(payers):
            if name in open_to:
                yield {**labels, "payer": name}, paid[:, k]
        yield {**labels, "payer": "programmes of the option"}, total.outlay_by_year[option][:, i]


UNITS = {
    "new_victims": "children/year",
    "registered": "children/year",
    "incidence_per_100k": "per 100,000 children/year",
    "detection": "share",
    "stock": "children",
    "burden_share_of_gdp": "share",
}


def country_tables(total: Appraisal, draws: xr.Dataset) -> dict[str, pd.DataFrame]:
    """National figures under the comparator, and how much the data narrowed each country's prior."""
    names = sorted({country for country, _ in total.countries})
    basis = draws["evidence_label"].to_series()
    cells: list[Cell] = [
        (
            {"country": name, "quantity": quantity, "unit": unit, "evidence": basis[name]},
            total.countries[name, quantity],
        )
        for name in names
        for quantity, unit in UNITS.items()
    ]
    rows = summary_rows(cells, total)
    learnt = [
        {
            "country": name,
            "quantity": quantity,
            "prior_sd": float(draws[f"prior_sd_{quantity}"].sel(country=name)),
            "posterior_sd": float(draws[f"log_{quantity}"].sel(country=name).std()),
            "evidence": basis[name],
        }
        for name in names
        for quantity in ("incidence", "detection")
    ]
    return {
        "countries": summary_table(rows, ["country", "quantity", "unit"], [*SUMMARY, "evidence"]),
        "learning": summary_table(learnt, ["country", "quantity"], ["prior_sd", "posterior_sd", "evidence"]),
    }


def _care_spend(
    total: Appraisal, scenario: Scenario, evidence: Evidence, *, option: str, preset: str
) -> Array:
    """Present value of what an option spends beyond the comparator by registered victim: it follows incidence."""
    rows = evidence.programmes.drop_duplicates("id").set_index("id")
    spend = np.zeros_like(total.spend[option, preset])
    for sign, key in ((1, option), (-1, scenario.comparator)):
        for name in scenario.options[key].programmes:
            if rows.at[name, "target_group"] == "victims":
                cost = 1 - float(rows.at[name, "transfer_share"])
                paid = total.spend_by_programme[key, name, preset]
                spend = spend + sign * cost * (paid - total.fixed_spend.get((key, name, preset), 0.0))
    return spend


def _largest_effect(scenario: Scenario, draws: xr.Dataset, *, option: str) -> float:
    """Multiple of the mean effects at which the strongest programme would end all that it acts on."""
    names = list(scenario.options[option].programmes)
    gains = [1 - float(np.mean(np.exp(flat(draws, "log_rr", programme=name)))) for name in names]
    return 1 / max(gains) if gains and max(gains) > 0 else float("inf")


def break_even_table(
    total: Appraisal, scenario: Scenario, evidence: Evidence, draws: xr.Dataset
) -> pd.DataFrame:
    """At which incidence, effect or unit cost each option would just pay, trafficking only, societal (eq. 40)."""
    first = total.new_victims[scenario.comparator][:, 0]
    current = float(first.mean()) / total.children * appraisal.PER
    rows = []
    for view in views(total, scenario, evidence):
        labels = view["labels"]
        if (labels["perspective"], labels["scope"]) != VIEWS[0]:
            continue
        option = {name: labels[name] for name in ("option", "discount")}
        largest = _largest_effect(scenario, draws, option=labels["option"])
        care = _care_spend(total, scenario, evidence, option=labels["option"], preset=labels["discount"])
        paid = view["net_spend"]
        chance = economics.probability_positive(view["benefit"] - paid)
        for quantity, now, follows, limit in (
            ("incidence_per_100k", current, care, np.inf),
            ("effect_multiplier", 1.0, 0.0, largest),
            ("unit_cost_multiplier", 1.0, 0.0, np.inf),
        ):
            found = _break_even(view["benefit"], paid, follows, now=now, limit=limit)
            rows.append({**option, "quantity": quantity, **found, "current": now, "probability": chance})
    return summary_table(
        rows, ["option", "discount"], ["quantity", "value", "repays", "current", "probability"]
    )


def _break_even(
    benefit: Array, paid: Array, follows: Array | float, *, now: float, limit: float
) -> dict[str, float | str]:
    """The value that just pays, and which side of it does; no effect is larger than a limit."""
    multiple = economics.break_even_multiplier(benefit, spend=paid, following=follows)
    side = economics.repays(benefit, spend=paid, following=follows)
    if multiple > limit:
        return {"value": float("nan"), "repays": {"from": "never", "up to": "always"}[side]}
    return {"value": multiple * now, "repays": side}


def net_benefit_table(total: Appraisal, scenario: Scenario, evidence: Evidence) -> pd.DataFrame:
    """Distribution of net benefit by option and view, in bins that break at zero."""
    parts = []
    for view in views(total, scenario, evidence):
        net = economics.net_benefit(view["benefit"], spend=view["net_spend"])
        if np.ptp(net):
            parts.append(binned(labelled(net, n_chains=total.n_chains)).assign(**view["labels"]))
    columns = ["option", "discount", "perspective", "scope", "bin_low", "bin_high", "share"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def programmes_table(
    total: Appraisal, scenario: Scenario, evidence: Evidence, draws: xr.Dataset
) -> pd.DataFrame:
    """Each programme of each option: coverage, spend, effect and the honest sentence on its evidence."""
    rows = []
    for option, chosen in scenario.options.items():
        for name in chosen.programmes:
            row = evidence.programmes[evidence.programmes["id"] == name].iloc[0]
            effect = evidence.effects.loc[name]
            rr = np.exp(flat(draws, "log_rr", programme=name))
            low, mid, high = np.quantile(rr, [0.05, 0.5, 0.95])
            labels = {
                "option": option,
                "programme": name,
                "name": row["name"],
                "target_group": row["target_group"],
                "acts_on": row["acts_on"],
                "coverage_end": total.coverage_end[option, name],
                "reached_end": total.reached_end[option, name],
            }
            spend = total.spend_by_programme[option, name, scenario.discount[0]]
            told = {
                "rr_low": low,
                "rr_mid": mid,
                "rr_high": high,
                "basis": effect["basis"],
                "sentence": effect["sentence"],
            }
            rows.append({**summary_row(spend, total, **labels), **told})
    first = ["option", "programme", "name", "target_group", "acts_on", "coverage_end", "reached_end"]
    return summary_table(rows, first, [*SUMMARY, "rr_low", "rr_mid", "rr_high", "basis", "sentence"])


def all_tables(
    total: Appraisal,
    *,
    scenario: Scenario,
    evidence: Evidence,
    draws: xr.Dataset,
    diagnostics: pd.DataFrame,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Every table of a run by name; columns are described in `columns.csv` of the run folder."""
    headline = headline_table(total, scenario, evidence)
    make: Mapping[str, Callable[[], pd.DataFrame]] = {
        "headline": lambda: headline,
        "readings": lambda: readings_table(headline, total, scenario, evidence),
        "delay": lambda: waiting.delay_table(total, scenario, evidence),
        "payback": lambda: waiting.payback_table(total, scenario),
        "public_funds": lambda: waiting.public_funds_table(total, scenario, evidence),
        "value_judgements": lambda: judgements.judgements_table(total, scenario, evidence, seed=seed),
        "ministries": lambda: ministries.ministries_table(total, scenario, evidence),
        "budget_by_ministry": lambda: budgets.budget_table(total, scenario, evidence),
        "cost_by_year": lambda: budgets.cost_table(total, scenario, evidence),
        "acceptability": lambda: acceptability.acceptability_table(total, scenario),
        "victims": lambda: victims_table(total, scenario),
        "victim_groups": lambda: groups.groups_table(total),
        "break_even": lambda: break_even_table(total, scenario, evidence, draws),
        "net_benefit_draws": lambda: net_benefit_table(total, scenario, evidence),
        "programmes": lambda: programmes_table(total, scenario, evidence, draws),
        "holdout": lambda: trust.holdout_table(evidence, draws, seed=seed),
        "bounds": lambda: trust.bounds_table(evidence, draws),
    }
    tables = {name: build() for name, build in make.items()}
    tables |= burden_tables(total, scenario, evidence)
    tables |= annual_tables(total, scenario, evidence)
    tables["budget_impact"] = with_offsets(tables["budget_impact"], total, scenario)
    tables |= country_tables(total, draws)
    tables |= by_country.by_country_tables(total, scenario)
    tables = {
        name: table if name in NOT_OF_VICTIMS else table.assign(estimand=estimand_of(draws))
        for name, table in tables.items()
    }
    if total.deliveries:
        tables["delivery"] = deliveries.delivery_table(total, scenario)
    tables["diagnostics"] = diagnostics.drop(columns=["worst", "unusable", "converged"])
    tables["sources"] = trust.sources_table(scenario, evidence)
    return tables
