"""One order for money: deflate in its own currency first, then convert once.

Functions take `evidence.prices` (index area and year) as `prices`. Local currency is that of the country
table: euro in every year for a country that has adopted it since.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import pandas as pd

from costmodel.errors import EvidenceError, suggestion

Method = Literal["market", "ppp"]

#: Above this ratio of the two exchange rates of a year, GDP in dollars was made with the implied one.
RATE_GAP = 1.2
#: Above this ratio they are in different units of the currency, and only the official one is in today's.
UNIT_GAP = 10.0
#: Countries whose output is of a fiscal year: converted at the rate implied for it, not of the calendar year.
FISCAL_YEAR = ("AUS", "EGY", "ETH", "HTI", "IND", "NPL", "PAK", "TON", "WSM")
#: Areas whose currency others share: the rates and prices that stand for the currency itself.
CURRENCY_AREAS = {
    "EUR": "EA20",
    "USD": "USA",
    "GBP": "GBR",
    "AUD": "AUS",
    "CHF": "CHE",
    "XOF": "SEN",
    "XAF": "CMR",
}
#: Regions whose output is given in euro.
EURO_AREAS = ("EA20", "EU27", "EU28")
MISSING = {
    "gdp_deflator": "no price index",
    "lcu_per_usd": "no exchange rate",
    "lcu_per_usd_implied": "no exchange rate",
    "ppp": "no purchasing-power rate",
    "gdp_usd": "no GDP",
    "population": "no population",
}


def _cell(area: str, year: int, name: str, prices: pd.DataFrame) -> float:
    """One number of the price table, NaN where it is blank or there is no such year."""
    areas = prices.index.levels[0]
    if area not in areas:
        raise EvidenceError(f"prices.csv: no area {area!r}{suggestion(area, areas)}")
    return float(prices.at[(area, year), name]) if (area, year) in prices.index else math.nan


def _fact(area: str, year: int, name: str, prices: pd.DataFrame) -> float:
    """One number of the price table, or an error that says which is missing."""
    number = _cell(area, year, name, prices)
    if math.isnan(number):
        remedy = "choose a year or a country that has one"
        raise EvidenceError(f"prices.csv: {MISSING[name]} for {area} in {year}; {remedy}")
    return number


def _between_years(year: float, value_at: Any) -> float:
    """Log-linear between calendar years: 2016.5 is the fiscal year 2016/17."""
    first = math.floor(year)
    weight = year - first
    if weight == 0:
        return float(value_at(first))
    return math.exp((1 - weight) * math.log(value_at(first)) + weight * math.log(value_at(first + 1)))


def exchange_rate(area: str, *, year: float, prices: pd.DataFrame) -> float:
    """Market exchange rate (MODEL.md, prices; World Bank WDI).

    The official rate of the year, or the rate implied by GDP in both currencies where there is no official
    one or where the two differ by more than `RATE_GAP`: GDP in dollars was then made with the implied one.

    Args:
        area: Country, or EA20, EU27, EU28, WLD.
        year: Calendar year, or a half year for a fiscal year.
        prices: `evidence.prices`.

    Returns:
        Local currency per US dollar [LCU/USD].

    Raises:
        EvidenceError: If there is no rate for the area and year.
    """

    def rate(calendar_year: int) -> float:
        name = "lcu_per_usd_implied" if _is_implied(area, calendar_year, prices) else "lcu_per_usd"
        return _fact(area, calendar_year, name, prices)

    return _between_years(year, rate)


def _is_implied(area: str, year: int, prices: pd.DataFrame) -> bool:
    """Whether the implied rate of a year counts, not the official one."""
    official, implied = (_cell(area, year, name, prices) for name in ("lcu_per_usd", "lcu_per_usd_implied"))
    if math.isnan(implied) or math.isnan(official):
        return math.isnan(official) and not math.isnan(implied)
    return RATE_GAP < max(official / implied, implied / official) < UNIT_GAP


def rate_basis(area: str, *, year: float, prices: pd.DataFrame) -> str:
    """Which exchange rate counts in a year, for a reader of the result.

    Args:
        area: Country, or EA20, EU27, EU28, WLD.
        year: Calendar year, or a half year for a fiscal year.
        prices: `evidence.prices`.

    Returns:
        "official rate", or "rate implied by GDP" where there is no official one or the two lie apart by more
        than `RATE_GAP`.

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> rate_basis("GBR", year=2016, prices=read_evidence().prices)
        'official rate'
    """
    implied = _is_implied(area, math.floor(year), prices)
    return "rate implied by GDP" if implied else "official rate"


def gdp(area: str, *, year: float, prices: pd.DataFrame) -> float:
    """Gross domestic product in local currency (MODEL.md eq. 1; World Bank WDI).

    Args:
        area: Country, or EA20, EU27, EU28 (in EUR), WLD (in USD).
        year: Calendar year, or a half year for a fiscal year.
        prices: `evidence.prices`.

    Returns:
        Nominal GDP [LCU of the year/year].

    Raises:
        EvidenceError: If GDP or the exchange rate of the year is missing.
    """

    def value(calendar_year: int) -> float:
        printed = _cell(area, calendar_year, "gdp_lcu", prices)
        if not math.isnan(printed):
            return printed
        in_dollars = _fact(area, calendar_year, "gdp_usd", prices)
        implied = _cell(area, calendar_year, "lcu_per_usd_implied", prices)
        own_year = area in FISCAL_YEAR and not math.isnan(implied)
        rate = implied if own_year else exchange_rate(area, year=calendar_year, prices=prices)
        return in_dollars * rate

    return _between_years(year, value)


def gdp_per_capita(area: str, *, year: float, prices: pd.DataFrame) -> float:
    """GDP per capita in local currency: the unit in which costs are compared (MODEL.md eq. 1).

    Args:
        area: Country, or EA20, EU27, EU28 (in EUR), WLD (in USD).
        year: Calendar year, or a half year for a fiscal year.
        prices: `evidence.prices`.

    Returns:
        Nominal GDP per capita [LCU of the year/person/year].

    Raises:
        EvidenceError: If GDP, population or the exchange rate of the year is missing.
    """
    people = _between_years(year, lambda calendar_year: _fact(area, calendar_year, "population", prices))
    return gdp(area, year=year, prices=prices) / people


def price_index(area: str, *, year: float, prices: pd.DataFrame) -> float:
    """GDP deflator [index; only ratios between years have a meaning].

    Raises:
        EvidenceError: If the area has no index for the year.
    """
    return _between_years(year, lambda calendar_year: _fact(area, calendar_year, "gdp_deflator", prices))


def deflate[Amount: Any](
    value: Amount, *, area: str, from_year: float, to_year: float, prices: pd.DataFrame
) -> Amount:
    """Carry an amount to the prices of another year, in its own currency (MODEL.md, prices).

    Args:
        value: Amount in the currency of `area` [LCU of `from_year`].
        area: Whose prices: the place where the money is spent.
        from_year: Price year of the amount.
        to_year: Price year wanted.
        prices: `evidence.prices`.

    Returns:
        The amount [LCU of `to_year`], dims as `value`.

    Raises:
        EvidenceError: If the area has no price index for a year.
    """
    ratio = price_index(area, year=to_year, prices=prices) / price_index(area, year=from_year, prices=prices)
    converted: Amount = value * ratio
    return converted


def convert[Amount: Any](
    value: Amount,
    *,
    from_area: str,
    to_area: str,
    year: float,
    prices: pd.DataFrame,
    method: Method = "market",
) -> Amount:
    """Carry an amount from one currency to another, in prices of one year (MODEL.md, prices).

    Args:
        value: Amount in the currency of `from_area` [LCU of `year`].
        from_area: Country, or EA20, EU27, EU28, WLD; `currency_area` finds the one of a currency.
        to_area: The same, for the currency wanted.
        year: Price year of the amount: deflate first.
        prices: `evidence.prices`.
        method: "market" exchange rates, or "ppp" to compare what the money buys across countries.

    Returns:
        The amount in the currency of `to_area` [LCU of `year`], dims as `value`.

    Raises:
        EvidenceError: If a rate is missing.
    """

    def rate(area: str) -> float:
        if method == "market":
            return exchange_rate(area, year=year, prices=prices)
        return _between_years(year, lambda calendar_year: _fact(area, calendar_year, "ppp", prices))

    converted: Amount = value if from_area == to_area else value * (rate(to_area) / rate(from_area))
    return converted


def money[Amount: Any](
    multiple: Amount, *, area: str, to_area: str, year: float, prices: pd.DataFrame
) -> Amount:
    """Money from multiples of GDP per capita, at market rates (MODEL.md, prices).

    GDP in dollars is used as published: the rate of `area` would cancel, and some countries have a GDP in
    dollars but no rate.

    Args:
        multiple: Multiple of the GDP per capita of `area` in `year` [1].
        area: The place whose GDP per capita is meant.
        to_area: Whose currency is wanted; `currency_area` finds the one of a currency.
        year: Price year of the result.
        prices: `evidence.prices`.

    Returns:
        The amount [currency of `to_area`, `year`], dims as `multiple`.

    Raises:
        EvidenceError: If GDP, population or the rate of `to_area` is missing.
    """

    def per_head(calendar_year: int) -> float:
        return _fact(area, calendar_year, "gdp_usd", prices) / _fact(
            area, calendar_year, "population", prices
        )

    amount: Amount = multiple * (
        _between_years(year, per_head) * exchange_rate(to_area, year=year, prices=prices)
    )
    return amount


def own_currency(area: str, *, countries: pd.DataFrame) -> str:
    """The currency in which output of an area is given in `evidence.prices`.

    Args:
        area: Country, or EA20, EU27, EU28; any other region is given in dollars.
        countries: `evidence.countries`.

    Returns:
        ISO 4217 code; the euro in every year for a country that has adopted it since.

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> own_currency("HRV", countries=read_evidence().countries)
        'EUR'
    """
    if area in countries.index:
        return str(countries.at[area, "currency"])
    return "EUR" if area in EURO_AREAS else "USD"


def currency_area(currency: str, *, countries: pd.DataFrame) -> str:
    """The area whose prices and rates stand for a currency.

    Args:
        currency: ISO 4217 code.
        countries: `evidence.countries`.

    Returns:
        Code of an area of `evidence.prices`.

    Raises:
        EvidenceError: If no country of the evidence uses the currency.

    Example:
        >>> from costmodel.evidence import read_evidence
        >>> currency_area("EUR", countries=read_evidence().countries)
        'EA20'
    """
    if currency in CURRENCY_AREAS:
        return CURRENCY_AREAS[currency]
    users = countries.index[countries["currency"] == currency]
    if users.empty:
        known = suggestion(currency, set(countries["currency"]))
        raise EvidenceError(
            f"countries.csv: no country uses the currency {currency!r}{known}; convert money of a currency that "
            "the euro replaced at its fixed rate, and write EUR"
        )
    return str(users[0])


def delivered_rate(
    source_currency: str,
    source_year: int,
    *,
    country: str,
    currency: str,
    price_year: int,
    countries: pd.DataFrame,
    prices: pd.DataFrame,
) -> float:
    """What one unit of money that is spent in a country is worth in another currency and year (MODEL.md, prices).

    The one allowed order: to the currency of the place of delivery at the price year of the source, then
    deflated with the prices of that place, then converted once at market rates.

    Args:
        source_currency: ISO 4217 code of the money spent.
        source_year: Its price year.
        country: ISO3 code of the place of delivery.
        currency: ISO 4217 code wanted.
        price_year: Price year wanted.
        countries: `evidence.countries`.
        prices: `evidence.prices`.

    Returns:
        Units of `currency` of `price_year` per unit of the source.

    Raises:
        EvidenceError: If a currency is unknown, or a rate or price is missing.
    """
    source, target = (currency_area(code, countries=countries) for code in (source_currency, currency))
    if source_year == price_year:  # nothing to deflate, so one conversion is enough
        return float(convert(1.0, from_area=source, to_area=target, year=source_year, prices=prices))
    local = convert(1.0, from_area=source, to_area=country, year=source_year, prices=prices)
    local = deflate(local, area=country, from_year=source_year, to_year=price_year, prices=prices)
    return float(convert(local, from_area=country, to_area=target, year=price_year, prices=prices))
