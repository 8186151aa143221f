"""The card of an anchor: what its study says, how it is followed to the model, what it may not be used for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from costmodel import record
from costmodel.briefing.captions import ETHICS_CARD, ETHICS_LINE
from costmodel.briefing.ledgers import plate_ledger
from costmodel.briefing.writer import write_plate
from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence import Evidence
from costmodel.evidence.ledger import COLUMNS, has_ledger, ledger, ledgers
from costmodel.figures import STEP_WORDS
from costmodel.printing import printed_value, render_table
from costmodel.summary import printed

#: Fields of a BibTeX entry that name it to a reader, in their order.
NAMING = ("author", "title", "year", "url")
#: Column of an anchor -> how its scope is put in words; blank ones are left out.
SCOPE = {
    "components": "contains {}",
    "of_components": "over {}",
    "counted": "{} victims",
    "ages": "ages: {}",
    "sex": "sex: {}",
    "forms": "forms: {}",
    "registered_share": "registered share {}",
    "discount_rate": "discount rate {}",
    "value_growth": "growth of values {}",
    "qaly_value": "value of a QALY: {}",
}
ENDS = (
    "What each anchor says of the quantity of its model, on priors alone: lifetime cost of a child victim, share of "
    "GDP a year, or a ratio; never to be added or averaged across units"
)
#: Column of a table of ledgers -> its meaning.
COLUMN_WORDS = {
    "anchor": "id of the figure in anchors.csv",
    "study": "its study",
    "step": "place of the step, from 0",
    "name": "kind of step",
    "what": "what was done, in words",
    "factor": "what the value was multiplied by; blank for the first step",
    "value": "the value after the step, a geometric mean [unit]",
    "unit": "unit of the value after the step",
    "source": "keys in references.bib, or the word assumption",
    "rests_on": "the table, or the priors by name, that the step is made with",
    "added_variance": "what the step adds to the variance of the log; below 0 where it takes uncertainty away",
    "sd": "standard deviation of the log after the step",
    "mcse": "Monte Carlo error of the log of the value after the step",
}
#: Beginnings of the names of priors that a table shows as one.
FAMILIES = ("log_weight_", "delta_", "uptake_", "log_detection_")
#: Amounts from here on are written in full.
FULL_FROM = 1000


def reference(key: str, sources: Mapping[str, str]) -> str:
    """A source as a reader sees it: author, title, year, address.

    Args:
        key: Its key, or several separated by spaces.
        sources: `evidence.sources`.

    Returns:
        One line; a key that is in no bibliography as it is.
    """
    lines = []
    for name in key.split():
        fields = dict(re.findall(r"^\s+(\w+) = \{(.*)\},?$", sources.get(name, ""), flags=re.MULTILINE))
        words = [fields[field].strip("{}") for field in NAMING if field in fields]
        lines.append(". ".join(words) if words else name)
    return "; ".join(lines)


def rows_of(name: str, evidence: Evidence) -> pd.DataFrame:
    """Anchors of a study, or the one anchor of that id.

    Args:
        name: Id of an anchor, or name of a study.
        evidence: The evidence.

    Returns:
        Rows of `evidence.anchors`.

    Raises:
        EvidenceError: If it is neither; the message names what was probably meant.
    """
    anchors = evidence.anchors
    if name in anchors.index:
        return anchors.loc[[name]]
    found = anchors[anchors["study"] == name]
    if found.empty:
        hint = suggestion(name, {*anchors.index, *anchors["study"]})
        raise EvidenceError(
            f"anchors.csv: neither an anchor nor a study is called {name!r}{hint}; costmodel anchors lists them"
        )
    return found


def steps_of(rows: pd.DataFrame, evidence: Evidence) -> pd.DataFrame:
    """Ledgers of those of some anchors that have one; no row where none has."""
    tables = [ledger(str(name), evidence) for name, row in rows.iterrows() if has_ledger(row)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(COLUMNS))


def card_rows(name: str, evidence: Evidence) -> list[dict[str, Any]]:
    """The card as rows for programs: steps of its ledgers; its figures where nothing of it enters the model."""
    rows = rows_of(name, evidence)
    steps = steps_of(rows, evidence)
    shown = steps if len(steps) else rows.reset_index()
    return [{str(key): value for key, value in row.items()} for row in shown.to_dict("records")]


def show_card(name: str, evidence: Evidence) -> str:
    """Write the card of a study or of one of its anchors.

    Args:
        name: Id of an anchor, or name of a study.
        evidence: The evidence.

    Returns:
        What the study says, its figures with their scope, a ledger for each that enters or tests the model, and
        what it may not be used for.

    Raises:
        EvidenceError: If there is no such anchor or study.
    """
    rows = rows_of(name, evidence)
    study = str(rows["study"].iloc[0])
    lines = [study]
    if study in evidence.studies.index:
        said = evidence.studies.loc[study]
        words = [f'In its words: "{said["quote"]}"'] if said["quote"] else []
        lines = [
            f"{said['title']} ({study})",
            f"Says: {said['says']}",
            *words,
            f"May not be used for: {said['not_for']}",
        ]
    lines += [f"Source: {reference(key, evidence.sources)}" for key in dict.fromkeys(rows["source"])]
    parts = ["\n".join(lines), _show_figures(rows)]
    for anchor, steps in steps_of(rows, evidence).groupby("anchor", sort=False):
        parts += ["", show_ledger(steps, title=f"{anchor}: {_scope(rows.loc[anchor])}")]
    return "\n".join(parts)


def _show_figures(rows: pd.DataFrame) -> str:
    """The figures of a study as printed, with what is done with each."""
    cells = [
        [
            str(name),
            printed_value(row),
            str(row["measure"]),
            str(row["role"]),
            str(row["grade"]),
            str(row["note"]),
        ]
        for name, row in rows.iterrows()
    ]
    return render_table(["id", "as printed", "measure", "role", "grade", "note"], cells, lines=True)


def _scope(row: pd.Series) -> str:
    """The scope of one figure in words."""
    shown = {name: row[name] for name in SCOPE if row[name] != "" and row[name] == row[name]}
    plain = {name: f"{value:g}" if isinstance(value, float) else value for name, value in shown.items()}
    return "; ".join(SCOPE[name].format(value) for name, value in plain.items())


def show_ledger(steps: pd.DataFrame, *, title: str = "") -> str:
    """Draw one ledger as a table.

    Args:
        steps: Its rows.
        title: Line above.

    Returns:
        The table as text: each step with its factor, the value after it, the variance it adds, and its source.
    """
    cells = [
        [
            STEP_WORDS.get(str(row["name"]), str(row["name"])),
            str(row["what"]),
            _factor(row),
            f"{_value(row)} {row['unit']}",
            f"{row['added_variance']:.3f}",
            f"{row['sd']:.2f}",
            str(row["source"]),
            _briefly(str(row["rests_on"])),
        ]
        for row in steps.to_dict("records")
    ]
    heads = [
        "step",
        "what",
        "factor",
        "value",
        "adds variance [log]",
        "sd so far [log]",
        "source",
        "rests on",
    ]
    return render_table(heads, cells, title=title)


def _briefly(names: str) -> str:
    """Names of priors, those of one family as one: log_weight_law, log_weight_health become log_weight_*."""
    words = [re.sub(rf"^({'|'.join(FAMILIES)}).*", r"\1*", name) for name in names.split(", ")]
    return ", ".join(dict.fromkeys(words))


def _factor(step: Mapping[str, Any]) -> str:
    """What the value was multiplied by; a small factor, that of an output, as what it was divided by."""
    factor = step["factor"]
    if factor != factor:
        return ""
    return f"÷ {1 / factor:,.0f}" if factor < 1 / FULL_FROM else printed(factor, factor * step["mcse"])


def _value(step: Mapping[str, Any]) -> str:
    """The value after a step: money that is not simulated in full, the rest as its error allows."""
    exact = step["mcse"] == 0 and step["value"] >= FULL_FROM
    return f"{step['value']:,.0f}" if exact else printed(step["value"], step["value"] * step["mcse"])


def ends_of(steps: pd.DataFrame, evidence: Evidence) -> list[dict[str, Any]]:
    """What each anchor says of the quantity of its model, on priors alone.

    Args:
        steps: Ledgers.
        evidence: The evidence.

    Returns:
        One row an anchor: role, statement, geometric mean in its unit, standard deviation of the log.
    """
    ends = steps.groupby("anchor", sort=False).tail(1)
    rows = []
    for end in ends.to_dict("records"):
        row = evidence.anchors.loc[end["anchor"]]
        rows.append(
            {
                "anchor": end["anchor"],
                "role": row["role"],
                "statement": row["statement"],
                "geometric_mean": end["value"],
                "unit": end["unit"],
                "log_sd": end["sd"],
            }
        )
    return rows


def write_ledgers(evidence: Evidence, out: Path) -> pd.DataFrame:
    """Write the ledgers of every anchor that trains or tests the model, whole or not at all.

    Args:
        evidence: The evidence.
        out: The folder; one that an earlier call wrote is replaced whole.

    Returns:
        The ledgers, as in `ledgers.csv`; beside it the same as text, a waterfall figure for each anchor, the
        bibliography and what the figures may be used for.

    Raises:
        OutputError: If `out` is something else than a folder of ledgers.
    """
    steps = ledgers(evidence)
    ethics = "\n".join(ETHICS_CARD) + "\n"
    keys = sorted({key for cell in steps["source"] for key in cell.split() if key in evidence.sources})
    with record.whole_folder(out, kind="ledger_id") as folder:
        table = steps.to_csv(index=False, lineterminator="\n", float_format="%.10g")
        record.write_part(table, folder / "ledgers.csv")
        meanings = pd.DataFrame(COLUMN_WORDS.items(), columns=["column", "meaning"])
        record.write_part(meanings.to_csv(index=False, lineterminator="\n"), folder / "columns.csv")
        pages = []
        for name, of_one in steps.groupby("anchor", sort=False):
            row = evidence.anchors.loc[name]
            title = evidence.studies["title"].get(row["study"], row["study"])
            plate = plate_ledger(of_one, title=title, source=reference(row["source"], evidence.sources))
            write_plate(plate, folder / "figures")
            pages.append(show_ledger(of_one, title=f"{name}: {_scope(row)}"))
        record.write_part("\n\n".join(pages) + f"\n\n{ETHICS_LINE}\n", folder / "ledgers.txt")
        record.write_part(ethics, folder / "ethics.txt")
        record.write_part(
            "\n\n".join(evidence.sources[key] for key in keys) + "\n", folder / "references.bib"
        )
        made: dict[str, Any] = {
            "ledger_id": record.run_id({"ledgers": record.text_hash(table), **record.versions()}),
            "versions": record.versions(),
            "ethics": ethics,
            "citations": keys,
        }
        record.write_record({**made, "files": record.file_hashes(folder)}, folder)
    return steps
