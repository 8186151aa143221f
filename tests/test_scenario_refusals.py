"""Every mistake that a scenario file can hold is told by file, key and remedy: one broken file each."""

from __future__ import annotations

from pathlib import Path

import pytest

from costmodel.errors import ScenarioError
from costmodel.evidence import Evidence, read_evidence
from costmodel.scenario import check_scenario, read_scenario, scenario_evidence

DATA = Path(__file__).parent / "data"
GUARDIANSHIP = "options.protect.programmes.guardianship"
IN_2030 = f"{GUARDIANSHIP}.coverage.2030"

FORMAT_MISTAKES = {
    "unknown-key": f"{GUARDIANSHIP}.covrage: unknown key; did you mean 'coverage'?",
    "misplaced-key": f"{GUARDIANSHIP}.seed: unknown key here; 'seed' is a key of the whole file: "
    "write it above the first [table]",
    "misplaced-programme": "options.protect.guardianship: unknown key; a programme goes one level down, "
    "as [options.protect.programmes.guardianship]",
    "wrong-type": 'start: must be a whole number, not "2026"',
    "coverage-above-one": f"{IN_2030}: coverage is a share of the target group, from 0 to 1, not 1.5",
    "coverage-in-percent": f"{IN_2030}: coverage is a share of the target group, from 0 to 1, not 50; "
    "for 50% write 0.5",
    "coverage-nan": f"{IN_2030}: coverage is a share of the target group, from 0 to 1, not nan",
    "coverage-years": f"{GUARDIANSHIP}.coverage.later: "
    "coverage by year needs years as keys, as {2026 = 0.1, 2030 = 0.5}",
    "end-before-start": "end: "
    "end 2020 is before start 2026; give the last year of the horizon, 2026 or later",
    "inflation-in-percent": "inflation: must be a yearly rate between -0.5 and 0.5, not 2; for 2% write 0.02",
    "never-begins": f"{GUARDIANSHIP}.coverage: coverage begins in 2050, after the end in 2045; begin earlier",
    "ended-before": f"{GUARDIANSHIP}.end: spending ends in 2020, before the start in 2026; give a later year",
    "no-comparator": 'comparator: missing; add comparator = "no_further_action"',
    "comparator-not-an-option": "comparator: the comparator 'no_action' is not among the options; "
    "did you mean 'no_further_action'?",
    "only-comparator": "comparator: 'no_further_action' is the only option; "
    "inaction has a cost only beside an action: add one",
    "schema-of-the-future": "schema: the file is in version 2; "
    "this costmodel reads 1: install a newer costmodel",
    "no-schema": "schema: missing; write schema = 1 at the top",
    "option-called-null": "options.null: 'null' is a missing value "
    "to programs that read tables; choose another key",
    "country-twice-in-list": "countries: 'NLD' is listed twice; keep one",
    "prior-key": "priors.between_study_sd.sd: unknown key; "
    "the keys here are family, p1, p2, lower, q05, q95, reason",
    "prior-text": 'priors.between_study_sd.p1: must be a number, not "0.5"',
    "no-lever": f"{GUARDIANSHIP}.coverage: missing; "
    "add coverage = 0.3, spend = 1e6, or share = 0.5 of the option's budget",
    "coverage-and-spend": f"{GUARDIANSHIP}.spend: stands beside coverage; "
    "what is spent follows from coverage: keep one",
    "spend-negative": f"{GUARDIANSHIP}.spend.2026: spend is an amount per year, 0 or more, not -1",
    "public-funds": "cost_of_public_funds: what one unit of public money costs society, above 0 and at most 5, "
    "not 120; for a fifth more than itself write 1.2",
    "share-of-nothing": f"{GUARDIANSHIP}.share: is a share of nothing: the option has no budget; "
    "add budget = 5e6, or write spend here",
    "budget-unshared": "options.protect.budget: no programme of the option has a share of it; "
    "add share = 0.5 to one",
    "shares-above-one": "options.protect.budget: the shares of its programmes sum to 1.1, above 1; "
    "lower one of them (guardianship, parenting)",
    "share-and-spend": f"{GUARDIANSHIP}.share: stands beside spend; both say how much is done: keep one",
    "budget-negative": "options.protect.budget.2026: budget is an amount per year, 0 or more, not -5",
    "budget-too-late": "options.protect.budget: budget begins in 2050, after the end in 2045; begin earlier",
    "budget-of-lever": f"{GUARDIANSHIP}.budget: unknown key here; a budget belongs to an option, "
    "as [options.protect], and a share to its programmes",
    "growth-text": f'{GUARDIANSHIP}.growth_max: must be a share per year, as 0.4 for 40%, or "unlimited", '
    "not 'fast'",
    "growth-in-percent": f"{GUARDIANSHIP}.growth_max: is a share per year, and 40 is 10 or more; "
    'for 40% write 0.4, for no limit "unlimited"',
    "growth-of-coverage": f"{GUARDIANSHIP}.growth_max: limits how fast money can grow, "
    "and coverage says itself how many are reached: take it out",
    "growth-of-no-money": "options.protect.growth_max: limits how fast money can grow, "
    "and no programme is given spend or a share: take it out",
    "fixed-cost-above-spend": f"{GUARDIANSHIP}.spend: 100,000 a year is not above fixed_cost 200,000, "
    "so that nobody is reached; give more, or lower fixed_cost",
    "fixed-cost-above-share": f"{GUARDIANSHIP}.share: 2,500,000 a year is not above fixed_cost 4,000,000, "
    "so that nobody is reached; give more, or lower fixed_cost",
    "fixed-cost-negative": f"{GUARDIANSHIP}.fixed_cost: must be at least 0, not -1",
    "fixed-cost-infinite": f"{GUARDIANSHIP}.fixed_cost: must be a finite number, not Infinity",
    "overlap-word": "overlap: must be 'partial', 'random', 'nested' or 'additive', "
    "not \"partly\"; did you mean 'partial'?",
    "cap-in-percent": "reduction_cap: must be at most 1, not 60; for 60% write 0.6",
    "own-violence-untyped": "programmes.our_pilot.violence_types: missing; "
    'say of which types of violence rr_violence is, as violence_types = ["physical"]',
    "own-violence-types-alone": "programmes.our_pilot.rr_violence: missing; "
    "violence_types stands without it: add rr_violence = {q05 = 0.6, q95 = 1.0}",
    "own-violence-text": "programmes.our_pilot.rr_violence: must be a table, "
    "as rr_violence = {q05 = 0.6, q95 = 1.0}, not 0.8",
    "own-key": "programmes.our_pilot.lagg: unknown key; did you mean 'lag'?",
    "own-nested-key": "programmes.our_pilot.rr.mean: unknown key; the keys here are q05, q95",
    "own-unit": "programmes.our_pilot.unit_cost.unit: must be a currency, its price year and what it buys, "
    'as EUR2024/child/year, not "EUR/child"',
    "own-quantiles-fall": "programmes.our_pilot.rr: q05 1.1 is not below q95 0.7; q05 is the smaller of the two",
    "own-rr-zero": "programmes.our_pilot.rr.q05: must be above 0, not 0",
    "own-acts-on": "programmes.our_pilot.acts_on: must be 'incidence', 'duration', 'severity', "
    "'revictimisation' or 'detection', "
    "not \"incidance\"; did you mean 'incidence'?",
    "own-unexplained": "programmes.our_pilot: says neither source nor assumption; "
    'add source = "..." (where the numbers were read) or assumption = "..." (why these, where nobody has them)',
    "own-no-cost": "programmes.our_pilot.unit_cost: missing; "
    'add unit_cost = {q05 = 300, q95 = 900, unit = "EUR2024/child/year"}',
}

