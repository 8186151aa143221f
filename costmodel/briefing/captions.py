"""Captions and alt texts, made from the data a figure shows; and the words that go with every output."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from costmodel.briefing.meta import Meta
from costmodel.briefing.select import SCOPE_WORDS
from costmodel.figures import COMPONENT_WORDS
from costmodel.summary import central, estimates, interval, percent, printed, stated

ETHICS_CARD = (
    "For: weighing named prevention options against not taking them, in the place and years stated, with "
    "the interval beside the number.",
    "Not for: putting a price on a child. A cost is what society loses; a child's right to protection "
    "doesn't depend on it.",
    "Not for: ranking countries. Countries look for victims, define and count them differently.",
    "Not for: a forecast. Every number is conditional on the scenario and on the assumptions listed.",
    "Not for: adding to other totals. Lifetime costs, yearly costs and public costs are three views of the "
    "same harm; traffickers' profits are no part of it.",
    "Always with: the estimand, the price year, the discounting and the chance that an option loses. Most "
    "victims are registered by nobody; registered numbers are a floor, not the truth.",
)
ETHICS_LINE = (
    "For weighing prevention against not acting; not a price on a child, not a ranking of countries, not a "
    "forecast."
)
NOT_MODELLED = (
    "Deaths of children through trafficking beyond what the costing studies count (excess mortality)",
    "Harm passed on to the children of survivors (second-generation harm)",
    "Work done informally, and the time it takes to replace a lost worker (friction cost)",
    "Costs in the countries that children are taken from",
    "Registrations that turn out to be mistaken (false positives)",
    "Savings from ending detention outside high-income countries, where no price of it is published: its cost is gross",
    "Savings of programmes that a scenario states itself, on whatever they replace",
    "Effects of programmes after the last year of the horizon; children exploited again, in counts, and in costs but "
    "for programmes of the author's own",
    "Costs of a victim that differ with age within childhood, and tax shares of single countries in who bears "
    "lost output",
)
READING_INTERVALS = "Dot: mean; upright tick: median; line: 90% interval"
QUANTITY_WORDS = {"new_victims": "New child victims", "registered": "Registered child victims"}


@dataclass(frozen=True)
class Caption:
    """What goes with a figure: title, how to read it, on what terms, where from, and its content in words."""

    title: str
    reading: str
    basis: str
    source: str
    alt: str

    @property
    def note(self) -> str:
        """The small print at the foot of the figure."""
        return f"{self.reading} {self.basis}"

    @property
    def text(self) -> str:
        """Caption, source, alt text and use, as plain text."""
        lines = (
            f"{self.title}.",
            self.reading,
            self.basis,
            self.source,
            "",
            "Alt text",
            self.alt,
            "",
            "Use",
            ETHICS_LINE,
        )
        return "\n".join(lines) + "\n"


def source_line(meta: Meta) -> str:
    """Say where the numbers of a figure come from.

    Args:
        meta: Describes the run.

    Returns:
        One line.
    """
    return f"Source: costmodel {meta.version}, run {meta.run_id}, “{meta.title}”; evidence in references.bib."


def caption_cost_of_inaction(data: pd.DataFrame, spend: pd.DataFrame, meta: Meta) -> Caption:
    """Describe the figure of the cost of inaction by option.

    Args:
        data: Rows drawn, both scopes, options by title.
        spend: Spend of the same options.
        meta: Describes the run.

    Returns:
        The caption.
    """
    parts = []
    for scope in dict.fromkeys(data["scope"]):
        shown = data[data["scope"] == scope]
        parts.append(f"{SCOPE_WORDS.get(scope, scope)}: {_listed(shown, 'option', meta.currency)}.")
    paid = dict(zip(spend["option"], estimates(spend), strict=False))
    costs = "; ".join(f"{name} {central(found, meta.currency)}" for name, found in paid.items())
    return Caption(
        title=f"Cost of inaction: what society would lose by not taking each option, {meta.start}-{meta.end}",
        reading=f"{READING_INTERVALS}; open diamond: mean cost of the option. The panels' scales differ.",
        basis=f"Against “{meta.options[meta.comparator]}”. {meta.basis()}",
        source=source_line(meta),
        alt=f"Interval chart, one row an option. {' '.join(parts)} Cost of the options: {costs}.",
    )


def caption_victims(data: pd.DataFrame, meta: Meta) -> Caption:
    """Describe the figure of victims over time.

    Args:
        data: Rows drawn, options by title: new victims and registered ones.
        meta: Describes the run.

    Returns:
        The caption.
    """
    last = int(data["year"].max())
    parts = []
    for quantity in dict.fromkeys(data["quantity"]):
        shown = data[(data["quantity"] == quantity) & (data["year"] == last)]
        parts.append(f"{QUANTITY_WORDS.get(quantity, quantity)} in {last}: {_listed(shown, 'option', '')}.")
    return Caption(
        title=f"New child victims and registered ones under each option, {meta.start}-{meta.end}",
        reading=(
            f"Lines: means. Shaded: 90% interval of “{meta.options[meta.comparator]}”. Upright lines on the "
            f"right: 90% interval of each option in {last}; they share most of their uncertainty, so overlap "
            "doesn't mean that options are alike. Registered victims are those whom authorities know of."
        ),
        basis=f"{meta.estimand}. Run {meta.run_id}.",
        source=source_line(meta),
        alt=f"Two line charts over years, one line an option. {' '.join(parts)}",
    )


def caption_burden(data: pd.DataFrame, meta: Meta, *, part: str) -> Caption:
    """Describe the figure of the burden by component or payer.

    Args:
        data: Rows drawn, of the comparator.
        meta: Describes the run.
        part: component or payer.

    Returns:
        The caption.
    """
    terms = COMPONENT_WORDS if part == "component" else {}
    named = data.assign(**{part: [terms.get(str(name), str(name).replace("_", " ")) for name in data[part]]})
    words = {"component": "what it consists of", "payer": "who bears it"}[part]
    return Caption(
        title=f"The burden of child trafficking under “{meta.options[meta.comparator]}”: {words}",
        reading=(
            "Bar: mean; line: 90% interval. The whole burden, not the part that an option would avoid; "
            "intervals of parts don't add up."
        ),
        basis=meta.basis(),
        source=source_line(meta),
        alt=f"Bar chart, one bar a {part}. {_listed(named, part, meta.currency)}.",
    )


def caption_net_benefit(data: pd.DataFrame, meta: Meta, *, losing: dict[str, str]) -> Caption:
    """Describe the figure of the distributions of net benefit.

    Args:
        data: Rows of the headline table with the net benefit of the options drawn, by title.
        meta: Describes the run.
        losing: Share of draws below zero in words, by title.

    Returns:
        The caption.
    """
    shares = "; ".join(f"{title} loses in {share} of draws" for title, share in losing.items())
    return Caption(
        title="How often each option repays its cost: net benefit over draws",
        reading=(
            "Light: draws in which the option saves society more than it costs; dark and hatched: draws in "
            "which it loses. Each ridge is as high as the others; tails run out of the frame."
        ),
        basis=f"Child trafficking only. {meta.basis()}",
        source=source_line(meta),
        alt=(
            f"Distributions, one ridge an option. {shares}. Net benefit: "
            f"{_listed(data, 'option', meta.currency)}."
        ),
    )


def caption_annual_cost(data: pd.DataFrame, meta: Meta) -> Caption:
    """Describe the figure of the yearly cost of the comparator.

    Args:
        data: Rows drawn: of the comparator, all accountings.
        meta: Describes the run.

    Returns:
        The caption.
    """
    first, last = int(data["year"].min()), int(data["year"].max())
    parts = []
    for accounting in dict.fromkeys(data["accounting"]):
        shown = data[data["accounting"] == accounting].set_index("year")
        start, end = (estimates(shown.loc[[year]])[0] for year in (first, last))
        words = f"{central(start, meta.currency)} in {first}, {central(end, meta.currency)} in {last}"
        parts.append(
            f"{str(accounting).replace('_', ' ')}: {words}, 90% interval then {interval(end, meta.currency)}"
        )
    return Caption(
        title=f"Yearly cost of child trafficking under “{meta.options[meta.comparator]}”: three accountings",
        reading=(
            "Line: mean; broken line: median; shaded: 90% interval. Three views of the same harm, never to "
            "be added."
        ),
        basis=meta.basis(discounted=False),
        source=source_line(meta),
        alt=f"Three line charts over years on one scale. {'; '.join(parts)}.",
    )


def caption_learning(data: pd.DataFrame, meta: Meta) -> Caption:
    """Describe the figure of what the evidence has taught.

    Args:
        data: Rows drawn: country by name, quantity, prior_sd, posterior_sd.
        meta: Describes the run.

    Returns:
        The caption.
    """
    parts = []
    for quantity in dict.fromkeys(data["quantity"]):
        left = (data["posterior_sd"] / data["prior_sd"])[data["quantity"] == quantity].astype(float)
        parts.append(
            f"{str(quantity).capitalize()}: the standard deviation left is {percent(float(left.min()))} to "
            f"{percent(float(left.max()))} of the prior's in {len(left)} countries, "
            f"{percent(float(left.median()))} in the median country"
        )
    return Caption(
        title="How much the evidence has taught of each country",
        reading=(
            "Open circle: before the evidence; full circle: after it. A short line means that little was "
            "learned, however many victims are counted: counts alone can't tell many victims from much "
            "searching. Alphabetical, no ranking."
        ),
        basis=f"Standard deviations of logs. Run {meta.run_id}.",
        source=source_line(meta),
        alt=f"Dumbbell chart, one row a country in alphabetical order. {'. '.join(parts)}.",
    )


def caption_holdouts(data: pd.DataFrame, meta: Meta) -> Caption:
    """Describe the figure of predictions of studies kept out of the fit.

    Args:
        data: Rows drawn: study, id, unit, printed, low, mid, high, inside.
        meta: Describes the run.

    Returns:
        The caption.
    """
    said = "; ".join(
        f"{row['id']} printed {row['printed']:,.10g} {row['unit']}, predicted "
        f"{printed(float(row['mid']), 0, digits=2)} ({printed(float(row['low']), 0, digits=2)} to "
        f"{printed(float(row['high']), 0, digits=2)})"
        for row in data.to_dict("records")
    )
    n_inside = int(data["inside"].astype(bool).sum())
    return Caption(
        title=f"Studies the model hasn't seen: {n_inside} of {len(data)} values lie inside the 90% interval",
        reading=(
            "Line: 90% interval of the prediction; tick: its median; both divided by the printed value, "
            "which stands at 1. Full dot: inside; cross: outside. A wide interval always covers."
        ),
        basis=f"Run {meta.run_id}.",
        source=source_line(meta),
        alt=f"Interval chart, one row a printed value. {said}.",
    )


def _listed(data: pd.DataFrame, name: str, unit: str) -> str:
    """Say mean, median if it differs much, and interval of each row."""
    return "; ".join(
        f"{row} {stated(found, unit)}" for row, found in zip(data[name], estimates(data), strict=True)
    )
