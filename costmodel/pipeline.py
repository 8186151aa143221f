"""The straight line on one screen: from a scenario and evidence to draws, tables and a run folder."""

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from costmodel import appraisal, budgets, record, results
from costmodel.briefing import NOT_MODELLED, meta_of, write_briefing, write_columns, write_figures
from costmodel.briefing.captions import ETHICS_CARD
from costmodel.briefing.meta import NOT_STATED, reviewer
from costmodel.draws import DEFAULT_ESTIMAND, check_estimand, estimand_of, flat
from costmodel.errors import ScenarioError
from costmodel.evidence import Evidence, members
from costmodel.evidence.priors import Prior, as_change, default_priors, with_priors
from costmodel.model.brought import check_covers
from costmodel.model.fit import Posterior, fit_all
from costmodel.model.terms import log_terms
from costmodel.own_programmes import with_own_programmes
from costmodel.parameters import BIAS, Parameter, parameters_table, run_parameters, sources_of
from costmodel.record import check_out
from costmodel.run_draws import with_drivers
from costmodel.scenario import (
    PriorChange,
    Scenario,
    change_priors,
    check_scenario,
    dump_scenario,
    scenario_evidence,
)
from costmodel.simulation import Flows, simulate

__all__ = ["Result", "check_out", "run", "thin", "write_run"]


@dataclass(frozen=True)
class Result:
    """What a run returns.

    Attributes:
        scenario: The question.
        evidence: The evidence it used.
        draws: Headline totals, dims (chain, draw, option, discount) [currency of the price year].
        tables: Tidy tables by name; see `columns.csv` of a run folder.
        record: Versions, hashes, diagnostics, timings: what is needed to make it again.
    """

    scenario: Scenario
    evidence: Evidence
    draws: xr.Dataset
    tables: Mapping[str, pd.DataFrame]
    record: Mapping[str, Any]


def countries_of(scenario: Scenario, evidence: Evidence) -> list[str]:
    """Countries of a scenario, regions resolved, each once."""
    found = {iso3 for code in scenario.countries for iso3 in members(code, evidence)}
    return sorted(found)


