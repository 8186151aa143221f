"""The tables of evidence, the package's and one's own, held against each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from costmodel.errors import EvidenceError
from costmodel.evidence.agreement import disagreements, refuse
from costmodel.evidence.guards import collisions
from costmodel.evidence.lists import CaptureTable, masked_text, read_lists
from costmodel.evidence.merging import check_file_names, merged
from costmodel.evidence.reading import Table, read_lines, read_sources, read_table
from costmodel.evidence.rows import costs, facts, programmes, victims

DATA = Path(__file__).parent / "data"
SOURCES = "sources.bib"
#: Folder of the package's own tables of overlapping lists.
LISTS = "mse"


TABLES: Mapping[str, Table] = {
    "anchors": Table("anchors.csv", costs.Anchor),
    "studies": Table("studies.csv", costs.Study),
    "grades": Table("grades.csv", costs.GradeError),
    "valuations": Table("valuations.csv", costs.Valuation),
    "mixes": Table("mixes.csv", costs.Mix, indexed=False),
    "priors": Table("priors.csv", costs.Prior),
    "counts": Table("victims.csv", victims.VictimCount),
    "estimates": Table("estimates.csv", victims.Estimate),
    "programmes": Table("programmes.csv", programmes.Programme, indexed=False),
    "effects": Table("effects.csv", programmes.Effect),
    "offsets": Table("offsets.csv", programmes.Offset, indexed=False),
    "countries": Table("countries.csv", facts.Country),
    "prices": Table("prices.csv", facts.Price),
    "children": Table("children.csv", facts.Children),
    "lifetables": Table("lifetables.csv", facts.Survivors),
    "regions": Table("regions.csv", facts.Member, indexed=False),
    "violence_types": Table("violence_types.csv", facts.ViolenceShare),
    "payers": Table("payers.csv", facts.Payer, indexed=False),
    "discounting": Table("discounting.csv", facts.DiscountStep, indexed=False),
    "judgements": Table("judgements.csv", facts.Judgement, indexed=False),
    "constants": Table("constants.csv", facts.Constant),
    "defaults": Table("defaults.csv", facts.Default),
    "public_finance": Table("public_finance.csv", facts.PublicFinance),
    "earnings_profile": Table("earnings_profile.csv", facts.EarningsPoint, indexed=False),
    "tables": Table("tables.csv", facts.TableSource),
    "durations": Table("durations.csv", victims.Duration),
    "exposures": Table("exposures.csv", victims.Exposure),
}


@dataclass(frozen=True, eq=False, repr=False)
class Evidence:
    """The published numbers as printed, one table each; columns are described in data/README.md.

    Attributes:
        anchors: Published unit costs, totals, shares of GDP, ratios and counts; index id.
        studies: What each study says, and what its figures may not be used for; index study.
        grades: What each grade of evidence adds to the error of a figure; index grade.
        valuations: Published values of health and discount rates behind studies and priors; index id.
        mixes: Victim mixes of the studies.
        priors: Prior distributions with their reasons; index name.
        counts: Registered victims by country and year, as intervals; index id.
        estimates: Published estimates of victims, registered or not; index id.
        programmes: Cost and reach of programmes by income group.
        effects: Effect of each programme and the study behind it; index programme.
        offsets: What programmes save on what they replace, by income group.
        countries: Facts of countries; index iso3.
        prices: Deflators, rates, GDP and population; index area, year.
        children: Children aged 0-17; index iso3, year.
        lifetables: Survivors of one birth; index iso3, age.
        regions: Members of regions.
        violence_types: Share of each type in the burden of violence; index type.
        payers: Who bears each component.
        discounting: Discount presets.
        judgements: Value judgements under which a run shows its decision again.
        constants: Named numbers that are neither estimated nor chosen; index name.
        defaults: Value judgements that hold where a scenario states none; index name.
        public_finance: What central governments spend; index iso3.
        earnings_profile: Earnings by age relative to their peak.
        tables: Where whole tables come from; index table.
        durations: Time in exploitation as printed; index id.
        exposures: Children in groups at risk, by area; index id.
        sources: Bibliography: key -> BibTeX entry.
        lists: Overlapping lists behind estimates, by the id of the estimate.
        own: Text of each file of one's own by its name, and of the sources beside them.
        own_lists: Tables of lists of one's own by file, as an output may hold them: small counts masked.
        origin: File of each row of one's own, by table and name, as "anchors.my_row".
        superseded: File that took the place of a row of the package, by table and name of that row.
        own_priors: Names of the priors whose numbers are of one's own.
    """

    anchors: pd.DataFrame
    studies: pd.DataFrame
    grades: pd.DataFrame
    valuations: pd.DataFrame
    mixes: pd.DataFrame
    priors: pd.DataFrame
    counts: pd.DataFrame
    estimates: pd.DataFrame
    programmes: pd.DataFrame
    effects: pd.DataFrame
    offsets: pd.DataFrame
    countries: pd.DataFrame
    prices: pd.DataFrame
    children: pd.DataFrame
    lifetables: pd.DataFrame
    regions: pd.DataFrame
    violence_types: pd.DataFrame
    payers: pd.DataFrame
    discounting: pd.DataFrame
    judgements: pd.DataFrame
    constants: pd.DataFrame
    defaults: pd.DataFrame
    public_finance: pd.DataFrame
    earnings_profile: pd.DataFrame
    tables: pd.DataFrame
    durations: pd.DataFrame
    exposures: pd.DataFrame
    sources: Mapping[str, str]
    lists: Mapping[str, CaptureTable] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)
    own_lists: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    superseded: Mapping[str, str] = field(default_factory=dict)
    own_priors: tuple[str, ...] = ()

    @property
    def own_tables(self) -> tuple[str, ...]:
        """Names of the files of one's own, without the bibliography beside them."""
        return tuple(name for name in self.own if name != SOURCES)


