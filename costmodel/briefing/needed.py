"""What a briefing needs of a run, whoever made it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd


class OptionLike(Protocol):
    """An option of a scenario, as far as a briefing needs it."""

    @property
    def title(self) -> str:
        """Name for readers; may be empty."""

    @property
    def description(self) -> str:
        """What it is for; may be empty."""


class ScenarioLike(Protocol):
    """A scenario, as far as a briefing needs it."""

    @property
    def title(self) -> str:
        """One line that says what is compared, where."""

    @property
    def description(self) -> str:
        """What a reader must know."""

    @property
    def describes(self) -> str:
        """What the levers describe; empty if nobody said."""

    @property
    def author(self) -> str:
        """Who wrote the scenario."""

    @property
    def reviewed_by(self) -> str:
        """Who checked it; empty if nobody did."""

    @property
    def fictional(self) -> bool:
        """Whether the levers are invented."""

    @property
    def countries(self) -> Sequence[str]:
        """ISO 3166 alpha-3 codes or codes of regions."""

    @property
    def start(self) -> int:
        """First year."""

    @property
    def end(self) -> int:
        """Last year, included."""

    @property
    def currency(self) -> str:
        """Code of the currency of the results."""

    @property
    def price_year(self) -> int:
        """Year of the prices of the results."""

    @property
    def discount(self) -> Sequence[str]:
        """Names of the discount presets; the first is the headline."""

    @property
    def comparator(self) -> str:
        """Key of the option that stands for inaction."""

    @property
    def overlap(self) -> str:
        """How programmes for the same children overlap."""

    @property
    def reduction_cap(self) -> float | None:
        """Largest total cut of new victims, None for the usual one [share]."""

    @property
    def not_modelled(self) -> Sequence[str]:
        """What this scenario leaves out."""

    @property
    def options(self) -> Mapping[str, OptionLike]:
        """The options by key."""


class ResultLike(Protocol):
    """What a run returns, as far as a briefing needs it."""

    @property
    def scenario(self) -> ScenarioLike:
        """The question."""

    @property
    def evidence(self) -> Any:
        """Tables of the evidence; `countries` and `discounting` give names and rates."""

    @property
    def record(self) -> Mapping[str, Any]:
        """Record of the run: run_id, version, converged."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Tidy tables by name."""
