"""Money is deflated in its own currency first and converted once, at the rate that GDP was made with."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from costmodel.errors import EvidenceError
from costmodel.evidence import Evidence, prices, read_evidence
from costmodel.evidence.prices import (
    Method,
    convert,
    exchange_rate,
    gdp_per_capita,
    own_currency,
    rate_basis,
)

BLANK = dict.fromkeys(
    ("gdp_deflator", "lcu_per_usd", "lcu_per_usd_implied", "ppp", "gdp_usd", "population", "gdp_lcu"),
    math.nan,
)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return read_evidence()


@pytest.fixture
def table() -> pd.DataFrame:
    """Two countries: in HOM prices double from 2020 to 2022 and money halves in worth; AWY never changes."""
    rows = {
        ("HOM", 2020): {"gdp_deflator": 50, "lcu_per_usd": 4, "ppp": 2, "gdp_usd": 1000, "population": 10},
        ("HOM", 2021): {"gdp_deflator": 50, "lcu_per_usd": 4, "ppp": 2, "gdp_usd": 4000, "population": 10},
        ("HOM", 2022): {"gdp_deflator": 100, "lcu_per_usd": 8, "ppp": 4, "gdp_usd": 1000, "population": 10},
        ("AWY", 2020): {"gdp_deflator": 100, "lcu_per_usd": 1, "ppp": 1, "gdp_usd": 500, "population": 5},
        ("AWY", 2022): {"gdp_deflator": 100, "lcu_per_usd": 1, "ppp": 1, "gdp_usd": 500, "population": 5},
        ("OLD", 2020): {"gdp_lcu": 777},
    }
    frame = pd.DataFrame([{**BLANK, **row} for row in rows.values()])
    frame.index = pd.MultiIndex.from_tuples(rows, names=["area", "year"])
    return frame.sort_index().astype(float)


def test_amounts_are_carried_forward_by_the_ratio_of_the_price_indices(table: pd.DataFrame) -> None:
    """3 of 2020 at an index of 50 buys what 6 of 2022 buys at 100."""
    assert prices.deflate(3.0, area="HOM", from_year=2020, to_year=2022, prices=table) == 6.0


def test_deflating_there_and_back_changes_nothing(evidence: Evidence) -> None:
    """Turkey: prices rose more than twentyfold between 2005 and 2024, the hardest case for rounding."""
    there = prices.deflate(100.0, area="TUR", from_year=2005, to_year=2024, prices=evidence.prices)
    assert there > 1000
    back = prices.deflate(there, area="TUR", from_year=2024, to_year=2005, prices=evidence.prices)
    assert back == pytest.approx(100.0, rel=1e-12)


def test_deflating_first_and_converting_first_differ_where_the_rate_lags(table: pd.DataFrame) -> None:
    """8 HOM of 2020: own prices first give 16 of 2022 = 2 dollars; dollars first give 2 of 2020 = 2 of 2022.

    They agree because the rate moved with prices; where it lags (4 in 2022) own prices give 4, dollars 2.
    """
    own = prices.deflate(8.0, area="HOM", from_year=2020, to_year=2022, prices=table)
    assert prices.convert(own, from_area="HOM", to_area="AWY", year=2022, prices=table) == 2.0
    assert prices.convert(8.0, from_area="HOM", to_area="AWY", year=2020, prices=table) == 2.0
    table.loc[("HOM", 2022), "lcu_per_usd"] = 4
    assert prices.convert(own, from_area="HOM", to_area="AWY", year=2022, prices=table) == 4.0


def test_market_and_purchasing_power_are_different_questions(table: pd.DataFrame) -> None:
    """8 HOM of 2020 are 2 dollars at the market rate of 4 and 4 international dollars at 2."""
    assert prices.convert(8.0, from_area="HOM", to_area="AWY", year=2020, prices=table, method="ppp") == 4.0


def test_a_country_is_not_converted_into_itself(table: pd.DataFrame) -> None:
    """OLD has no rate at all; its own money needs none."""
    assert prices.convert(5.0, from_area="OLD", to_area="OLD", year=2020, prices=table) == 5.0


def test_draws_keep_their_labels(table: pd.DataFrame) -> None:
    draws = xr.DataArray([1.0, 2.0], dims="draw")
    moved = prices.deflate(draws, area="HOM", from_year=2020, to_year=2022, prices=table)
    assert moved.dims == ("draw",)
    assert moved.to_numpy().tolist() == [2.0, 4.0]


def test_gdp_is_in_own_currency(table: pd.DataFrame) -> None:
    """1,000 dollars at 4 are 4,000; over 10 people 400. OLD is printed in its own currency: 777."""
    assert prices.gdp("HOM", year=2020, prices=table) == 4000
    assert prices.gdp_per_capita("HOM", year=2020, prices=table) == 400
    assert prices.gdp("OLD", year=2020, prices=table) == 777


def test_a_fiscal_year_lies_between_its_calendar_years(table: pd.DataFrame) -> None:
    """Log-linear: halfway between 4,000 and 16,000 is 8,000, not 10,000."""
    assert prices.gdp("HOM", year=2020.5, prices=table) == pytest.approx(8000)


def test_a_multiple_of_gdp_per_capita_is_money_without_a_rate_of_its_own(table: pd.DataFrame) -> None:
    """HOM 2020: 1,000 dollars / 10 = 100 dollars a head; 3 times that is 300, with or without a rate."""
    assert prices.money(3.0, area="HOM", to_area="AWY", year=2020, prices=table) == 300
    table.loc[("HOM", 2020), "lcu_per_usd"] = np.nan
    assert prices.money(3.0, area="HOM", to_area="AWY", year=2020, prices=table) == 300


@pytest.mark.parametrize("area", ["NLD", "SRB", "PHL", "BEN", "MDA", "EU27"])
def test_money_is_gdp_per_capita_converted_once(evidence: Evidence, area: str) -> None:
    table = evidence.prices
    own = prices.gdp_per_capita(area, year=2024, prices=table)
    euro = prices.convert(own, from_area=area, to_area="EA20", year=2024, prices=table)
    assert prices.money(1.0, area=area, to_area="EA20", year=2024, prices=table) == pytest.approx(
        euro, rel=1e-12
    )


def test_the_implied_rate_is_used_where_gdp_was_made_with_it(table: pd.DataFrame) -> None:
    """Official 4: implied 5 is 25% away and wins, 4.4 is 10% away and does not, 400 is another unit."""
    for implied, used in ((5.0, 5.0), (4.4, 4.0), (400.0, 4.0), (math.nan, 4.0)):
        table.loc[("HOM", 2020), "lcu_per_usd_implied"] = implied
        assert prices.exchange_rate("HOM", year=2020, prices=table) == used
    table.loc[("HOM", 2020), ["lcu_per_usd", "lcu_per_usd_implied"]] = [math.nan, 5.0]
    assert prices.exchange_rate("HOM", year=2020, prices=table) == 5.0


def test_liberian_money_is_not_dollars(evidence: Evidence) -> None:
    """The source prints purchasing power of Liberia in dollars: implied rate 1, official rate 191."""
    assert prices.exchange_rate("LBR", year=2024, prices=evidence.prices) == pytest.approx(191.31, rel=1e-4)


def test_output_of_a_fiscal_year_is_converted_at_the_rate_of_its_months(evidence: Evidence) -> None:
    """Australia 2013/14: AUD 68,425 a head; the calendar rate of a falling dollar would give 69,687."""
    assert prices.gdp_per_capita("AUS", year=2014, prices=evidence.prices) == pytest.approx(68_425, abs=1)
    assert prices.exchange_rate("AUS", year=2014, prices=evidence.prices) == pytest.approx(1.10936)


def test_gdp_per_capita_of_the_union_of_28_is_what_the_anchors_were_divided_by(evidence: Evidence) -> None:
    """EU-28 in 2016: EUR 29,557 a head; the EU-27 is the EU-28 without the United Kingdom."""
    table = evidence.prices
    assert prices.gdp_per_capita("EU28", year=2016, prices=table) == pytest.approx(29_557, abs=1)
    for name in ("gdp_usd", "population"):
        parts = table.at[("EU27", 2016), name] + table.at[("GBR", 2016), name]
        assert table.at[("EU28", 2016), name] == pytest.approx(parts, rel=1e-5)


def test_the_union_of_27_is_the_sum_of_its_members(evidence: Evidence) -> None:
    members = evidence.countries.index[evidence.countries["eu27"] == 1]
    total = evidence.countries.loc[members, "gdp_usd"].sum()
    assert evidence.prices.at[("EU27", 2024), "gdp_usd"] == pytest.approx(total, rel=1e-3)


def test_canada_in_1998_has_the_output_its_anchor_is_divided_by(evidence: Evidence) -> None:
    assert prices.gdp("CAN", year=1998, prices=evidence.prices) == pytest.approx(918_910e6, rel=1e-5)


def test_growth_follows_from_output_and_population(evidence: Evidence) -> None:
    """Slow twin: mean of log(1 + growth) less log population growth over 2011-2024, country by country."""
    for iso3 in ("NLD", "SRB", "PHL", "BEN", "USA", "IND"):
        logs = []
        for year in range(2011, 2025):
            people = (
                evidence.prices.at[(iso3, year), "population"]
                / evidence.prices.at[(iso3, year - 1), "population"]
            )
            logs.append(math.log1p(evidence.prices.at[(iso3, year), "gdp_growth"]) - math.log(people))
        expected = math.expm1(sum(logs) / len(logs))
        assert evidence.countries.at[iso3, "growth_gdp_per_capita"] == pytest.approx(expected, abs=1e-4), iso3


def test_every_price_index_is_100_in_2024_where_it_is_held(evidence: Evidence) -> None:
    """A base of its own would be harmless in ratios, and a trap for anyone who reads the table."""
    index = evidence.prices["gdp_deflator"].xs(2024, level="year").dropna()
    other = index[(index - 100).abs() > 1e-6]
    assert len(index) > 180
    assert other.empty


def test_a_missing_number_is_named(table: pd.DataFrame) -> None:
    remedy = "; choose a year or a country that has one"
    for name, call in {
        "no GDP for OLD in 2022": lambda: prices.gdp("OLD", year=2022, prices=table),
        "no exchange rate for OLD in 2020": lambda: prices.exchange_rate("OLD", year=2020, prices=table),
        "no price index for HOM in 2030": lambda: prices.price_index("HOM", year=2030, prices=table),
        "no population for OLD in 2020": lambda: prices.gdp_per_capita("OLD", year=2020, prices=table),
        "no purchasing-power rate for OLD in 2020": lambda: prices.convert(
            1.0, from_area="OLD", to_area="HOM", year=2020, prices=table, method="ppp"
        ),
    }.items():
        with pytest.raises(EvidenceError) as raised:
            call()
        assert str(raised.value) == f"prices.csv: {name}{remedy}"


def test_an_unknown_area_is_named_with_the_nearest(evidence: Evidence) -> None:
    with pytest.raises(EvidenceError, match=r"prices.csv: no area 'EU 27'; did you mean 'EU27'\?"):
        prices.gdp("EU 27", year=2020, prices=evidence.prices)


def test_the_world_has_output_but_no_price_index(evidence: Evidence) -> None:
    """The published index of the world is a median of countries: nothing may be deflated with it."""
    assert prices.gdp("WLD", year=2024, prices=evidence.prices) == pytest.approx(111.7e12, rel=1e-3)
    with pytest.raises(EvidenceError, match="no price index for WLD in 2024"):
        prices.deflate(1.0, area="WLD", from_year=2020, to_year=2024, prices=evidence.prices)


def test_each_currency_has_the_prices_of_one_area(evidence: Evidence) -> None:
    """Every currency of the country table finds an area of the price table; the euro finds the euro area."""
    areas = set(evidence.prices.index.get_level_values("area"))
    found = {
        code: prices.currency_area(code, countries=evidence.countries)
        for code in set(evidence.countries["currency"])
    }
    assert set(found.values()) <= areas
    assert (found["EUR"], found["USD"], found["PHP"]) == ("EA20", "USA", "PHL")
    with pytest.raises(EvidenceError, match=r"no country uses the currency 'EURO'; did you mean 'EUR'\?"):
        prices.currency_area("EURO", countries=evidence.countries)


@given(
    amount=st.floats(1e-3, 1e12),
    areas=st.tuples(*[st.sampled_from(["NLD", "NGA", "USA", "EU27", "IND", "BRA", "JPN"])] * 2),
    year=st.integers(2000, 2022),
    method=st.sampled_from(["market", "ppp"]),
)
def test_converting_there_and_back_changes_nothing(
    evidence: Evidence, amount: float, areas: tuple[str, str], year: int, method: Method
) -> None:
    there = convert(
        amount, from_area=areas[0], to_area=areas[1], year=year, prices=evidence.prices, method=method
    )
    back = convert(
        there, from_area=areas[1], to_area=areas[0], year=year, prices=evidence.prices, method=method
    )
    assert back == pytest.approx(amount)


def test_purchasing_power_is_the_ratio_of_the_two_rates(evidence: Evidence) -> None:
    """International dollars: an amount over its own rate is the same number of them on either side."""
    prices = evidence.prices
    there = convert(100.0, from_area="IND", to_area="DEU", year=2015, prices=prices, method="ppp")
    assert there / prices.at[("DEU", 2015), "ppp"] == pytest.approx(100 / prices.at[("IND", 2015), "ppp"])


def test_a_country_that_joined_the_euro_is_in_euro_in_every_year(evidence: Evidence) -> None:
    """Croatia joined in 2023: its output of 2005 is in euro too, and so must be money about it."""
    assert own_currency("HRV", countries=evidence.countries) == "EUR"
    assert own_currency("EU27", countries=evidence.countries) == "EUR"
    assert own_currency("WLD", countries=evidence.countries) == "USD"
    per_head = gdp_per_capita("HRV", year=2005, prices=evidence.prices)
    assert 5_000 < per_head < 15_000  # in kuna it would be 60,000


def test_the_rate_that_counts_is_named(evidence: Evidence) -> None:
    """Official, unless the one implied by output lies far from it or there is no other."""
    assert rate_basis("GBR", year=2016.5, prices=evidence.prices) == "official rate"
    assert rate_basis("NGA", year=2014, prices=evidence.prices) == "rate implied by GDP"
    assert (
        exchange_rate("NGA", year=2014, prices=evidence.prices)
        == evidence.prices.at[("NGA", 2014), "lcu_per_usd_implied"]
    )