FILE_MISTAKES = {
    "does-not-parse": ", line 5: does not parse as TOML: invalid value: end =; "
    "text goes in double quotes, lists in [ ], tables in { }",
    "duplicate-key": ", line 6: does not parse as TOML: "
    "the same key or table is written twice: end = 2046; keep one of the two",
    "duplicate-table": ", line 15: does not parse as TOML: the same key or table is written twice: "
    "[options.no_further_action]; keep one of the two",
    "not-utf8": ": is not UTF-8 text (byte 23); save it as UTF-8",
    "extends-itself": ": extends itself, in a circle; take one of the `extends` out",
}

EVIDENCE_MISTAKES = {
    "unknown-country": "countries[0]: ",
    "country-by-name": "countries[0]: ",
    "country-twice": "countries[1]: NLD and EU27 both hold NLD, which would count twice; keep one",
    "unknown-programme": "options.protect.programmes.guardanship: "
    "unknown programme; did you mean 'guardianship'?",
    "unknown-preset": "discount[0]: unknown preset 'eu3'; did you mean 'eu_3'?",
    "unknown-currency": "currency: countries.csv: no country uses the currency 'EUX'; did you mean 'EUR'?",
    "price-year-outside": "price_year: prices.csv: no exchange rate for EA20 in 2040; choose a year",
    "beyond-reach": f"{IN_2030}: 0.95 is above 0.8, the most the programme can reach; lower it",
    "prior-unknown": "priors.betwen_study_sd: unknown prior; did you mean 'between_study_sd'?",
    "prior-family": "priors.delta_sex.family: unknown family 'nromal'; did you mean 'normal'?",
    "prior-quantiles-fall": "priors.delta_sex: q05 0.5 is not below q95 -0.5; q05 is the smaller of the two",
    "prior-outside": "priors.uptake_law.q95: 1.2 is not between 0 and 1, where this prior has to be",
    "prior-both": "priors.delta_sex: gives parameters and quantiles; write p1 and p2, or q05 and q95, not both",
    "prior-spread": "priors.delta_sex.p2: the SD of a normal must be above 0, not 0",
    "prior-two-quantiles": "priors.between_study_sd: a halfnormal has one parameter and cannot hold two "
    'quantiles; write q95 alone, or family = "lognormal" to hold both',
    "no-checked-cost": "options.protect.programmes.birth_registration: "
    "no checked cost for High income (NLD); ",
    "spend-of-several": f"{GUARDIANSHIP}.spend: is of one country, and the scenario has 2; write coverage, ",
    "spend-of-care": "options.protect.programmes.child_house.spend: care is paid by registered victim, ",
    "fixed-cost-of-several": f"{GUARDIANSHIP}.fixed_cost: is what delivery costs in one country, "
    "and the scenario has 2; write one scenario a country",
    "share-of-several": f"{GUARDIANSHIP}.share: is of one country, and the scenario has 2; write coverage, ",
    "share-of-care": "options.protect.programmes.child_house.share: care is paid by registered victim, ",
    "own-violence-type": "programmes.our_pilot.violence_types[1]: unknown type of violence 'sexuel'; "
    "did you mean 'sexual'?",
    "own-id-of-evidence": "programmes.parenting: the evidence holds a programme of this id; choose another, ",
    "own-payer": "programmes.our_pilot.payer: unknown payer 'child_welfare'; "
    "did you mean 'child and social welfare'?",
    "own-payer-private": "programmes.our_pilot.public_share: missing; 'business' is no public budget: ",
    "own-group": "programmes.our_pilot.target_group: the evidence knows no group 'famlies'; "
    "did you mean 'families'?; of a group of your own, say which share of all children it is: target_share = 0.01",
    "own-currency": "programmes.our_pilot.unit_cost.unit: countries.csv: "
    "no country uses the currency 'EUX'; did you mean 'EUR'?",
    "own-beyond-reach": "options.protect.programmes.our_pilot.coverage: "
    "0.7 is above 0.6, the most the programme can reach; lower it",
    "own-misspelt": "options.protect.programmes.our_pilt: unknown programme; did you mean 'our_pilot'?",
}


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    """The evidence of the package."""
    return read_evidence()


