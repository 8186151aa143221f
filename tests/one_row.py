"""One number of a table of a run, for tests that know it by hand."""

from __future__ import annotations


def mean(table, quantity, **labels):
    """The mean of the one row with these labels; societal, trafficking and of `act` unless said."""
    where = {"option": "act", "quantity": quantity, "perspective": "societal", "scope": "trafficking"}
    kept = table
    for name, value in ({k: v for k, v in where.items() if k in table} | labels).items():
        kept = kept[kept[name] == value]
    assert len(kept) == 1
    return kept.iloc[0]["mean"]
