"""Hold the tables against each other: sources exist, codes are known, shares add up to one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from costmodel.errors import suggestion
from costmodel.evidence.rows.base import ASSUMPTION
from costmodel.evidence.rows.victims import SOURCE_AREAS

#: Rounding of printed shares.
SHARE_TOLERANCE = 1e-3
#: Columns whose cells are codes of countries.
COUNTRY_TABLES = ("counts", "children", "lifetables", "regions")
#: Shares that add up to one within each value of the first column.
SHARES = {"mixes": ["mix"], "payers": ["component"], "violence_types": []}


def disagreements(
    tables: Mapping[str, tuple[str, pd.DataFrame]], sources: Mapping[str, str]
) -> Iterator[str]:
    """Problems between rows and between tables.

    Args:
        tables: File name -> name and rows of each table.
        sources: Bibliography.

    Yields:
        Each problem in one line: file, row, what, what to do.
    """
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
    yield from _unknown(
        file, anchors[anchors["mix"] != ""], "mix", set(frames["mixes"]["mix"]), "not in mixes.csv"
    )
    valued = anchors[~anchors["qaly_value"].str.fullmatch(r"|[0-9]*\.?[0-9]+")]
    yield from _unknown(
        file,
        valued,
        "qaly_value",
        set(frames["priors"]["name"]),
        "neither a number nor a prior of priors.csv",
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
    """Presets that do not say what holds from the first year on."""
    for preset, first in frame.groupby("preset")["from_year"].min().items():
        if first != 0:
            yield f"{file}, row {preset}: begins in year {first}; give the rate from year 0"


def _table_problems(files: Mapping[str, str], frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Tables that say nowhere where they come from."""
    said = set(frames["tables"]["table"])
    for name, frame in frames.items():
        if "source" not in frame and name not in said:
            yield f"{files[name]}: no source for its rows; add a row {name} to tables.csv"