def _refusal(path: Path, *, sets: tuple[str, ...] = ()) -> str:
    """The message with which a file is refused."""
    with pytest.raises(ScenarioError) as caught:
        read_scenario(path, sets=sets)
    return str(caught.value)


@pytest.mark.parametrize(("mistake", "words"), FORMAT_MISTAKES.items(), ids=FORMAT_MISTAKES)
def test_a_mistake_of_format_is_told_by_file_key_and_remedy(mistake: str, words: str) -> None:
    """Each file has one mistake; the message is that one problem and nothing else."""
    path = DATA / f"bad-{mistake}.toml"
    assert _refusal(path) == f"{path}: {words}"


@pytest.mark.parametrize(("mistake", "words"), FILE_MISTAKES.items(), ids=FILE_MISTAKES)
def test_a_file_that_cannot_be_understood_is_told_by_line(mistake: str, words: str) -> None:
    """The line of the mistake is in the message, because there is no key to name."""
    path = DATA / f"bad-{mistake}.toml"
    assert _refusal(path) == f"{path}{words}"


@pytest.mark.parametrize(("mistake", "words"), EVIDENCE_MISTAKES.items(), ids=EVIDENCE_MISTAKES)
def test_what_the_evidence_does_not_hold_is_told_with_what_it_holds(
    mistake: str, words: str, evidence: Evidence
) -> None:
    """The format of these files is right: only the evidence can refuse them."""
    path = DATA / f"bad-{mistake}.toml"
    with pytest.raises(ScenarioError) as caught:
        check_scenario(read_scenario(path), evidence)
    assert str(caught.value).startswith(f"{path}: {words}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("mistake", [name for name in EVIDENCE_MISTAKES if name.startswith("prior-")])
def test_a_prior_that_cannot_be_meant_is_told_before_its_evidence_is_used(mistake: str) -> None:
    """Reading the evidence of the scenario refuses in the same words as checking it."""
    path = DATA / f"bad-{mistake}.toml"
    with pytest.raises(ScenarioError) as caught:
        scenario_evidence(read_scenario(path))
    assert str(caught.value) == f"{path}: {EVIDENCE_MISTAKES[mistake]}"


def test_a_misspelt_country_is_told_the_code_it_means(evidence: Evidence) -> None:
    """NLDD has a letter too many; Netherlands is the name of the country."""
    for mistake in ("unknown-country", "country-by-name"):
        with pytest.raises(ScenarioError, match="did you mean 'NLD'"):
            check_scenario(read_scenario(DATA / f"bad-{mistake}.toml"), evidence)


def test_all_problems_of_a_file_are_told_at_once() -> None:
    """end before start, and a key that is nearly `start`: two lines, each with the name of the file."""
    path = DATA / "bad-several.toml"
    told = _refusal(path).splitlines()
    assert [line.removeprefix(f"{path}: ").split(":")[0] for line in told] == ["end", "strat"]


def test_every_bad_file_has_a_test_of_its_message() -> None:
    """A broken file that nobody asserts on would be litter."""
    tested = {*FORMAT_MISTAKES, *FILE_MISTAKES, *EVIDENCE_MISTAKES, "several"}
    assert {path.stem.removeprefix("bad-") for path in DATA.glob("bad-*.toml")} == tested
