"""What every page and figure says of the run it belongs to: question, prices, judgements, and warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from costmodel.briefing.method import combination_words
from costmodel.briefing.needed import OptionLike, ResultLike

ESTIMAND = "Estimand A: new child victims a year who meet the national definition of a presumed victim"
FICTIONAL = (
    "Fictional scenario: its levers are invented to show how the model works. Nothing here is a finding "
    "about any country."
)
UNCONVERGED = (
    "Not converged: the fit failed its convergence checks. Treat every number here as provisional and don't "
    "quote it."
)
OWN_EVIDENCE = (
    "Own evidence: tables of the author's own ({files}) {what}. We, the developers, haven't checked them."
)
OWN_PRIORS = (
    "Own priors: the author changed what the model believes before any data about {names}. We, the developers, "
    "haven't checked it."
)
OWN_PROGRAMMES = (
    "Own programmes: the author states cost and effect of {names}. We, the developers, haven't checked them."
)
BROUGHT = (
    "Own model: the author brought {what} in place of the package's. We, the developers, haven't checked it."
)
STATED = "Stated by the author: {what}. It takes the place of the evidence. We, the developers, haven't checked it."
NOT_REVIEWED = "not reviewed"
NOT_STATED = "not stated"
REGION_WORDS = {"EU27": "the European Union (27 countries)"}
MOST_PLACES = 5  # more countries than these are counted, not listed
MOST_PRIORS = 5  # the same for priors
RHAT_MAX, ESS_MIN = (
    1.01,
    400.0,
)  # the convergence gate of the fit, for a record that doesn't state its outcome


@dataclass(frozen=True)
class Meta:
    """What is said of a run on each of its outputs."""

    title: str
    description: str
    describes: str
    author: str
    reviewed_by: str
    fictional: bool
    places: tuple[str, ...]
    country_names: Mapping[str, str]
    start: int
    end: int
    currency: str
    price_year: int
    discounts: Mapping[str, str]
    comparator: str
    options: Mapping[str, str]
    option_descriptions: Mapping[str, str]
    not_modelled: tuple[str, ...]
    run_id: str
    version: str
    converged: bool
    estimand: str = ESTIMAND
    own_evidence: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    own_priors: tuple[str, ...] = ()
    own_programmes: tuple[str, ...] = ()
    brought: tuple[str, ...] = ()
    stated: tuple[str, ...] = ()
    combination: tuple[str, ...] = ()
    draws: int = 0
    chains: int = 0

    @property
    def discount(self) -> str:
        """Name of the preset of the headline."""
        return next(iter(self.discounts))

    @property
    def alternatives(self) -> dict[str, str]:
        """Titles by key of the options that are compared with the comparator."""
        return {key: title for key, title in self.options.items() if key != self.comparator}

    @property
    def prices(self) -> str:
        """Currency and price year."""
        return f"{self.currency} of {self.price_year}"

    @property
    def place(self) -> str:
        """The countries in words."""
        if len(self.places) > MOST_PLACES:
            return f"{len(self.places)} countries"
        return _listed(self.places)

    @property
    def review(self) -> str:
        """Who checked the scenario, or that nobody did."""
        return reviewer(self.reviewed_by)

    @property
    def levers(self) -> str:
        """What the levers describe, or that nobody said."""
        return self.describes.strip() or NOT_STATED

    @property
    def described_options(self) -> dict[str, str]:
        """What options are for, by title; those that say so."""
        return {self.options[key]: words for key, words in self.option_descriptions.items() if words.strip()}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must be read before any number."""
        taken = f", and take the place of {', '.join(self.superseded)}" if self.superseded else ""
        words = OWN_EVIDENCE.format(
            files=", ".join(self.own_evidence), what=f"join those of the package{taken}"
        )
        many = f"{len(self.own_priors)} parameters, which record.json names"
        names = _listed(self.own_priors) if len(self.own_priors) <= MOST_PRIORS else many
        said = {
            FICTIONAL: self.fictional,
            UNCONVERGED: not self.converged,
            words: self.own_evidence,
            OWN_PRIORS.format(names=names): self.own_priors,
            OWN_PROGRAMMES.format(names=_listed(self.own_programmes)): self.own_programmes,
            BROUGHT.format(what=_listed(self.brought)): self.brought,
        }
        return tuple(warning for warning, applies in said.items() if applies)

    @property
    def statement(self) -> str:
        """What the author states of today and of the years without further action; empty if nothing."""
        return STATED.format(what="; ".join(self.stated)) if self.stated else ""

    def basis(self, *, discounted: bool = True) -> str:
        """Say on what terms numbers are stated, for the foot of a figure or table."""
        rate = f"; {self.discounts[self.discount]}" if discounted else "; undiscounted"
        return f"{self.estimand}. {self.prices}{rate}. Run {self.run_id}."


