"""A scenario file means exactly one thing, or is refused in words that say where, what, and what to do."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.errors import EvidenceError, OutputError, ScenarioError
from costmodel.evidence import Evidence, read_evidence
from costmodel.evidence.priors import FIELDS
from costmodel.scenario import (
    Lever,
    Option,
    OwnProgramme,
    PriorChange,
    Scenario,
    UnitCost,
    check_scenario,
    dump_scenario,
    lever_path,
    read_priors,
    read_scenario,
    scenario_from_table,
    scenario_json_schema,
    template,
    write_json_schema,
    write_new,
    years,
)
from costmodel.scenario.checking import value_problem

DATA = Path(__file__).parent / "data"
SCENARIOS = Path(__file__).parents[1] / "scenarios"
GUARDIANSHIP = "options.protect.programmes.guardianship"

TABLE = {
    "schema": 1,
    "title": "Two options, one lever",
    "countries": ["NLD"],
    "start": 2026,
    "end": 2045,
    "price_year": 2024,
    "discount": ["eu_3"],
    "comparator": "no_further_action",
    "options": {
        "no_further_action": {},
        "protect": {"programmes": {"guardianship": {"coverage": {"2026": 0.1, "2030": 0.5}}}},
    },
}


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """The evidence of the package."""
    return read_evidence()


def _changed(**changes: object) -> dict[str, object]:
    """A valid table with some keys changed."""
    return {**TABLE, **changes}


def _refusal(path: Path, *, sets: tuple[str, ...] = ()) -> str:
    """The message with which a file is refused."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path, sets=sets)
    return str(caught.value)


def _valid_file(folder: Path, **changes: object) -> Path:
    """A file that holds a valid scenario."""
    path = folder / "valid.toml"
    path.write_text(dump_scenario(scenario_from_table(_changed(**changes))), encoding="utf-8")
    return path


def test_a_file_that_is_not_there_suggests_its_neighbour_or_a_beginning(tmp_path: Path) -> None:
    """The folder holds valid.toml: vaild.toml means that one, and nothing is near zzz.toml."""
    _valid_file(tmp_path)
    assert _refusal(tmp_path / "vaild.toml").endswith("there is no such file; did you mean 'valid.toml'?")
    assert "begin one with: costmodel new" in _refusal(tmp_path / "zzz.toml")


def test_what_the_parser_cannot_bear_is_told_as_any_other_mistake(tmp_path: Path) -> None:
    """A number of 5,000 digits and lists 5,000 deep are not TOML errors to the parser, but they are to us."""
    path = tmp_path / "absurd.toml"
    for value in ("9" * 5000, "[" * 5000 + "]" * 5000):
        path.write_text(f"schema = 1\nseed = {value}\n")
        assert "does not parse as TOML" in _refusal(path)


def test_a_folder_is_not_a_scenario(tmp_path: Path) -> None:
    """`costmodel run scenarios` forgets the file."""
    assert "is a folder; name a scenario file" in _refusal(tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("title", "", 'title: is empty; write title = "'),
        ("title", 3, "title: must be text in double quotes, not 3"),
        ("countries", [], 'countries: is empty; write countries = ["NLD"]'),
        ("countries", "NLD", 'countries: must be a list, as ["..."], not "NLD"'),
        ("discount", ["zero", 3], "discount[1]: must be text in double quotes, not 3"),
        ("start", 2026.5, "start: must be a whole number, not 2026.5"),
        ("start", True, "start: must be a whole number, not true"),
        ("start", 26, "start: must be at least 1990, not 26"),
        ("end", 20455, "end: must be at most 2200, not 20455"),
        ("fictional", "yes", 'fictional: must be true or false, not "yes"'),
        (
            "currency",
            "euro",
            'currency: must be a currency code of three capital letters, as EUR, not "euro"',
        ),
        ("seed", -1, "seed: must be at least 0, not -1"),
        ("schema", True, "schema: must be the whole number 1, not True"),
        ("options", {**TABLE["options"], "Protect": {}}, "options.Protect: must be a key of small letters"),  # type: ignore[dict-item]
        ("options", 3, "options: must be a table, not 3"),
    ],
)
def test_a_value_of_another_kind_is_told_with_what_belongs_there(key: str, value: object, words: str) -> None:
    """Nothing is coerced: a number in quotes is text, true is not 1, and a bare word is not a list."""
    with pytest.raises(ScenarioError) as caught:
        scenario_from_table(_changed(**{key: value}), where="file")
    assert any(line.startswith(f"file: {words}") for line in str(caught.value).splitlines())


