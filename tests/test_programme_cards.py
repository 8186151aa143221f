"""The list of programmes: what a reader who chooses needs, in money that is named, without a fit."""

from __future__ import annotations

import csv
import io
import json
import math
import subprocess
import sys

import pytest
from typer.testing import CliRunner, Result

from costmodel import cli
from costmodel.briefing.captions import ETHICS_LINE
from costmodel.evidence import Evidence, members
from costmodel.evidence.prices import exchange_rate
from costmodel.programme_cards import programme_rows, show_programmes, without_cost


def _call(*arguments: str) -> Result:
    """Call the verb in this process."""
    return CliRunner().invoke(cli.app, ["programmes", *arguments])


def test_a_country_gets_the_costs_of_its_income_group(evidence: Evidence) -> None:
    """Cambodia is lower middle income: guardianship costs 100, 300, 800 dollars of 2024 there, as its row says."""
    rows = {row["id"]: row for row in programme_rows(evidence, country="KHM")}
    assert {row["income_group"] for row in rows.values()} == {"Lower middle income"}
    found = rows["guardianship"]
    assert [found[f"unit_cost_{name}"] for name in ("low", "mid", "high")] == [100, 300, 800]
    assert (found["currency"], found["price_year"]) == ("USD", 2024)


def test_the_country_s_own_money_is_one_conversion_of_the_same_year(evidence: Evidence) -> None:
    """300 dollars of 2024 at the riel's rate of 2024; nothing is deflated."""
    found = {row["id"]: row for row in programme_rows(evidence, country="KHM")}["guardianship"]
    rate = exchange_rate("KHM", year=2024, prices=evidence.prices)
    assert found["own_currency"] == "KHR"
    assert found["own_unit_cost_mid"] == pytest.approx(300 * rate)


def test_a_region_and_the_world_have_no_money_of_their_own(evidence: Evidence) -> None:
    """The union holds high and upper middle income countries: rows of both groups, no own amounts."""
    union = programme_rows(evidence, country="EU27")
    groups = evidence.countries.loc[list(members("EU27", evidence)), "income_group"]
    assert {row["income_group"] for row in union} == set(groups)
    world = programme_rows(evidence)
    assert len(world) == len(evidence.programmes)
    assert all(row["own_currency"] == "" and math.isnan(row["own_unit_cost_mid"]) for row in [*union, *world])


def test_the_interval_of_an_effect_is_that_of_its_prior(evidence: Evidence) -> None:
    """Log-normal: log RR 5 and 95% quantiles lie 1.6449 SD below and above the mean."""
    for row in programme_rows(evidence, country="BEN"):
        effect = evidence.effects.loc[row["id"]]
        ends = [effect["prior_log_rr_mean"] + z * effect["prior_log_rr_sd"] for z in (-1.6449, 0, 1.6449)]
        found = [math.log(row[f"rr_{name}"]) for name in ("low", "mid", "high")]
        assert found == pytest.approx(ends, abs=1e-4)


def test_what_cannot_be_chosen_is_named(evidence: Evidence) -> None:
    """Costs that were only remembered: two programmes everywhere, girls' clubs in low income too; stipends and
    bonded labour are not of high income."""
    everywhere = ["birth_registration", "supply_chain_monitoring"]
    assert without_cost(evidence, programme_rows(evidence, country="KHM")) == everywhere
    assert "girls_clubs" in without_cost(evidence, programme_rows(evidence, country="BDI"))
    high = without_cost(evidence, programme_rows(evidence, country="NLD"))
    assert set(high) == {*everywhere, "schooling_stipends", "community_mobilisation"}


def test_every_card_says_what_its_effect_rests_on(evidence: Evidence) -> None:
    """The honest sentence, word for word; and never more than 110 characters a line."""
    text = show_programmes(programme_rows(evidence, country="KHM"))
    words = " ".join(text.split())
    for name in evidence.programmes["id"].unique():
        assert evidence.effects.at[name, "sentence"] in words, name
    assert max(len(line) for line in text.splitlines()) <= 110


def test_a_dollar_country_is_told_one_amount(evidence: Evidence) -> None:
    """The own money of the United States is that of the source: no second amount in a card."""
    assert " or USD" not in show_programmes(programme_rows(evidence, country="USA"))


def test_programs_get_the_same_rows_with_what_they_may_be_used_for() -> None:
    """JSON carries the ethics line; CSV stays a table and says it on stderr."""
    found = json.loads(_call("--country", "KHM", "--format", "json").stdout)
    called = _call("--country", "KHM", "--format", "csv")
    assert found["use"] == ETHICS_LINE and ETHICS_LINE in called.stderr
    assert found["no_checked_cost_here"] == "birth_registration, supply_chain_monitoring"
    rows = list(csv.DictReader(io.StringIO(called.stdout)))
    assert [row["id"] for row in rows] == [row["id"] for row in found["rows"]]
    assert _call("--country", "KHM").stdout.splitlines()[-1] == f"Use: {ETHICS_LINE}"


def test_an_unknown_country_is_told_the_one_that_is_meant() -> None:
    """Cambodja is nearly the name of KHM."""
    called = _call("--country", "Cambodja")
    assert (called.exit_code, called.stdout) == (2, "")
    assert called.stderr == "unknown country 'Cambodja'; did you mean 'KHM' (Cambodia)?\n"


def test_the_list_needs_no_sampler() -> None:
    """Priors are read, not fitted: neither PyMC nor PyTensor is imported."""
    code = (
        "import sys; from costmodel import cli\n"
        "try: cli.main()\n"
        "except SystemExit: print([name for name in ('pymc', 'pytensor', 'nutpie') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, "programmes", "--country", "KHM"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