#: Tables to which rows of one's own may be added.
OWN = (
    *("anchors", "mixes", "studies", "valuations", "counts", "estimates", "durations", "exposures"),
    *("programmes", "effects", "offsets"),
)


def read_evidence(extra: str | Path | Sequence[str | Path] = ()) -> Evidence:
    """Read the evidence of the package and rows of one's own.

    Args:
        extra: A file, or files, with the columns of a table of the package (data/README.md), as
            `["my_anchors.csv", "my_counts.csv"]`. Their rows are added to it in the order of the files, or take
            the place of the rows that they name in `supersedes`. New sources are looked for in a `sources.bib`
            beside each file.

    Returns:
        The evidence as printed.

    Raises:
        EvidenceError: If a file is missing, a row does not say what it must, or two rows count one thing twice:
            which, and what to do.

    Example:
        >>> evidence = read_evidence()
        >>> float(evidence.anchors.at["eu_thb_2020_eu27_unit", "value"])
        337462.0
    """
    frames = {name: read_table(DATA / table.file, table) for name, table in TABLES.items()}
    sources, own = read_sources(DATA / SOURCES), {}
    origin: dict[str, str] = {}
    superseded: dict[str, str] = {}
    folders: dict[str, Path] = {}
    own_lists: dict[str, Path] = {}
    paths = [Path(path) for path in ([extra] if isinstance(extra, str | Path) else extra)]
    check_file_names(paths)
    for path in paths:
        name = _table_of(path)
        more = read_table(path, TABLES[name])
        key = TABLES[name].model.key
        frames[name] = merged(frames[name], more, file=path.name, key=key)
        own[path.name] = path.read_text(encoding="utf-8-sig")
        rows = more.index if TABLES[name].indexed else more[key[0]]
        origin |= {f"{name}.{row}": path.name for row in rows}
        if name == "estimates":
            own_lists |= _check_lists_there(more, path, own_lists)
            folders |= {str(row): path.parent for row in more.index}
        gone = {old for cell in more.get("supersedes", []) for old in cell.split()}
        superseded |= {f"{name}.{old}": path.name for old in sorted(gone)}
    beside = [path.parent / SOURCES for path in paths if (path.parent / SOURCES).exists()]
    new = _new_sources(beside, sources)
    if new:
        own[SOURCES] = "\n".join(new.values()) + "\n"
    evidence = Evidence(
        **frames,
        sources={**sources, **new},
        lists=_lists(frames["estimates"], folders),
        own=own,
        own_lists={name: masked_text(read_lists(place)) for name, place in own_lists.items()},
        origin=origin,
        superseded=superseded,
    )
    named = {TABLES[name].file: (name, frame) for name, frame in frames.items()}
    refuse(disagreements(named, evidence.sources, origin=origin))
    refuse(collisions(evidence.anchors, evidence.regions, origin=origin))
    return evidence