def test_coverage_is_straight_between_its_years_and_nothing_before_the_first() -> None:
    """From 0.1 in 2026 to 0.5 in 2030 is 0.1 a year: 0.3 in 2028; 0 in 2025; 0.5 from 2030 on."""
    lever = Lever(coverage={2026: 0.1, 2030: 0.5})
    path = lever_path(lever, np.array([2025, 2026, 2028, 2030, 2040]))
    assert path == pytest.approx([0, 0.1, 0.3, 0.5, 0.5])


def test_coverage_in_one_number_holds_until_spending_ends() -> None:
    """0.3 through 2027, the last year of spending, and 0 from 2028."""
    path = lever_path(Lever(coverage=0.3, end=2027), np.array([2026, 2027, 2028]))
    assert path.tolist() == [0.3, 0.3, 0.0]


def test_years_of_a_coverage_may_be_written_in_any_order() -> None:
    """np.interp needs rising years: 2030 before 2026 in the file must give the same path."""
    backwards = Lever.model_validate({"coverage": {"2030": 0.5, "2026": 0.1}})
    assert backwards == Lever(coverage={2026: 0.1, 2030: 0.5})


@settings(deadline=None)  # the first example pays for imports; a busy machine is no bug
@given(
    shares=st.dictionaries(st.integers(2020, 2050), st.floats(0, 1), min_size=1),
    end=st.none() | st.integers(2020, 2050),
)
def test_coverage_never_leaves_the_shares_that_were_given(shares: dict[int, float], end: int | None) -> None:
    """Straight lines stay between their ends, so every year is between 0 and the largest share given."""
    path = lever_path(Lever(coverage=shares, end=end), np.arange(2000, 2070))
    assert path.min() >= 0
    assert path.max() <= max(shares.values()) + 1e-12


def test_the_horizon_includes_both_its_ends() -> None:
    """2026 to 2045 is twenty years."""
    horizon = years(scenario_from_table(TABLE))
    assert (horizon[0], horizon[-1], len(horizon)) == (2026, 2045, 20)


def test_a_scenario_is_named_after_its_file(tmp_path: Path) -> None:
    """The default run folder is out/<name>."""
    scenario = read_scenario(_valid_file(tmp_path))
    assert (scenario.name, scenario.file) == ("valid", str(tmp_path / "valid.toml"))


_WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
_ENDS = st.none() | st.integers(2026, 2060)


