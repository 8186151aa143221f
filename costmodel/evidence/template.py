"""A commented table of evidence to begin with: each column explained, one example row that moves nothing."""

from __future__ import annotations

import csv
import io
import textwrap
from pathlib import Path

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence.register import OWN, TABLES, read_dictionary

WIDTH = 110
BEGINNING = """\
Evidence of your own for costmodel: rows of {file}. Lines that begin with # are comments.
Name this file in a scenario (evidence = ["{name}"]) or in Python: read_evidence(["{name}"]).
Put the BibTeX entries of your sources in a file sources.bib beside it, and their keys in the column source.
"""
SUPERSEDING = "A row of yours takes the place of rows of the package if it names them in supersedes."
#: Table -> one row that is valid and moves no result.
EXAMPLES: dict[str, dict[str, str]] = {
    "anchors": {
        **{"id": "example_unit", "study": "example", "source": "assumption", "geography": "NLD"},
        **{
            "population": "registered victims 2024",
            "counted": "registered",
            "ages": "children",
            "sex": "both",
        },
        **{"forms": "any", "measure": "incident_lifetime", "module": "unit_cost", "role": "context"},
        **{"grade": "D", "statement": "point", "value": "100000", "unit": "EUR/victim", "currency": "EUR"},
        **{"price_year": "2023", "price_year_status": "stated", "components": "law services health"},
        **{"severity_class": "trafficking", "mix": "maltreatment", "registered_share": "1"},
        **{"discount_rate": "0.03", "value_growth": "0", "own_sd": "0.2", "status": "assumption"},
        "note": "Invented to show the columns: role context moves no result. Replace it.",
    },
}


def table_template(name: str) -> str:
    """Write a table of evidence to begin with.

    Args:
        name: Name of the table, as anchors, or of its file, as victims.csv.

    Returns:
        Text of a CSV file: the meaning of each column in comments, the header, and for anchors an example row of
        role `context`.

    Raises:
        EvidenceError: If rows of one's own cannot be added to a table of that name.

    Example:
        >>> table_template("mixes").splitlines()[-1]
        'mix,form,sex,age,share,supersedes,source,locator,note'
    """
    name = {TABLES[table].file: table for table in OWN}.get(name, name)
    name = {Path(TABLES[table].file).stem: table for table in OWN}.get(name, name)
    if name not in OWN:
        raise EvidenceError(
            f"no table {name!r} takes rows of one's own{suggestion(name, OWN)}; choose one of {', '.join(OWN)}"
        )
    columns = list(TABLES[name].model.model_fields)
    meanings = read_dictionary(name)
    order = list(dict.fromkeys([*meanings, *columns]))
    stem = name if name.startswith("my_") else f"my_{name}"
    lines = BEGINNING.format(file=TABLES[name].file, name=f"{stem}.csv").splitlines()
    lines += [SUPERSEDING] if "supersedes" in columns else []
    for column in order:
        field = TABLES[name].model.model_fields[column]
        must = "must be filled in: " if field.is_required() else ""
        lines += textwrap.wrap(f"{column}: {must}{meanings[column]}", WIDTH, subsequent_indent="    ")
    text = "".join(f"# {line}\n" for line in lines)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, order, lineterminator="\n", restval="")
    writer.writeheader()
    if name in EXAMPLES:
        writer.writerow(EXAMPLES[name])
    return text + stream.getvalue()
