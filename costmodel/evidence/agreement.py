"""Hold the tables against each other: sources exist, codes are known, shares add up to one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pandas as pd

from costmodel.errors import EvidenceError, suggestion
from costmodel.evidence.prices import own_currency
from costmodel.evidence.rows.base import ASSUMPTION, DATA_ROLES, RECALLED
from costmodel.evidence.rows.victims import SOURCE_AREAS

#: Problems listed in one message; the rest is counted.
SHOWN = 5
#: Rounding of printed shares.
SHARE_TOLERANCE = 1e-3
#: Columns whose cells are codes of countries.
COUNTRY_TABLES = ("counts", "children", "lifetables", "regions", "public_finance")
#: Shares that add up to one within each value of the first column.
SHARES = {"mixes": ["mix"], "payers": ["component"], "violence_types": []}


def refuse(problems: Iterable[str]) -> None:
    """Raise the problems, if there are any, as one error."""
    found = list(problems)
    if found:
        more = [f"… and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
        raise EvidenceError("\n".join([*found[:SHOWN], *more]))


def disagreements(
    tables: Mapping[str, tuple[str, pd.DataFrame]],
    sources: Mapping[str, str],
    *,
    origin: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Problems between rows and between tables.

    Args:
        tables: File name -> name and rows of each table.
        sources: Bibliography.
        origin: File of each row that is not the package's own, by table and name, as "anchors.my_row".

    Yields:
        Each problem in one line: file, row, what, what to do.
    """
    for problem in _problems(tables, sources):
        place, _, what = problem.partition(": ")
        file, sign, row = place.partition(", ")
        name = tables[file][0] if file in tables else ""
        own = (origin or {}).get(f"{name}.{row.removeprefix('row ')}", file)
        yield f"{own}{sign}{row}: {what}"


def _problems(tables: Mapping[str, tuple[str, pd.DataFrame]], sources: Mapping[str, str]) -> Iterator[str]:
    """Problems, each with the package's own file for its place."""
    frames = {name: _flat(frame) for name, frame in tables.values()}
    files = {name: file for file, (name, _) in tables.items()}
    for name, frame in frames.items():
        if "source" in frame:
            yield from _unknown_sources(files[name], frame, sources)
    for name in COUNTRY_TABLES:
        yield from _unknown(
            files[name],
            frames[name],
            "iso3",
            set(frames["countries"]["iso3"]),
            "no such country in countries.csv",
        )
    for name, within in SHARES.items():
        yield from _wrong_sums(files[name], frames[name], within)
    yield from _region_problems(files["regions"], frames)
    yield from _anchor_problems(files["anchors"], frames)
    for name in ("anchors", "estimates"):
        yield from _grade_problems(files[name], frames[name], frames["grades"])
    yield from _place_problems(files, frames)
    yield from _discount_problems(files["discounting"], frames["discounting"])
    priced = frames["programmes"]
    yield from _unknown(
        files["programmes"],
        priced,
        "id",
        set(frames["effects"]["programme"]),
        "no effect in effects.csv; add one",
    )
    yield from _offset_problems(files["offsets"], frames)
    yield from _table_problems(files, frames)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """A table with its key as its first columns."""
    return frame.reset_index() if frame.index.names != [None] else frame


def _name(row: pd.Series) -> str:
    """Name of a row in a message: its first cell."""
    return str(row.iloc[0])


def _unknown_sources(file: str, frame: pd.DataFrame, sources: Mapping[str, str]) -> Iterator[str]:
    """Sources that are in no bibliography; a cell may name several, separated by spaces."""
    for cell in frame["source"].unique():
        for key in str(cell).split():
            if key != ASSUMPTION and key not in sources:
                row = _name(frame[frame["source"] == cell].iloc[0])
                hint = suggestion(key, sources)
                remedy = "add its entry, or write assumption and the reason"
                yield f"{file}, row {row}: source {key!r} is not in sources.bib{hint}; {remedy}"


def _unknown(file: str, frame: pd.DataFrame, column: str, known: set[str], what: str) -> Iterator[str]:
    """Cells of a column that name nothing that exists."""
    for _, row in frame[~frame[column].isin(known)].drop_duplicates(column).iterrows():
        yield f"{file}, row {_name(row)}: {column} {row[column]!r}: {what}{suggestion(row[column], known)}"


def _wrong_sums(file: str, frame: pd.DataFrame, within: list[str]) -> Iterator[str]:
    """Groups of shares that do not add up to one."""
    groups = frame.groupby(within[0])["share"].sum() if within else pd.Series({"all": frame["share"].sum()})
    for group, total in groups.items():
        if abs(total - 1) > SHARE_TOLERANCE:
            yield f"{file}, {group}: shares add up to {total:.4g}, not to 1; correct them"