def _by_year(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[object]:
    """One number, or some years of them."""
    return numbers | st.dictionaries(st.integers(1990, 2040), numbers, min_size=1, max_size=3)


_LEVERS = st.builds(Lever, coverage=_by_year(st.floats(0, 1)), end=_ENDS) | st.builds(
    Lever, spend=_by_year(st.floats(0, 1e12)), end=_ENDS
)
_PRIORS = st.builds(
    PriorChange,
    family=st.none() | st.sampled_from(["normal", "lognormal"]),
    p1=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    q05=st.none() | st.integers(),
    reason=_WORDS,
)
_KEYS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(
    lambda key: key not in {"nan", "none", "null"}
)


_RANGES = st.floats(1e-6, 1e6).map(lambda low: {"q05": low, "q95": 2 * low})
_PROGRAMMES = st.builds(
    OwnProgramme,
    title=st.text(max_size=5),
    unit_cost=_RANGES.map(lambda cost: {**cost, "unit": "EUR2024/child/year"}),
    rr=_RANGES,
    acts_on=st.sampled_from(["incidence", "detection"]),
    forms=st.lists(st.sampled_from(["sexual", "labour", "other"]), min_size=1, max_size=3),
    target_group=st.just("families"),
    target_share=st.none() | st.floats(0.001, 1),
    coverage_max=st.floats(0.001, 1),
    lag=st.floats(0, 9),
    ramp=st.floats(0, 9),
    half_life=st.none() | st.floats(0, 9),
    payer=_WORDS,
    public_share=st.none() | st.floats(0, 1),
    transfer_share=st.floats(0, 1),
    source=st.none() | _WORDS,
    assumption=_WORDS,
)


@settings(deadline=None)  # the first example pays for imports; a busy machine is no bug
@given(
    words=_WORDS,
    missing=st.lists(_WORDS, max_size=2),
    priors=st.dictionaries(_KEYS, _PRIORS, max_size=2),
    own=st.dictionaries(_KEYS, _PROGRAMMES, max_size=2),
    options=st.dictionaries(
        _KEYS,
        st.builds(Option, title=_WORDS, programmes=st.dictionaries(_KEYS, _LEVERS, max_size=2)),
        min_size=2,
    ),
)
def test_a_scenario_written_and_read_back_is_the_same(
    words: str,
    missing: list[str],
    priors: dict[str, PriorChange],
    own: dict[str, OwnProgramme],
    options: dict[str, Option],
) -> None:
    """Quotes, line ends, control characters, tiny numbers: the run folder holds what was run."""
    tables = {key: option.model_dump(exclude_none=True) for key, option in options.items()}
    scenario = scenario_from_table(
        _changed(
            title=words,
            description=words,
            not_modelled=missing,
            priors={key: change.model_dump(exclude_none=True) for key, change in priors.items()},
            programmes={key: programme.model_dump(exclude_none=True) for key, programme in own.items()},
            options=tables,
            comparator=next(iter(options)),
        )
    )
    again = scenario_from_table(tomllib.loads(dump_scenario(scenario)))
    assert again.model_dump() == scenario.model_dump()


def test_a_written_scenario_leaves_nothing_to_defaults() -> None:
    """A default that changes in a later version must not change an old run folder.

    Inflation is the evidence's to know: `pipeline.as_run` puts it in (tests/test_ministries.py).
    """
    written = tomllib.loads(dump_scenario(scenario_from_table({**TABLE, "inflation": 0.02})))
    expected = {field.alias or name for name, field in Scenario.model_fields.items()}
    of_the_evidence = {
        "reduction_cap"
    }  # not a default of the format: left out, that of the tables a run is made on
    assert set(written) == expected - of_the_evidence


def test_a_file_over_another_replaces_what_it_gives_and_keeps_the_rest(tmp_path: Path) -> None:
    """Base: two discount presets and coverage by year. Above: one preset, one share, one more option."""
    _valid_file(tmp_path, discount=["eu_3", "zero"])
    above = tmp_path / "above.toml"
    above.write_text(
        'schema = 1\nextends = "valid.toml"\ndiscount = ["zero"]\n'
        f"[{GUARDIANSHIP}]\ncoverage = {{2028 = 0.4}}\n"
        "[options.support.programmes.parenting]\ncoverage = 0.2\n"
    )
    scenario = read_scenario(above)
    assert scenario.discount == ["zero"]
    assert scenario.options["protect"].programmes["guardianship"].coverage == {2028: 0.4}
    assert list(scenario.options) == ["no_further_action", "protect", "support"]
    assert (scenario.title, scenario.name) == ("Two options, one lever", "above")


def test_the_file_that_is_extended_must_be_there(tmp_path: Path) -> None:
    """It is looked for beside the file that names it."""
    path = tmp_path / "above.toml"
    path.write_text('schema = 1\nextends = "beneath.toml"\n')
    assert _refusal(path).startswith(f"{path}: extends: there is no file 'beneath.toml' beside it")


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ("end=2035", "end", 2035),
        ('discount=["zero"]', "discount", ["zero"]),
        ("discount=['zero', 'eu_3']", "discount", ["zero", "eu_3"]),
        ("currency=USD", "currency", "USD"),
        ("fictional=true", "fictional", True),
        (" end = 2035 ", "end", 2035),
    ],
)
def test_a_change_reads_its_value_as_the_file_would(
    tmp_path: Path, change: str, key: str, value: object
) -> None:
    """A single word needs no quotes, because the shell takes them away; anything else is TOML."""
    assert getattr(read_scenario(_valid_file(tmp_path), sets=[change]), key) == value