def thin(draws: xr.Dataset, n_draws: int | None) -> xr.Dataset:
    """Keep `n_draws` draws evenly spaced over every chain.

    Args:
        draws: Dims (chain, draw, ...).
        n_draws: Draws over all chains; all of them if None.

    Returns:
        The same data set with fewer draws.

    Raises:
        ScenarioError: If more draws are asked for than there are, or fewer than chains.
    """
    if n_draws is None:
        return draws
    n_chains, per_chain = draws.sizes["chain"], draws.sizes["draw"]
    if n_draws > n_chains * per_chain:
        raise ScenarioError(
            f"--draws {n_draws}: the fit holds {n_chains * per_chain}; make a longer one with "
            f"costmodel fit --draws {-(-n_draws // n_chains)} (draws a chain keeps)"
        )
    if n_draws < 4 * n_chains:
        raise ScenarioError(
            f"--draws {n_draws}: too few to state an interval; ask for {4 * n_chains} or more"
        )
    return draws.isel(draw=np.linspace(0, per_chain - 1, n_draws // n_chains).round().astype(int))


def _simulated(
    draws: xr.Dataset, scenario: Scenario, evidence: Evidence, *, seed: int | None, quiet: bool
) -> Iterator[Flows]:
    """Flows country by country, with a progress bar on stderr."""
    names = countries_of(scenario, evidence)
    console = Console(file=sys.stderr, quiet=quiet or not sys.stderr.isatty())
    for country in track(names, description="Simulating", console=console, disable=quiet, transient=True):
        yield simulate(draws, scenario, country=country, evidence=evidence, seed=seed)


def headline_draws(total: appraisal.Appraisal, scenario: Scenario) -> xr.Dataset:
    """Draws of burden, spend, savings and other violence averted, for those who bring their own decision rule.

    Savings (`offset`, `public_offset`) are there where some option's programmes replace what is paid today.
    """

    def stacked(store: Mapping[tuple[str, str], Any]) -> xr.DataArray:
        parts = [
            xr.concat(
                [
                    appraisal.labelled(store[option, preset], n_chains=total.n_chains)
                    for preset in scenario.discount
                ],
                "discount",
            )
            for option in scenario.options
        ]
        return xr.concat(parts, "option").transpose("chain", "draw", "option", "discount")

    burden = {key: value.sum(axis=1) for key, value in total.burden.items() if key[0] in scenario.options}
    data = xr.Dataset(
        {
            "burden": stacked(burden),
            "spend": stacked(total.spend),
            "outlay": stacked(total.outlay),
            "violence_averted": stacked(total.violence),
        }
    )
    if total.offset:
        for name, store in (("offset", total.offset), ("public_offset", total.public_offset)):
            data[name] = stacked(
                {key: store.get(key, np.zeros_like(total.spend[key])) for key in total.spend}
            )
    labelled = data.assign_coords(option=list(scenario.options), discount=scenario.discount)
    labelled.attrs = {"unit": f"{scenario.currency}{scenario.price_year}", "estimand": DEFAULT_ESTIMAND}
    return labelled


def run(
    scenario: Scenario,
    *,
    evidence: Evidence | None = None,
    posterior: Posterior | None = None,
    draws: int | None = None,
    seed: int | None = None,
    allow_unconverged: bool = False,
    quiet: bool = True,
) -> Result:
    """Answer a scenario.

    Args:
        scenario: The question.
        evidence: The evidence; the package's own with the tables that the scenario names if not given. Priors that
            the scenario changes are put into either.
        posterior: A fit; the cached or a new one of the evidence if not given.
        draws: Draws to use, thinned evenly; all of them if not given.
        seed: Seed of the simulation; the scenario's if not given.
        allow_unconverged: Go on with a fit that failed the gate; every output then says so.
        quiet: No messages and no progress bar.

    Returns:
        Tables, headline draws and record.

    Raises:
        CostmodelError: A subclass that says where, what and what to do.
    """
    started = time.monotonic()
    facts = evidence or scenario_evidence(scenario)
    _check_own(scenario, facts)
    check_scenario(scenario, facts)
    facts = _with_priors_of(
        scenario, posterior, change_priors(facts, scenario.prior_changes, where=scenario.file)
    )
    if posterior is not None:
        check_estimand(posterior.draws)
        named = {name for option in scenario.options.values() for name in option.programmes} - {
            *scenario.programmes
        }
        check_covers(posterior.draws, countries=countries_of(scenario, facts), programmes=named)
    fitted = posterior or fit_all(facts, allow_unconverged=allow_unconverged, quiet=quiet)
    chosen = thin(fitted.draws, draws)
    n_chains = int(chosen.sizes["chain"])
    used_seed = scenario.seed if seed is None else seed
    drawn, told = with_own_programmes(chosen, facts, scenario, seed=used_seed)
    flows = _simulated(drawn, scenario, told, seed=seed, quiet=quiet)
    total = appraisal.appraise(flows, scenario=scenario, evidence=told, n_chains=n_chains)
    tables = results.all_tables(
        total, scenario=scenario, evidence=told, draws=drawn, diagnostics=fitted.diagnostics, seed=used_seed
    )
    bias = estimate_bias(fitted, draws=draws)
    rests_on = run_parameters(total, scenario, told, drawn, seed=used_seed, estimate_bias=bias)
    tables |= _parameter_tables(rests_on, told, n_chains=n_chains)
    text = dump_scenario(as_run(scenario, facts))
    identity = {
        "scenario": record.text_hash(text),
        "fit": dict(fitted.keys),
        "draws": draws,
        "seed": used_seed,
        "evidence": {
            name: record.text_hash(content) for name, content in {**facts.own, **facts.own_lists}.items()
        },
    }
    made = {
        "run_id": record.run_id({**identity, "versions": record.versions()}),
        "version": record.versions()["costmodel"],
        "converged": fitted.converged,
        "estimand": estimand_of(chosen),
        "brought": list(fitted.brought),
        "scenario": {"file": scenario.name, "sha256": identity["scenario"], **said_by(scenario)},
        "fit": {"keys": identity["fit"], "diagnostics": fitted.diagnostics.to_dict("records")},
        "evidence": {
            "files": identity["evidence"],
            "tables": list(facts.own_tables),
            "superseded": sorted(facts.superseded),
        },
        "priors": {name: as_change(prior) for name, prior in own_priors(facts).items()},
        "draws": int(chosen.sizes["chain"] * chosen.sizes["draw"]),
        "chains": n_chains,
        "seed": used_seed,
        "countries": countries_of(scenario, facts),
        "versions": record.versions(),
        "seconds": round(time.monotonic() - started, 1),
        "ethics": ETHICS_CARD,
        "citations": list(tables["sources"]["key"]),
    }
    kept = with_drivers(
        headline_draws(total, scenario),
        total,
        scenario,
        parameters=rests_on,
        terms=_log_terms(fitted, facts, scenario, draws=draws),
    )
    return Result(scenario=scenario, evidence=facts, draws=kept, tables=tables, record=made)


def _parameter_tables(
    found: list[Parameter], evidence: Evidence, *, n_chains: int
) -> dict[str, pd.DataFrame]:
    """What the headline rests on: its parameters, and the evidence behind each."""
    if not found:
        return {}
    return {
        "parameters": parameters_table(found, evidence, n_chains=n_chains),
        "parameter_sources": sources_of({one.name: one.rests_on for one in found}, evidence),
    }


def estimate_bias(fitted: Posterior, *, draws: int | None) -> NDArray[np.float64] | None:
    """Bias of the log of estimates from linked lists as it was fitted (MODEL.md eq. 49).

    Args:
        fitted: A fit.
        draws: Draws that were used, thinned evenly; all of them if None.

    Returns:
        Dims (draw,) [log]; None where draws were brought, or a sub-model of one's own has no such bias.
    """
    tree = fitted.trees.get("prevalence", xr.DataTree())
    posterior = tree["posterior"].to_dataset() if "posterior" in tree.children else xr.Dataset()
    return flat(thin(posterior[[BIAS]], draws), BIAS) if BIAS in posterior else None


def _log_terms(fitted: Posterior, evidence: Evidence, scenario: Scenario, *, draws: int | None) -> xr.Dataset:
    """Log densities of the fit on the draws that were used; none where draws were brought."""
    countries = countries_of(scenario, evidence)
    terms = log_terms(fitted.trees, fitted.draws, evidence, fitted.priors, countries=countries)
    return thin(terms, draws) if terms else terms


def said_by(scenario: Scenario) -> dict[str, Any]:
    """What a scenario says of itself, for the record of its run.

    Args:
        scenario: The question.

    Returns:
        Who wrote it and who checked it, what its levers describe, or that nobody did or said so; and what the
        package and the scenario leave out.
    """
    return {
        "author": scenario.author,
        "reviewed_by": reviewer(scenario.reviewed_by),
        "describes": scenario.describes.strip() or NOT_STATED,
        "not_modelled": [*NOT_MODELLED, *scenario.not_modelled],
    }


def _check_own(scenario: Scenario, evidence: Evidence) -> None:
    """Refuse evidence that leaves out a table which the scenario names: the run would say that it was used."""
    for name in (file.name for file in scenario.evidence_files):
        if name not in evidence.own:
            raise ScenarioError(
                f"{scenario.file}: evidence: {name} is not in the evidence given; leave evidence out, or read it with "
                "costmodel.scenario.scenario_evidence"
            )


def _with_priors_of(scenario: Scenario, posterior: Posterior | None, evidence: Evidence) -> Evidence:
    """The evidence with the priors of a posterior that is given, which must be those that the scenario asks for."""
    if posterior is None:
        return evidence
    asked = default_priors(evidence)
    for name in sorted({*scenario.prior_changes, *evidence.own_priors}):
        if name not in posterior.priors or posterior.priors[name].numbers != asked[name].numbers:
            raise ScenarioError(
                f"{scenario.file}: priors.{name}: the posterior given does not rest on this prior; leave posterior "
                "out, or fit the evidence that costmodel.scenario.scenario_evidence returns"
            )
    return with_priors(evidence, posterior.priors)


def own_priors(evidence: Evidence) -> dict[str, Prior]:
    """Priors of one's own by name."""
    priors = default_priors(evidence)
    return {name: priors[name] for name in evidence.own_priors}


def as_run(scenario: Scenario, evidence: Evidence) -> Scenario:
    """The scenario as its run folder holds it: tables of one's own in a folder, priors and defaults in the file."""
    tables = [f"evidence/{name}" for name in evidence.own_tables]
    changed = {name: PriorChange(**as_change(prior)) for name, prior in own_priors(evidence).items()}
    judged = {"inflation": budgets.inflation_of(scenario, evidence)}
    return scenario.model_copy(
        update={"evidence": tables, "priors": {**changed, **scenario.priors}, **judged}
    )


def write_run(result: Result, out: Path) -> Path:
    """Write a run folder whole or not at all: scenario, record, results, tables, figures, briefing.

    Args:
        result: What `run` returned.
        out: The folder; a run folder there is replaced whole.

    Returns:
        The folder.

    Raises:
        OutputError: If `out` is something else than a run folder.
    """
    with record.whole_folder(out) as folder:
        record.write_part(dump_scenario(as_run(result.scenario, result.evidence)), folder / "scenario.toml")
        for name, text in {**result.evidence.own, **result.evidence.own_lists}.items():
            record.write_part(text, folder / "evidence" / name)
        record.write_part(_ethics_text(), folder / "ethics.txt")
        for name, table in result.tables.items():
            record.write_part(
                table.to_csv(index=False, lineterminator="\n"), folder / "tables" / f"{name}.csv"
            )
        write_columns(dict(result.tables), folder)
        record.write_draws(result.draws, folder / record.DRAWS)
        write_figures(dict(result.tables), meta_of(result), folder / "figures")
        write_briefing(result, folder)
        keys = result.record["citations"]
        record.write_part(
            "\n\n".join(result.evidence.sources[key].strip() for key in keys) + "\n",
            folder / "references.bib",
        )
        record.write_record({**result.record, "files": record.file_hashes(folder)}, folder)
    return out


def _ethics_text() -> str:
    return ETHICS_CARD if isinstance(ETHICS_CARD, str) else "\n".join(ETHICS_CARD)
