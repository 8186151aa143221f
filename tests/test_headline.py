"""The printed table shows one discount preset, both scopes, and never the comparator against itself."""

from __future__ import annotations

from typing import Any

from costmodel.headline import headline_rows, show_headline
from costmodel.scenario import scenario_from_table

SCENARIO = scenario_from_table(
    {
        "schema": 1,
        "title": "One option",
        "countries": ["NLD"],
        "start": 2026,
        "end": 2045,
        "price_year": 2024,
        "discount": ["eu_3", "zero"],
        "comparator": "none_such",
        "options": {"none_such": {}, "protect": {"title": "Protect"}},
    }
)


def _row(quantity: str, mean: float, **other: Any) -> dict[str, Any]:
    """One row of the headline table, known to four digits."""
    row = {
        "option": "protect",
        "discount": "eu_3",
        "perspective": "societal",
        "scope": "trafficking",
        "quantity": quantity,
    }
    return {
        **row,
        "unit": "EUR2024",
        "mean": mean,
        "low": mean / 2,
        "mid": mean,
        "high": 2 * mean,
        "mcse": mean / 1e4,
        **other,
    }


def test_only_the_first_discount_preset_and_the_societal_perspective_are_printed() -> None:
    """Four rows, of which one is discounted otherwise, one is fiscal, and one is the comparator."""
    rows = [
        _row("net_benefit", 1e9),
        _row("net_benefit", 2e9, discount="zero"),
        _row("net_benefit", 3e9, perspective="fiscal"),
        _row("net_benefit", 4e9, option="none_such"),
    ]
    assert [row["mean"] for row in headline_rows(rows, scenario=SCENARIO)] == [1e9]


def test_the_table_reads_mean_over_interval_with_other_violence_on_its_own_line() -> None:
    """1 billion (0.5 to 2) for trafficking, 3 billion with other violence: two rows, never one sum."""
    rows = [
        _row("net_benefit", 1e9),
        _row("net_benefit", 3e9, scope="all_violence"),
        _row("probability_net_benefit_positive", 0.83, unit="probability"),
        _row("victims_averted", 1234.0, unit="persons"),
        _row("benefit_cost_ratio", 2.5, unit="ratio"),
    ]
    text = show_headline(rows, scenario=SCENARIO)
    protect = next(line for line in text.splitlines() if "Protect" in line)
    violence = next(line for line in text.splitlines() if "with other violence averted" in line)
    assert "EUR 1.00 billion" in protect
    assert "EUR 500 million to EUR 2.0 billion" in text
    assert "83%" in protect
    assert "1,230" in protect
    assert "2.50" in protect
    assert "EUR 3.00 billion" in violence


def test_the_caption_says_what_the_numbers_are() -> None:
    """Comparator, countries, years, currency, price year, preset: without them nothing can be quoted."""
    caption = show_headline([], scenario=SCENARIO)
    for words in ("'none_such'", "NLD", "2026-2045", "EUR of 2024", "'eu_3'", "societal"):
        assert words in caption