def test_changes_reach_any_depth_and_apply_in_order(tmp_path: Path) -> None:
    """2030 goes from 0.5 to 0.6, a programme is added, of two changes of one key the last holds."""
    sets = [
        f"{GUARDIANSHIP}.coverage.2030=0.6",
        "options.protect.programmes.helplines.coverage=0.2",
        "end=2030",
        "end=2040",
    ]
    scenario = read_scenario(_valid_file(tmp_path), sets=sets)
    programmes = scenario.options["protect"].programmes
    assert programmes["guardianship"].coverage == {2026: 0.1, 2030: 0.6}
    assert (programmes["helplines"].coverage, scenario.end) == (0.2, 2040)


def test_a_change_of_a_whole_coverage_forgets_the_years_of_the_file(tmp_path: Path) -> None:
    """{2030 = 0.9} replaces {2026 = 0.1, 2030 = 0.5}; it is not laid over it."""
    scenario = read_scenario(_valid_file(tmp_path), sets=[f"{GUARDIANSHIP}.coverage={{2030 = 0.9}}"])
    assert scenario.options["protect"].programmes["guardianship"].coverage == {2030: 0.9}


def test_a_prior_is_changed_from_the_command_line(tmp_path: Path) -> None:
    """A prior that the file does not name is named by the change; what the file says of it stays."""
    path = _valid_file(tmp_path, priors={"delta_sex": {"p1": 0.1}})
    sets = ["priors.delta_sex.p2=0.6", "priors.between_study_sd.q95=0.5", "priors.delta_sex.reason=guess"]
    assert read_scenario(path, sets=sets).prior_changes == {
        "delta_sex": {"p1": 0.1, "p2": 0.6, "reason": "guess"},
        "between_study_sd": {"q95": 0.5},
    }


def test_a_file_of_priors_alone_is_read_and_so_are_the_priors_of_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / "priors.toml"
    path.write_text("[priors.delta_sex]\np2 = 0.6\n", encoding="utf-8")
    assert read_priors(path) == {"delta_sex": {"p2": 0.6}}
    assert read_priors(_valid_file(tmp_path, priors={"delta_sex": {"p2": 1}})) == {"delta_sex": {"p2": 1}}
    path.write_text("[prior.delta_sex]\np2 = 0.6\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"priors\.toml: prior: unknown key; did you mean 'priors'\?$"):
        read_priors(path)
    path.write_text("", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"priors: missing; add \[priors\.between_study_sd\] and what"):
        read_priors(path)


def test_the_keys_of_a_prior_are_those_that_a_change_understands() -> None:
    assert tuple(PriorChange.model_fields) == FIELDS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ed=2035", "(with --set ed=2035): ed: unknown key; did you mean 'end'?"),
        (f"{GUARDIANSHIP}.covrage=0.3", f"{GUARDIANSHIP}.covrage: unknown key; did you mean 'coverage'?"),
        (
            "options.protct.programmes.guardianship.coverage=0.3",
            "the file has no option 'protct'; did you mean 'protect'?",
        ),
        ("options.zzz.title=x", "the file has no option 'zzz'; its options are no_further_action, protect"),
        ("discount=[zero]", "--set discount=[zero]: '[zero]' is not a value; write it as"),
        ("end=2035 2036", "'2035 2036' is not a value"),
        ("end=", "'' is not a value"),
        ("end", "--set end: there is no value"),
        ("=3", "'' is not a key"),
        ("a b=3", "'a b' is not a key"),
        ("end=2035\nstart=2030", "is more than one value"),
        ("title.x=1", "title is not a table in the file; set it whole, as title=..."),
        ("discount=zero", 'discount: must be a list, as ["..."], not "zero"'),
        ("end=later", 'end: must be a whole number, not "later"'),
        ("extends=valid.toml", "extends: only a file can extend another; take it out"),
    ],
)
def test_a_change_that_cannot_be_understood_is_told_and_not_ignored(
    tmp_path: Path, change: str, words: str
) -> None:
    """A misspelt option must not become a new one, nor a misspelt key a silent nothing."""
    assert words in _refusal(_valid_file(tmp_path), sets=(change,))


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_of_the_repository_can_be_run(path: Path, evidence: Evidence) -> None:
    """Each has a comparator that does nothing, three options that act, three discount presets."""
    scenario = read_scenario(path)
    check_scenario(scenario, evidence)
    acting = [key for key, option in scenario.options.items() if option.programmes]
    assert scenario.options[scenario.comparator].programmes == {}
    assert len(acting) >= 3
    assert len(scenario.discount) >= 3
    assert scenario.fictional == (path.stem == "synthetic")


