"""The scenario library: every file answers, every preset is what its page says, and a country may differ."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import xarray as xr
from hand_posterior import CHAINS, hand_draws, hand_scenario

from costmodel import appraisal, results
from costmodel.briefing import NOT_MODELLED
from costmodel.errors import ScenarioError
from costmodel.evidence import Evidence, members
from costmodel.pipeline import said_by
from costmodel.scenario import (
    Scenario,
    check_scenario,
    dump_scenario,
    read_scenario,
    scenario_from_table,
    scenario_json_schema,
)
from costmodel.simulation import simulate

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LIBRARY = {path.stem: path for path in sorted(SCENARIOS.glob("*.toml"))}
PRESETS = {path.stem: path for path in sorted((SCENARIOS / "presets").glob("*.toml"))}
TABLES = {name: tomllib.loads(path.read_text(encoding="utf-8")) for name, path in (LIBRARY | PRESETS).items()}
#: Files with options of their own: a region of many incomes, and a fiction.
WITHOUT_PRESET = {"eu27", "synthetic"}
COUNTRIES = sorted(set(LIBRARY) - WITHOUT_PRESET)
OPTIONS = ["no_further_action", "protect", "care", "prevent", "disrupt", "know", "balanced"]
#: Draws of each chain: an answer is wanted, not a good one.
FEW = 3
INCOMES = {
    "low_income": "Low income",
    "lower_middle_income": "Lower middle income",
    "upper_middle_income": "Upper middle income",
    "high_income": "High income",
}


def _programmes(table: dict[str, Any], option: str) -> dict[str, Any]:
    """Levers of an option of a preset, by programme."""
    levers: dict[str, Any] = table["options"][option].get("programmes", {})
    return levers


def _most(lever: dict[str, Any]) -> float:
    """Highest coverage of a lever [share of the target group]."""
    return max(lever["coverage"].values())


@pytest.fixture(scope="module")
def made_up(evidence: Evidence) -> xr.Dataset:
    """A few draws of the self-test for one country, which stands in for any other."""
    return hand_draws(evidence, countries=["NLD"]).isel(draw=slice(FEW), country=0, drop=True)


def _draws(made_up: xr.Dataset, places: list[str]) -> xr.Dataset:
    """The same draws for each of some countries."""
    national = {"log_incidence", "log_detection", "log_definition", "log_daly_share", "log_transfer_error"}
    national |= {
        "log_form_odds",
        "log_girl_odds",
        "prior_sd_incidence",
        "prior_sd_detection",
        "evidence_label",
    }
    return made_up.map(lambda one: one.expand_dims(country=places) if one.name in national else one)


@pytest.mark.parametrize("name", sorted(LIBRARY))
def test_every_file_of_the_library_answers(name: str, made_up: xr.Dataset, evidence: Evidence) -> None:
    """From file to tables: what acts costs something, the comparator nothing, and information saves no victim.

    Of a region two countries are enough: the others go the same way.
    """
    scenario = read_scenario(LIBRARY[name])
    check_scenario(scenario, evidence)
    places = sorted({iso3 for code in scenario.countries for iso3 in members(code, evidence)})[:2]
    draws = _draws(made_up, places)
    flows = (simulate(draws, scenario, country=place, evidence=evidence) for place in places)
    total = appraisal.appraise(flows, scenario=scenario, evidence=evidence, n_chains=CHAINS)
    headline = scenario.discount[0]
    assert all(np.isfinite(total.burden[key, headline]).all() for key in scenario.options)
    spent = {key for key in scenario.options if (total.spend[key, headline] > 0).all()}
    assert spent == {key for key, option in scenario.options.items() if option.programmes}
    costs = results.programmes_table(total, scenario, evidence, draws)
    bought = {(key, named) for key, option in scenario.options.items() for named in option.programmes}
    assert set(zip(costs["option"], costs["programme"], strict=True)) == bought
    if "know" in scenario.options:
        assert (total.new_victims["know"] == total.new_victims[scenario.comparator]).all()
        assert (total.registered["know"] != total.registered[scenario.comparator]).any()


@pytest.mark.parametrize("name", COUNTRIES)
def test_a_country_extends_the_preset_of_its_income(name: str, evidence: Evidence) -> None:
    """Every option of the preset is there, the comparator is current provision, and somebody says what it describes."""
    scenario = read_scenario(LIBRARY[name])
    (code,) = scenario.countries
    group = {income: preset for preset, income in INCOMES.items()}[
        evidence.countries.at[code, "income_group"]
    ]
    assert TABLES[name]["extends"] == f"presets/{group}.toml"
    assert set(OPTIONS) <= set(scenario.options)
    assert scenario.options[scenario.comparator].title == "Current provision"
    assert scenario.describes == "illustrative levers, nobody's plan"


def test_the_library_has_countries_of_every_income_and_most_regions(evidence: Evidence) -> None:
    """At least ten countries, none twice, from each income group and four of five regions."""
    codes = [read_scenario(LIBRARY[name]).countries[0] for name in COUNTRIES]
    assert len(set(codes)) == len(codes) >= 10
    assert set(evidence.countries.loc[codes, "income_group"]) == set(INCOMES.values())
    assert set(evidence.countries.loc[codes, "region"]) >= {"Africa", "Americas", "Asia", "Europe"}


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_buys_only_what_has_a_cost_and_can_be_reached(name: str, evidence: Evidence) -> None:
    """Each programme has a checked cost in the income group, and no coverage is above its maximum."""
    table = TABLES[name]
    priced = evidence.programmes.reset_index().set_index(["id", "income_group"])["coverage_max"]
    assert list(table["options"]) == OPTIONS
    for option in OPTIONS:
        for programme, lever in _programmes(table, option).items():
            assert (programme, INCOMES[name]) in priced.index, f"{option}: {programme}"
            assert _most(lever) <= priced[programme, INCOMES[name]], f"{option}: {programme}"


@pytest.mark.parametrize("option", OPTIONS)
def test_presets_differ_only_by_what_has_no_cost(option: str, evidence: Evidence) -> None:
    """What one preset buys the others buy, at the same share, wherever there is a cost: only the pace differs."""
    priced = set(evidence.programmes.reset_index()[["id", "income_group"]].itertuples(index=False, name=None))
    everywhere = {
        name: _most(lever)
        for preset in PRESETS
        for name, lever in _programmes(TABLES[preset], option).items()
    }
    for preset, income in INCOMES.items():
        expected = {name: share for name, share in everywhere.items() if (name, income) in priced}
        found = {name: _most(lever) for name, lever in _programmes(TABLES[preset], option).items()}
        assert found == expected


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_balanced_is_half_of_all_the_others(name: str) -> None:
    """Guardianship: 0.16 in 'protect', so 0.08; a half is cut after two decimals, 0.45 to 0.22."""
    table = TABLES[name]
    others = {
        programme: _most(lever)
        for key in OPTIONS[:-1]
        for programme, lever in _programmes(table, key).items()
    }
    balanced = {programme: _most(lever) for programme, lever in _programmes(table, "balanced").items()}
    assert balanced == {programme: int(share * 50 + 1e-9) / 100 for programme, share in others.items()}


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_is_told_from_a_file_that_lacks_keys(name: str) -> None:
    """Whoever checks a preset learns what it is for, not that title, countries, prices and discounting are missing."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(PRESETS[name])
    (line,) = str(caught.value).splitlines()
    assert line.startswith(f"{PRESETS[name]}: is a base for other files")
    assert "names it in extends" in line