def meta_of(result: ResultLike) -> Meta:
    """Collect what is said of a run.

    Args:
        result: What the run returned.

    Returns:
        Titles, prices, discounting and warnings. If the record doesn't say whether the fit converged, the
        table of diagnostics decides.
    """
    scenario, record = result.scenario, result.record
    names = country_names(result.evidence)
    converged = record.get("converged")
    return Meta(
        title=scenario.title,
        description=scenario.description,
        describes=scenario.describes,
        author=scenario.author,
        reviewed_by=scenario.reviewed_by,
        fictional=scenario.fictional,
        places=tuple(sorted(REGION_WORDS.get(code, names.get(code, code)) for code in scenario.countries)),
        country_names=names,
        own_evidence=tuple(record.get("evidence", {}).get("tables", ())),
        superseded=tuple(record.get("evidence", {}).get("superseded", ())),
        own_priors=tuple(record.get("priors", ())),
        own_programmes=own_programmes(result.tables),
        brought=tuple(record.get("brought", ())),
        stated=tuple(getattr(scenario, "stated", ())),
        combination=combination_words(scenario.overlap, scenario.reduction_cap),
        draws=int(record.get("draws", 0)),
        chains=int(record.get("chains", 0)),
        start=scenario.start,
        end=scenario.end,
        currency=scenario.currency,
        price_year=scenario.price_year,
        discounts=discount_words(scenario.discount, getattr(result.evidence, "discounting", None)),
        comparator=scenario.comparator,
        options=option_titles(scenario.options),
        option_descriptions={key: option.description for key, option in scenario.options.items()},
        not_modelled=tuple(scenario.not_modelled),
        run_id=str(record.get("run_id", "unknown")),
        version=str(record.get("version", "unknown")),
        converged=passed_gate(result.tables["diagnostics"]) if converged is None else bool(converged),
    )


def reviewer(reviewed_by: str) -> str:
    """Say who checked a scenario, or that nobody did.

    Args:
        reviewed_by: As the scenario has it.

    Returns:
        The name, or "not reviewed".

    Example:
        >>> reviewer(" ")
        'not reviewed'
    """
    return reviewed_by.strip() or NOT_REVIEWED


def own_programmes(tables: Mapping[str, pd.DataFrame]) -> tuple[str, ...]:
    """Names of the programmes that the scenario states itself, as the table of programmes has them."""
    if "programmes" not in tables:
        return ()
    table = tables["programmes"]
    return tuple(dict.fromkeys(table.loc[table["basis"] == "own", "name"]))


def option_titles(options: Mapping[str, OptionLike]) -> dict[str, str]:
    """Name each option so that no two are taken for one another.

    Args:
        options: Options by key.

    Returns:
        Titles by key: the key in words where there is no title, and in brackets behind a title that is there
        twice.
    """
    titles = {key: option.title.strip() or key.replace("_", " ") for key, option in options.items()}
    given = list(titles.values())
    return {key: f"{title} ({key})" if given.count(title) > 1 else title for key, title in titles.items()}


def passed_gate(diagnostics: pd.DataFrame) -> bool:
    """Tell from a table of diagnostics whether a fit passed the convergence gate.

    Args:
        diagnostics: Columns rhat_max, ess_bulk_min, ess_tail_min, divergences, non_finite.

    Returns:
        True if every sub-model has R-hat of at most 1.01, at least 400 effective draws in bulk and tail, no
        divergence and no draw that is not finite; a missing number fails.
    """
    mixed = (diagnostics["rhat_max"] <= RHAT_MAX).all()
    clean = (diagnostics[["divergences", "non_finite"]] == 0).all(axis=None)
    return bool(mixed and clean and (diagnostics[["ess_bulk_min", "ess_tail_min"]] >= ESS_MIN).all(axis=None))


def discount_words(presets: Sequence[str], discounting: pd.DataFrame | None) -> dict[str, str]:
    """Say the rates of discount presets in words.

    Args:
        presets: Names, the headline's first.
        discounting: Evidence table with columns preset, from_year and rate [1/year], or None.

    Returns:
        Words by name.

    Example:
        >>> table = pd.DataFrame({"preset": ["eu_3", "zero"], "from_year": [0, 0], "rate": [0.03, 0.0]})
        >>> discount_words(["eu_3", "zero"], table)
        {'eu_3': 'discounted at 3% a year (eu_3)', 'zero': 'not discounted (zero)'}
    """
    words = {preset: f"discounted by {preset}" for preset in presets}
    if discounting is None:
        return words
    table = discounting.reset_index()
    for preset in presets:
        rows = table[table["preset"] == preset].sort_values("from_year")
        rates = [f"{100 * rate:.3g}%" for rate in rows["rate"].astype(float)]
        if rates == ["0%"]:
            words[preset] = f"not discounted ({preset})"
        elif rates:
            falling = f", falling to {rates[-1]}" if len(rates) > 1 else ""
            words[preset] = f"discounted at {rates[0]} a year{falling}{_own_rates(rows)} ({preset})"
    return words


def _own_rates(rows: pd.DataFrame) -> str:
    """Say that a rate follows growth, or that quality of life has one of its own."""
    first = rows.iloc[0]
    if pd.notna(first.get("growth_elasticity")):
        return f" plus {first['growth_elasticity']:g} times the growth of GDP per capita"
    if pd.notna(first.get("health_rate")):
        health = [f"{100 * rate:.3g}%" for rate in rows["health_rate"].astype(float)]
        falling = f" falling to {health[-1]}" if len(health) > 1 else ""
        return f", quality of life at {health[0]}{falling} with its value held"
    return ""


def country_names(evidence: Any) -> dict[str, str]:
    """Take the names of countries by ISO 3166 alpha-3 code.

    Args:
        evidence: Its `countries`, if it has one, is a table indexed by code with a column name.

    Returns:
        Names by code, none if the evidence has none.
    """
    countries = getattr(evidence, "countries", None)
    if countries is None:
        return {}
    return {str(code): str(name) for code, name in countries["name"].items()}


def _listed(words: Sequence[str]) -> str:
    """Join words with commas and an "and"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