def test_the_json_schema_of_the_repository_is_current() -> None:
    """Written anew with `make format` or by hand: write_json_schema() is the text of the file."""
    assert (SCENARIOS / "scenario.schema.json").read_text(encoding="utf-8") == write_json_schema()


def test_the_json_schema_accepts_what_we_accept() -> None:
    """An editor must not underline a file that runs."""
    validator = jsonschema.Draft202012Validator(scenario_json_schema())
    validator.check_schema(scenario_json_schema())
    for path in SCENARIOS.glob("*.toml"):
        validator.validate(tomllib.loads(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "mistake",
    [
        *("unknown-key", "misplaced-programme", "wrong-type", "coverage-above-one", "no-schema"),
        *(
            "own-key",
            "own-nested-key",
            "own-unit",
            "own-rr-zero",
            "own-acts-on",
            "own-no-cost",
            "spend-negative",
            "public-funds",
        ),
    ],
)
def test_the_json_schema_underlines_what_we_refuse(mistake: str) -> None:
    """These mistakes can be seen without reading the whole file, so an editor should show them."""
    table = tomllib.loads((DATA / f"bad-{mistake}.toml").read_text(encoding="utf-8"))
    assert not jsonschema.Draft202012Validator(scenario_json_schema()).is_valid(json.loads(json.dumps(table)))


def test_the_field_dictionary_names_every_key() -> None:
    """A key that is not in scenarios/README.md does not exist for an analyst."""
    words = (SCENARIOS / "README.md").read_text(encoding="utf-8")
    for model in (Scenario, Option, Lever, PriorChange, OwnProgramme, UnitCost):
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in words


def test_a_country_nobody_prepared_gets_a_file_that_can_be_run(tmp_path: Path, evidence: Evidence) -> None:
    """Every country that can be valued, and the EU: the text checks, with two or three programmes an option."""
    valued = evidence.countries.index[evidence.countries["gdp_per_capita_usd"].notna()]
    able = [code for code in valued if not value_problem(code, price_year=2024, evidence=evidence)]
    assert len(able) > 180
    for code in [*able, "EU27"]:
        path = tmp_path / f"{code}.toml"
        write_new(path, template(code, evidence))
        scenario = read_scenario(path)
        check_scenario(scenario, evidence)
        assert [len(option.programmes) for option in scenario.options.values()] == [0, 2, 2, 3, 3]


def test_a_country_without_prices_of_the_year_gets_no_file(evidence: Evidence) -> None:
    """Eritrea's last GDP is of 2011, and its price index does not reach 2024."""
    with pytest.raises(EvidenceError, match="ERI: ERI cannot be valued in prices of 2024"):
        template("ERI", evidence)
    with pytest.raises(ScenarioError, match="countries: ERI cannot be valued in prices of 2024"):
        check_scenario(scenario_from_table(_changed(countries=["ERI"])), evidence)


def test_a_country_that_cannot_be_valued_gets_no_file(evidence: Evidence) -> None:
    """The evidence holds no GDP of North Korea, and costs are multiples of GDP per capita."""
    with pytest.raises(EvidenceError, match="PRK: the evidence holds no GDP"):
        template("PRK", evidence)
    with pytest.raises(ScenarioError, match=r"countries\[0\]: PRK: the evidence holds no GDP"):
        check_scenario(scenario_from_table(_changed(countries=["PRK"])), evidence)


def test_a_new_scenario_of_nowhere_is_refused(evidence: Evidence) -> None:
    """`costmodel new Moldova` means MDA."""
    with pytest.raises(EvidenceError, match="MDA"):
        template("Moldova", evidence)


def test_a_new_file_never_replaces_one_that_is_there(tmp_path: Path) -> None:
    """An analyst's work is not ours to overwrite."""
    path = tmp_path / "mine.toml"
    write_new(path, "first")
    with pytest.raises(OutputError, match="is there already and was left alone"):
        write_new(path, "second")
    assert path.read_text() == "first"


def test_a_new_file_needs_a_folder(tmp_path: Path) -> None:
    """The folder is not made silently: it is more likely misspelt."""
    with pytest.raises(OutputError, match="there is no folder"):
        write_new(tmp_path / "nowhere" / "mine.toml", "text")