def test_a_base_is_checked_as_far_as_it_goes(tmp_path: Path) -> None:
    """A misspelt key in it is told beside what it is, before any country is built on it."""
    path = tmp_path / "base.toml"
    path.write_text("schema = 1\n[options.care.programmes.child_house]\ncoverag = 0.3\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path)
    base, *others = str(caught.value).splitlines()
    assert "is a base for other files" in base
    assert any("did you mean 'coverage'?" in line for line in others)
    assert not any("countries: missing" in line for line in others)


def _over(folder: Path, text: str) -> Scenario:
    """The Netherlands with something laid over it."""
    path = folder / "over.toml"
    path.write_text(f'schema = 1\nextends = "{LIBRARY["netherlands"].as_posix()}"\n{text}', encoding="utf-8")
    return read_scenario(path)


def test_false_takes_away_what_a_file_below_has(tmp_path: Path) -> None:
    """An option, a programme, and a lever's coverage on the way to spend."""
    scenario = _over(
        tmp_path,
        "[options]\nknow = false\ncare.programmes.child_house = false\n"
        "[options.protect.programmes.guardianship]\ncoverage = false\nspend = 1e6\n",
    )
    assert "know" not in scenario.options
    assert list(scenario.options["care"].programmes) == ["outreach_housing"]
    assert scenario.options["protect"].programmes["guardianship"].spend == 1e6


def test_an_option_is_taken_away_for_one_run() -> None:
    """`--set options.know=false` means what it means in a file; an option that is not there stays a mistake."""
    scenario = read_scenario(LIBRARY["ghana"], sets=["options.know=false"])
    assert list(scenario.options) == [key for key in OPTIONS if key != "know"]
    with pytest.raises(ScenarioError, match=r"options\.knwo: is false"):
        read_scenario(LIBRARY["ghana"], sets=["options.knwo=false"])


def test_false_takes_nothing_away_that_is_not_there(tmp_path: Path) -> None:
    """A misspelt option or programme must not stay in silence."""
    for text, words in (
        ("[options]\nknwo = false", "options.knwo: is false, which takes away what an extended file has"),
        ("[options.care.programmes]\nchild_huose = false", "options.care.programmes.child_huose: is false"),
    ):
        with pytest.raises(ScenarioError) as caught:
            _over(tmp_path, text)
        assert words in str(caught.value)


def test_false_is_still_a_value_where_a_file_below_says_true(tmp_path: Path) -> None:
    """A real file over a fictional one is not fictional."""
    path = tmp_path / "real.toml"
    below = LIBRARY["synthetic"].as_posix()
    path.write_text(f'schema = 1\nextends = "{below}"\nfictional = false\n', encoding="utf-8")
    assert read_scenario(path).fictional is False


def test_the_netherlands_keeps_the_options_of_the_readme() -> None:
    """Its figure shows them: programmes and coverages as they were before there were presets."""
    full = {
        key: {name: _most(lever.model_dump()) for name, lever in option.programmes.items()}
        for key, option in read_scenario(LIBRARY["netherlands"]).options.items()
    }
    assert full["protect"] == {"guardianship": 0.4}
    assert full["care"] == {"child_house": 0.6, "outreach_housing": 0.4}
    assert full["prevent"] == {"parenting": 0.3, "school_violence_prevention": 0.4, "online_education": 0.7}
    assert full["disrupt"] == {"specialised_enforcement": 0.5, "deterrence_messages": 0.5}


@pytest.mark.parametrize("name", [*PRESETS, *LIBRARY])
def test_an_editor_underlines_no_preset_and_nothing_taken_away(name: str) -> None:
    """What we accept the JSON Schema accepts: a base without a country, and false in the place of a table."""
    jsonschema.Draft202012Validator(scenario_json_schema()).validate(TABLES[name])


def test_the_page_lists_every_file() -> None:
    """A file that is not in the table of scenarios/README.md is not found by those who look for a country."""
    page = (SCENARIOS / "README.md").read_text(encoding="utf-8")
    for path in (*LIBRARY.values(), *PRESETS.values()):
        assert f"`{path.relative_to(SCENARIOS).as_posix()}`" in page


def test_what_a_scenario_says_of_itself_is_kept() -> None:
    """Author, reviewer, what the levers describe, what is left out: in the record, and in the scenario as run."""
    written = {
        "author": "A. Writer",
        "reviewed_by": "A. Reader",
        "describes": "plan of 2025",
        "not_modelled": ["the sea"],
    }
    scenario = hand_scenario({"few": {"helplines": {"coverage": 0.1}}}, **written)
    assert said_by(scenario) == {**written, "not_modelled": [*NOT_MODELLED, "the sea"]}
    again = scenario_from_table(tomllib.loads(dump_scenario(scenario)))
    assert again == scenario
    assert {key: getattr(again, key) for key in written} == written


def test_what_nobody_said_is_said_to_be_missing() -> None:
    """An empty field would look like a slip of the layout."""
    said = said_by(hand_scenario({"few": {"helplines": {"coverage": 0.1}}}, reviewed_by=" "))
    assert (said["reviewed_by"], said["describes"]) == ("not reviewed", "not stated")


def test_what_an_option_is_for_survives_the_run() -> None:
    """Presets say it of their options, and the run folder keeps it."""
    scenario = read_scenario(LIBRARY["ghana"])
    again = scenario_from_table(tomllib.loads(dump_scenario(scenario)))
    assert again.options["know"].description == scenario.options["know"].description != ""


def test_the_country_of_the_page_can_be_run(tmp_path: Path, evidence: Evidence) -> None:
    """The example of scenarios/README.md, beside the presets as the page says."""
    page = (SCENARIOS / "README.md").read_text(encoding="utf-8")
    (example,) = (
        block for block in re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL) if '["MDA"]' in block
    )
    (tmp_path / "presets").symlink_to(SCENARIOS / "presets")
    path = tmp_path / "moldova.toml"
    path.write_text(example, encoding="utf-8")
    scenario = read_scenario(path)
    check_scenario(scenario, evidence)
    assert list(scenario.options) == OPTIONS