def _region_problems(file: str, frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Regions under the code of a country: Northern America must not be Namibia."""
    for code in sorted(set(frames["regions"]["region"]) & set(frames["countries"]["iso3"])):
        yield f"{file}, row {code}: is the code of a country too; choose another code for the region"


def _anchor_problems(file: str, frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Anchors that name a place, a mix or a prior which does not exist."""
    anchors = frames["anchors"]
    places = set(frames["countries"]["iso3"]) | set(frames["regions"]["region"])
    yield from _unknown(file, anchors, "geography", places, "neither in countries.csv nor in regions.csv")
    for column in ("mix", "of_mix"):
        known = set(frames["mixes"]["mix"])
        yield from _unknown(file, anchors[anchors[column] != ""], column, known, "not in mixes.csv")
    counts = set(anchors.loc[anchors["measure"] == "count", "id"])
    shared = anchors[anchors["per"] != ""]
    yield from _unknown(file, shared, "per", counts, "no row of measure count; add one with its victims")
    yield from _count_problems(file, anchors)
    yield from _age_problems(file, anchors, frames["mixes"])
    yield from _conversion_problems(file, anchors, frames["countries"])


def _grade_problems(file: str, frame: pd.DataFrame, grades: pd.DataFrame) -> Iterator[str]:
    """Figures graded better than the way in which they are known allows."""
    allowed = {row.grade: row.statuses.split() for row in grades.itertuples()}
    for row in frame[frame["status"] != RECALLED].itertuples():
        if row.status not in allowed[row.grade]:
            fit = [grade for grade, statuses in allowed.items() if row.status in statuses]
            remedy = f"grade it {' or '.join(fit)}, or read the source and set status"
            yield f"{file}, row {row.id}: grade {row.grade} is not for a figure that is {row.status}; {remedy}"


def _count_problems(file: str, anchors: pd.DataFrame) -> Iterator[str]:
    """Totals shared by the victims of another place."""
    places = anchors.set_index("id")["geography"]
    for row in anchors[anchors["per"].isin(places.index)].itertuples():
        other = places[row.per]
        if other != row.geography:
            yield (
                f"{file}, row {row.id}: a total of {row.geography} is shared by {row.per}, victims of {other}; name "
                "the count of the same place"
            )


def _age_problems(file: str, anchors: pd.DataFrame, mixes: pd.DataFrame) -> Iterator[str]:
    """Figures of children alone whose mix holds adults, or the other way round."""
    for ages, other in (("children", "adult"), ("adults", "child")):
        wrong = set(mixes.loc[(mixes["age"] == other) & (mixes["share"] > 0), "mix"])
        for row in anchors[(anchors["ages"] == ages) & anchors["mix"].isin(wrong)].itertuples():
            if row.role in DATA_ROLES:
                yield f"{file}, row {row.id}: ages is {ages}, but mix {row.mix} holds the others; name a mix of {ages}"


def _conversion_problems(file: str, anchors: pd.DataFrame, countries: pd.DataFrame) -> Iterator[str]:
    """Money that is data in a currency which is not the place's own, without a word on how to convert it."""
    facts, used = countries.set_index("iso3"), set(countries["currency"])
    for row in anchors[anchors["role"].isin(DATA_ROLES) & (anchors["currency"] != "")].itertuples():
        own = own_currency(row.geography, countries=facts)
        if row.currency not in used:
            remedy = (
                "convert money that the euro replaced at its fixed rate and write EUR, or correct the code"
            )
            yield f"{file}, row {row.id}: no country uses the currency {row.currency}; {remedy}"
        elif row.currency != own and not row.conversion:
            yield (
                f"{file}, row {row.id}: money of {row.geography} in {row.currency}, whose own currency is {own}; "
                f"set conversion to market or ppp, or enter the figure in {own}"
            )


def _place_problems(files: Mapping[str, str], frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Estimates and exposures of places that do not exist; a fitted estimate is of a country."""
    countries, estimates = set(frames["countries"]["iso3"]), frames["estimates"]
    fitted = estimates["role"] == "train"
    places = countries | set(frames["regions"]["region"]) | set(SOURCE_AREAS)
    yield from _unknown(
        files["estimates"], estimates[fitted], "area", countries, "no such country in countries.csv"
    )
    for name, rows in (("estimates", estimates[~fitted]), ("exposures", frames["exposures"])):
        yield from _unknown(
            files[name], rows, "area", places, "no country, region or area that data/README.md names"
        )


def _discount_problems(file: str, frame: pd.DataFrame) -> Iterator[str]:
    """Presets that do not say what holds from the first year on, or say it of some years only."""
    for preset, first in frame.groupby("preset")["from_year"].min().items():
        if first != 0:
            yield f"{file}, row {preset}: begins in year {first}; give the rate from year 0"
    for column in ("growth_elasticity", "health_rate"):
        filled = frame[column].notna().groupby(frame["preset"]).agg(["any", "all"])
        for preset in filled.index[filled["any"] & ~filled["all"]]:
            yield f"{file}, row {preset}: {column} in some of its rows only; give it in all of them, or in none"


def _offset_problems(file: str, frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Savings of a programme that does not exist, or on the budget of a payer who pays for nothing else."""
    offsets, payers = frames["offsets"], {*frames["payers"]["payer"], *frames["programmes"]["payer"]}
    programmes = set(frames["programmes"]["id"])
    yield from _unknown(file, offsets, "programme", programmes, "no such programme in programmes.csv")
    yield from _unknown(
        file, offsets, "payer", payers, "no such payer in payers.csv or programmes.csv; name one of theirs"
    )


def _table_problems(files: Mapping[str, str], frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Tables that say nowhere where they come from."""
    said = set(frames["tables"]["table"])
    for name, frame in frames.items():
        if "source" not in frame and name not in said:
            yield f"{files[name]}: no source for its rows; add a row {name} to tables.csv"
