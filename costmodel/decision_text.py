"""What the verbs of decision print of a run: the tree from a number to its sources, as text and as rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
import xarray as xr

from costmodel import figures
from costmodel.appraisal import ALL_VIOLENCE, TRAFFICKING
from costmodel.briefing.captions import Caption
from costmodel.briefing.plates import Plate
from costmodel.choices import AVERTED, BURDEN, COST_OF_INACTION, NET_BENEFIT, OFFSET, SPEND, Choice
from costmodel.decision.explain import Driver, Dropped, Explanation, Group, Part, Source
from costmodel.figures import COMPONENT_WORDS
from costmodel.headline import UNCONVERGED
from costmodel.printing import Branch, render_tree
from costmodel.summary import estimates, percent, printed, spoken, stated, summarise

SCOPE_WORDS = {TRAFFICKING: "child trafficking only", ALL_VIOLENCE: "with other violence averted"}
QUANTITY_WORDS = {
    BURDEN: "Burden",
    COST_OF_INACTION: "Cost of inaction: what not taking the option loses",
    NET_BENEFIT: "Net benefit",
}
PART_WORDS = {
    **COMPONENT_WORDS,
    SPEND: "Spend on the programmes",
    OFFSET: "Savings on what programmes replace",
    AVERTED: "Other violence averted",
}
#: Share of the variance below which a parameter is left out of the text; programs get all of them.
LEAST = 0.02
#: Explained share below which it is said where the rest is.
HALF = 0.5
#: Units that need no word.
UNSAID = ("share", "ratio")
#: Sources that the text shows of a parameter.
MOST_SOURCES = 4
#: Characters of what a source says, and of its reference.
SAID, CITED = 150, 120
FRAME_MM, ROW_MM = 40.0, 8.0


def explained_tree(
    found: Explanation, quantity: xr.DataArray, choice: Choice, *, what: str, option: str
) -> str:
    """Draw the tree from a number to its sources.

    Args:
        found: As `explain` returns it.
        quantity: Draws, dims (chain, draw) [currency].
        choice: The run.
        what: One of `choices.QUANTITIES`.
        option: Key of the option it is of.

    Returns:
        The tree as text.
    """
    (estimate,) = estimates(summarise(quantity))
    title = choice.run.scenario.options[option].title or option
    head = f"{QUANTITY_WORDS[what]}, “{title}”: {stated(estimate, choice.run.unit)}\n{place(choice)}"
    of = "the variance of its log" if found.log else "its variance"
    told = f"{percent(found.explained)} of it explained"
    if found.explained < HALF:
        told += (
            ", the rest is noise of these draws, parameters that are not listed, and products of several that these "
            "draws cannot tell apart"
        )
    shown = [group for group in found.groups if any(driver.share >= LEAST for driver in group.drivers)]
    rest = [group.name for group in found.groups if group not in shown]
    seen: set[tuple[str, str]] = set()
    below = [_group(group, seen) for group in shown]
    if rest:
        below.append(Branch(f"next to nothing: {', '.join(rest)}"))
    mixed = _mixed(found)
    made_of = tuple(_part(part, choice.run.unit, mixed=mixed) for part in found.parts)
    moved = f"groups with their share of the variance of {'the log of ' if found.log_parts else ''}each"
    trunk = Branch(
        head,
        (
            Branch(
                f"made of: {'' if mixed else 'share of the mean, '}share of the variance; {moved}", made_of
            ),
            Branch(f"uncertain because of: share of {of}; {told}", tuple(below)),
        ),
    )
    return render_tree(trunk)


def place(choice: Choice) -> str:
    """Where, when and on what terms."""
    scenario, scope = choice.run.scenario, SCOPE_WORDS[choice.scope]
    span = f"{', '.join(scenario.countries)}, {scenario.start}-{scenario.end}"
    return f"{span}; {scope}, societal, {scenario.currency} of {scenario.price_year}, discounted by {choice.discount!r}"


def source_words(choice: Choice) -> str:
    """Where the numbers of a figure come from."""
    made = choice.run.record
    return f"Source: costmodel {made['version']}, run {made['run_id']}; MODEL.md section 12."


def _mixed(found: Explanation) -> bool:
    """Whether components differ in sign, so that shares of their sum say nothing."""
    return len({part.mean > 0 for part in found.parts}) > 1


def _part(part: Part, unit: str, *, mixed: bool) -> Branch:
    """A component on one line."""
    name = PART_WORDS.get(part.name, part.name)
    moved = ", ".join(f"{group} {percent(max(share, 0.0))}" for group, share in part.leading)
    of_mean = "" if mixed else f"{_percent(part.of_mean)} of the mean, "
    shares = f"{of_mean}{_percent(part.of_variance)} of the variance"
    return Branch(f"{name}: {spoken(part.mean, unit, digits=2)}, {shares}; moved most by {moved}")


def _percent(share: float) -> str:
    """A share in percent that may lie outside 0 to 1."""
    return f"minus {_percent(-share)}" if share < 0 else (f"{share:.0%}" if share > 1 else percent(share))


def _group(group: Group, seen: set[tuple[str, str]]) -> Branch:
    """A group with the parameters in it that matter."""
    shown = [_driver(driver, seen) for driver in group.drivers if driver.share >= LEAST]
    share = percent(max(group.share, 0.0), group.error)
    return Branch(f"{group.name}: {share}", tuple(shown))


def _driver(driver: Driver, seen: set[tuple[str, str]]) -> Branch:
    """A parameter with its sources, each of which the tree shows once."""
    low, mean, high = (printed(value, 0.0) for value in (driver.low, driver.mean, driver.high))
    alone = percent(max(driver.share, 0.0), driver.error)
    unit = "" if driver.unit in UNSAID else f" {driver.unit}"
    head = f"{driver.label}: {mean} ({low} to {high}){unit}; known alone it would take {alone}"
    fresh = [source for source in driver.sources if (source.key, source.row) not in seen]
    shown = fresh[:MOST_SOURCES]
    seen |= {(source.key, source.row) for source in shown}
    above, left = len(driver.sources) - len(fresh), len(fresh) - len(shown)
    rest = [f"{above} shown above"] if above else []
    rest += [f"{left} more with --format json"] if left else []
    told = [_source(source) for source in shown]
    return Branch(head, tuple([*told, Branch(f"and {', '.join(rest)}")] if rest else told))


def _source(source: Source) -> Branch:
    """A source with where it was read, what it says, and what happens without it."""
    cited = _short(source.reference, CITED) or f"judgement ({source.status})"
    where = f", {source.locator}" if source.locator else ""
    dropped = f" → {dropped_words(source.dropped)}" if source.dropped else ""
    status = f" [{source.status}]" if source.reference else ""
    return Branch(f"{cited}{where}{status}: {_short(source.says, SAID)}{dropped}")


def dropped_words(dropped: Dropped) -> str:
    """What happens without a source, in words.

    Example:
        >>> dropped_words(Dropped(change=-0.12, error=0.02, pareto_k=0.4))
        'without it 12% lower (error 2%, k 0.40)'
        >>> dropped_words(Dropped(change=0.03, error=0.02, pareto_k=0.4))
        'without it no change beyond its error (error 2%, k 0.40)'
        >>> dropped_words(Dropped(change=float("nan"), error=float("nan"), pareto_k=1.23))
        'without it: weights will not do (k 1.23), refit'
    """
    if math.isnan(dropped.change):
        return f"without it: weights will not do (k {dropped.pareto_k:.2f}), refit"
    if not dropped.clear:
        return f"without it no change beyond its error (error {dropped.error:.0%}, k {dropped.pareto_k:.2f})"
    way = "lower" if dropped.change < 0 else "higher"
    return f"without it {abs(dropped.change):.0%} {way} (error {dropped.error:.0%}, k {dropped.pareto_k:.2f})"


def _short(text: str, length: int) -> str:
    """The beginning of a text, cut between words."""
    if len(text) <= length:
        return text
    return f"{text[:length].rsplit(' ', 1)[0]} …"


def explained_rows(found: Explanation) -> list[dict[str, Any]]:
    """The tree as rows for programs, one a node.

    Args:
        found: As `explain` returns it.

    Returns:
        Rows with level (component, group, parameter, source), under (the node above), item, label, mean, low, high,
        unit, share_of_mean, share_of_variance, share_error, row, locator, status, says, reference, change,
        change_error and pareto_k; what a level has not is missing.
    """
    rows: list[dict[str, Any]] = [
        {
            "level": "component",
            "item": part.name,
            "label": PART_WORDS.get(part.name, part.name),
            "mean": part.mean,
            "share_of_mean": part.of_mean,
            "share_of_variance": part.of_variance,
        }
        for part in found.parts
    ]
    for group in found.groups:
        numbers = {"share_of_variance": group.share, "share_error": group.error}
        rows.append({"level": "group", "item": group.name, "label": group.name, **numbers})
        for driver in group.drivers:
            about = {name: getattr(driver, name) for name in ("label", "mean", "low", "high", "unit")}
            numbers = {"share_of_variance": driver.share, "share_error": driver.error}
            rows.append({"level": "parameter", "under": group.name, "item": driver.name, **about, **numbers})
            rows += [_source_row(source, driver.name) for source in driver.sources]
    columns = [
        *("level", "under", "item", "label", "mean", "low", "high", "unit"),
        *(
            "share_of_mean",
            "share_of_variance",
            "share_error",
            "row",
            "locator",
            "status",
            "says",
            "reference",
        ),
        *("change", "change_error", "pareto_k"),
    ]
    return [{name: row.get(name) for name in columns} for row in rows]


def _source_row(source: Source, parameter: str) -> dict[str, Any]:
    """A source as a row."""
    told = {name: getattr(source, name) for name in ("row", "locator", "status", "says", "reference")}
    left = source.dropped
    numbers = (
        {} if left is None else {"change": left.change, "change_error": left.error, "pareto_k": left.pareto_k}
    )
    return {"level": "source", "under": parameter, "item": source.key, **told, **numbers}


def said_beside(choice: Choice, *, weighed: bool) -> dict[str, str]:
    """What must be read beside every table of a decision.

    Args:
        choice: The run.
        weighed: Whether the log likelihood of the fit was at hand.

    Returns:
        Sentences by key.
    """
    said = {} if choice.run.record["converged"] else {"warning": UNCONVERGED}
    if not weighed:
        said["sources"] = (
            "this run keeps no log likelihood (its draws were brought), so that no source could be dropped"
        )
    if choice.run.scenario.fictional:
        said["fictional"] = "invented levers, not a finding"
    return said


def explained_plate(found: Explanation, choice: Choice, *, what: str, option: str) -> Plate:
    """The figure of what a number rests on: components above, groups of parameters below.

    Args:
        found: As `explain` returns it.
        choice: The run.
        what: One of `choices.QUANTITIES`.
        option: Key of the option it is of.

    Returns:
        The figure with its words.
    """
    mixed = _mixed(found)
    counted = [(part, part.of_variance if mixed else part.of_mean) for part in found.parts]
    parts = _shares([(PART_WORDS.get(part.name, part.name), share, 0.0) for part, share in counted])
    above = "variance" if mixed else "mean"
    groups = _shares([(group.name, group.share, group.error) for group in found.groups])
    scenario = choice.run.scenario
    title = scenario.options[option].title or option
    of = "variance of the log" if found.log else "variance"
    said = "; ".join(f"{row['name']} {_percent(row['share'])}" for _, row in groups.iterrows())
    caption = Caption(
        title=f"What the number rests on: {what.replace('_', ' ')}, “{title}”",
        reading=f"Above: share of each component of the {above}. Below: Shapley share of the {of}; line: two Monte "
        f"Carlo errors each way; {percent(found.explained)} is explained.",
        basis=f"{place(choice)}.",
        source=source_words(choice),
        alt=f"Two bar charts. Shares of the {of}: {said}.",
    )

    def draw(width_mm: float, bare: bool = False) -> figures.Figure:
        figure, axes = figures.canvas(
            2,
            width_mm=width_mm,
            height_mm=FRAME_MM + ROW_MM * (len(parts) + len(groups) + 2),
            title="" if bare else caption.title,
            note="" if bare else caption.note,
            heights=[len(parts) + 1, len(groups) + 1],
        )
        figures.plot_shares(parts, axis=f"Share of the {above}", ax=axes[0])
        figures.plot_shares(groups, axis=f"Share of the {of}", ax=axes[1])
        return figure

    return Plate("explain", caption, pd.concat([parts, groups], keys=["component", "group"]), draw)


def _shares(rows: Sequence[tuple[str, float, float]]) -> pd.DataFrame:
    """Rows of a chart of shares."""
    return pd.DataFrame(rows, columns=["name", "share", "error"])