def _lists(estimates: pd.DataFrame, folders: Mapping[str, Path]) -> dict[str, CaptureTable]:
    """Tables of lists by estimate: beside the file of one's own that names them, else those of the package."""
    return {
        str(row): read_lists(folders.get(str(row), DATA / LISTS) / name)
        for row, name in estimates["lists"].items()
        if name
    }


def _check_lists_there(estimates: pd.DataFrame, path: Path, taken: Mapping[str, Path]) -> dict[str, Path]:
    """Files of lists that a file of estimates names; they lie beside it, and no two of one name."""
    found = {}
    for row, name in estimates["lists"].items():
        place = path.parent / name
        if name and not place.is_file():
            raise EvidenceError(
                f"{path.name}, row {row}: lists {name!r} is not beside it; put the table of lists into the same folder"
            )
        if name and taken.get(name, place) != place:
            raise EvidenceError(
                f"{path.name}, row {row}: another table of lists is called {name!r}; rename one"
            )
        if name:
            found[name] = place
    return found


def _new_sources(libraries: Sequence[Path], known: Mapping[str, str]) -> dict[str, str]:
    """Entries of bibliographies of one's own; none may say something else under a key of the package."""
    new: dict[str, str] = {}
    for path in libraries:
        for key, entry in read_sources(path).items():
            other = known.get(key, new.get(key, entry))
            if other.split() != entry.split():
                raise EvidenceError(f"{path}: the key {key!r} has another entry already; choose another key")
            if key not in known:
                new[key] = entry
    return new


def _table_of(path: Path) -> str:
    """The table whose columns a file has; where it has those of none, the one that it resembles most."""
    columns = set(read_lines(path)[0][1])

    def fit(name: str) -> tuple[bool, int]:
        fields = TABLES[name].model.model_fields
        needed = {column for column, info in fields.items() if info.is_required()}
        return needed <= columns <= set(fields), len(columns & set(fields))

    return max(OWN, key=fit)


def read_dictionary(name: str) -> dict[str, str]:
    """What each column of a table means, from data/README.md.

    Args:
        name: Name of the table, as anchors.

    Returns:
        Column -> meaning, in the order of the dictionary.
    """
    text = (DATA / "README.md").read_text(encoding="utf-8")
    section = text.split(f"## {TABLES[name].file}\n")[1].split("\n## ")[0]
    shared, own = (_meanings(part) for part in (text.split("\n## ")[0], section))
    return {
        column: shared.get(column, words) if words == "see above" else words for column, words in own.items()
    }


def _meanings(text: str) -> dict[str, str]:
    """Column -> meaning from the rows of a dictionary; one row may speak of several columns."""
    rows = re.findall(r"^\| (`.+?`) \| (.+) \|$", text, flags=re.MULTILINE)
    return {column: words for cell, words in rows for column in re.findall(r"`(\w+)`", cell)}
