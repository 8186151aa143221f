"""Every number says where it comes from, and the tables say what their sources say."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from costmodel.evidence import Evidence, members, read_evidence
from costmodel.evidence.prices import deflate, gdp, gdp_per_capita
from costmodel.evidence.register import DATA, TABLES

ASSUMPTION = "assumption"
LOG_ODDS_PER_SD = math.pi / math.sqrt(3)
Z = 1.96


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return read_evidence()


def _sourced(evidence: Evidence) -> dict[str, pd.DataFrame]:
    frames = {name: getattr(evidence, name).reset_index() for name in TABLES}
    return {name: frame for name, frame in frames.items() if "source" in frame}


def test_every_table_says_where_it_comes_from(evidence: Evidence) -> None:
    """By row, or as a whole in tables.csv; never neither and never both."""
    by_row = set(_sourced(evidence))
    assert by_row | set(evidence.tables.index) == {*TABLES, "lists"}
    assert by_row & set(evidence.tables.index) == set()


def test_every_source_is_cited_and_every_citation_has_its_entry(evidence: Evidence) -> None:
    cited = {key for frame in _sourced(evidence).values() for cell in frame["source"] for key in cell.split()}
    assert cited - {ASSUMPTION} == set(evidence.sources)


def test_every_entry_of_the_bibliography_has_author_title_and_year(evidence: Evidence) -> None:
    for key, entry in evidence.sources.items():
        for name in ("author", "title", "year"):
            assert re.search(rf"^  {name} = \{{.+\}},?$", entry, flags=re.MULTILINE), f"{key}: no {name}"
        assert entry.count("{") == entry.count("}"), key


def test_every_assumption_gives_its_reason_in_words(evidence: Evidence) -> None:
    """Three words at least: a reason, not a mark."""
    for name, frame in _sourced(evidence).items():
        reasons = frame.get("reason", pd.Series("", index=frame.index)) + " " + frame.get("note", "")
        for row, reason in reasons[frame["source"] == ASSUMPTION].items():
            assert len(reason.split()) >= 3, f"{name}, row {row}"


def test_nothing_remembered_moves_a_result(evidence: Evidence) -> None:
    for name, frame in _sourced(evidence).items():
        if "status" in frame:
            moves = (
                frame["role"].isin(["train", "holdout", "bound"])
                if "role" in frame
                else pd.Series(True, frame.index)
            )
            assert not (frame["status"][moves] == "recalled").any(), name
    assert not (evidence.programmes["cost_status"] == "recalled").any()


def test_held_out_studies_lend_no_number_to_a_prior(evidence: Evidence) -> None:
    """A prior that leans on a study cannot be tested on it."""
    anchors = evidence.anchors
    held_out = set(anchors.loc[anchors["role"] == "holdout", "source"])
    trained = set(anchors.loc[anchors["role"] == "train", "source"])
    assert held_out and not held_out & trained
    assert not held_out & set(evidence.priors["source"])


def test_the_dictionary_explains_every_column_and_no_other() -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for table in TABLES.values():
        section = text.split(f"## {table.file}\n")[1].split("\n## ")[0]
        cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
        explained = {column for cell in cells for column in re.findall(r"`(\w+)`", cell)}
        assert explained == set(table.model.model_fields), table.file


# --- registered victims


def _count(evidence: Evidence, row: str, who: str = "children") -> tuple[float, float]:
    return evidence.counts.at[row, f"{who}_low"], evidence.counts.at[row, f"{who}_high"]


def test_a_masked_cell_is_the_interval_from_0_to_4(evidence: Evidence) -> None:
    """Cyprus 2021 prints 21 victims, <5 of them children."""
    assert _count(evidence, "CYP_2021", "victims") == (21, 21)
    assert _count(evidence, "CYP_2021") == (0, 4)
    masked = evidence.counts[evidence.counts["children_low"] < evidence.counts["children_high"]]
    assert set(masked["children_low"]) == {0} and set(masked["children_high"]) == {4}


PRINTED = {
    "NLD_2014": (279, 1256),
    "NLD_2022": (69, 814),
    "BEN_2022": (1451, 1451),
    "PHL_2018": (611, 2318),
    "SRB_2017": (13, 21),
    "USA_2022": (4849, 16390),
    "GBR_2016": (191, 601),
    "GBR_2017": (2116, 5138),
    "ITA_2022": (67, 2146),
    "PAK_2019": (6937, 32022),
}


@pytest.mark.parametrize("row", PRINTED)
def test_counts_are_those_printed(evidence: Evidence, row: str) -> None:
    children, victims = PRINTED[row]
    assert _count(evidence, row) == (children, children)
    assert _count(evidence, row, "victims") == (victims, victims)


def test_a_placeholder_is_missing_not_small(evidence: Evidence) -> None:
    """Germany 2022 prints <5 victims beside 193 children and 1,096 adults; India 2012-15 <5 children."""
    assert np.isnan(_count(evidence, "DEU_2022", "victims")).all()
    assert _count(evidence, "DEU_2022") == (193, 193)
    for year in range(2012, 2016):
        assert np.isnan(_count(evidence, f"IND_{year}")).all()
        assert evidence.counts.at[f"IND_{year}", "flag"] == "children_placeholder"


def test_no_flagged_placeholder_keeps_a_masked_cell(evidence: Evidence) -> None:
    for who in ("children", "victims"):
        flagged = evidence.counts[evidence.counts["flag"].str.contains(f"{who}_placeholder")]
        assert len(flagged) > 10
        assert not (flagged[f"{who}_low"] < flagged[f"{who}_high"]).any()


def test_rows_that_contradict_themselves_are_kept_and_marked(evidence: Evidence) -> None:
    """Nepal 2020 prints 187 victims and 507 children."""
    assert _count(evidence, "NPL_2020") == (507, 507)
    assert "victims_below_children" in evidence.counts.at["NPL_2020", "flag"]
    below = evidence.counts[evidence.counts["victims_high"] < evidence.counts["children_low"]]
    assert below["flag"].str.contains("victims_below_children").all()


def test_each_break_of_definition_has_a_regime_on_either_side(evidence: Evidence) -> None:
    """Regimes belong to one country each: a shared name would give two countries one break."""
    regimes = evidence.counts.groupby("iso3")["regime"].unique()
    broken = regimes[regimes.map(len) > 1]
    assert set(broken.index) == {"BRA", "GBR", "IND", "ITA", "USA"}
    for iso3, names in broken.items():
        assert all(name.startswith(f"{iso3}_") for name in names)
    assert evidence.counts.at["GBR_2016", "regime"] == "GBR_confirmed"
    assert evidence.counts.at["GBR_2017", "regime"] == "GBR_referrals"


def test_a_year_of_a_country_is_there_once(evidence: Evidence) -> None:
    assert not evidence.counts.duplicated(["iso3", "year"]).any()
    assert len(evidence.counts) == 1805


def test_estimates_are_those_of_seven_places_and_windows(evidence: Evidence) -> None:
    """Five countries; a part of a fitted estimate (Dutch girls) and a county are quoted, not fitted."""
    fitted = evidence.estimates[evidence.estimates["role"] == "train"]
    assert sorted(fitted["area"]) == ["AUS", "GBR", "IRL", "IRL", "IRL", "NLD", "SRB"]
    assert (fitted["population"] == "all ages").all()
    australia = evidence.estimates.loc["mse_aus_2015_2017"]
    assert (australia["low"], australia["high"], australia["window_years"]) == (1342, 1897, 2)


# --- programmes and effects


def test_a_prior_follows_from_its_study(evidence: Evidence) -> None:
    """log RR ~ N(kappa rho theta, sqrt((kappa rho se)^2 + transfer^2)), worked out again to a hundredth."""
    studied = evidence.effects[evidence.effects["log_rr_study"].notna()]
    assert set(studied.index) >= set(evidence.effects.index[evidence.effects["basis"] == "trial"])
    for name, row in studied.iterrows():
        shrink = row["kappa"] * row["rho"]
        variance = (shrink * row["se_study"]) ** 2 + row["transfer_sd"] ** 2
        assert row["prior_log_rr_mean"] == pytest.approx(shrink * row["log_rr_study"], abs=0.01), name
        assert row["prior_log_rr_sd"] ** 2 == pytest.approx(variance, abs=0.005), name


def _log_rr_from_odds(odds_ratio: float, low: float, high: float, risk: float) -> tuple[float, float]:
    """Log relative risk and its standard error, from an odds ratio with its interval at a control risk."""
    below = 1 - risk + risk * odds_ratio
    return math.log(odds_ratio / below), (math.log(high / low) / (2 * Z)) * (1 - risk) / below


def test_the_effect_of_parenting_is_converted_from_a_standardised_difference(evidence: Evidence) -> None:
    """d = -0.36 (-0.69, -0.04): odds ratio exp(-0.36 x 1.814) = 0.52; at a risk of 0.40, RR = 0.64."""
    odds = [math.exp(d * LOG_ODDS_PER_SD) for d in (-0.36, -0.69, -0.04)]
    log_rr, se = _log_rr_from_odds(*odds, risk=0.40)
    assert math.exp(log_rr) == pytest.approx(0.64, abs=0.005)
    row = evidence.effects.loc["parenting"]
    assert (row["log_rr_study"], row["se_study"]) == pytest.approx((log_rr, se), abs=1e-3)
    assert (row["rr_violence_log_mean"], row["rr_violence_log_se"]) == pytest.approx((log_rr, se), abs=1e-3)


def test_the_effect_of_safe_schools_is_the_ratio_of_two_shares(evidence: Evidence) -> None:
    """31.0 / 48.7 = 0.637; the error is that of the odds ratio 0.40 (0.26-0.64) at a risk of 0.487."""
    _, se = _log_rr_from_odds(0.40, 0.26, 0.64, risk=0.487)
    row = evidence.effects.loc["school_violence_prevention"]
    assert (row["rr_violence_log_mean"], row["rr_violence_log_se"]) == pytest.approx(
        (math.log(31.0 / 48.7), se), abs=1e-3
    )
    assert row["violence_types"] == "physical"


@pytest.mark.parametrize(
    ("name", "ratio", "low", "high"), [("self_defence", 0.68, 0.56, 0.82), ("child_grants", 0.49, 0.26, 0.93)]
)
def test_printed_ratios_and_intervals_are_carried_over(
    evidence: Evidence, name: str, ratio: float, low: float, high: float
) -> None:
    row = evidence.effects.loc[name]
    assert row["log_rr_study"] == pytest.approx(math.log(ratio), abs=1e-3)
    assert row["se_study"] == pytest.approx(math.log(high / low) / (2 * Z), abs=1e-3)


def test_only_studies_with_a_comparison_group_count_as_trials(evidence: Evidence) -> None:
    """A fall seen without one is a judgement however large: kappa 0.2 goes with elicited."""
    trials = evidence.effects[evidence.effects["basis"] == "trial"]
    assert trials["design"].str.contains("randomised|matched").all()
    uncontrolled = evidence.effects["design"].str.contains("before and after")
    assert uncontrolled.sum() == 4
    assert (evidence.effects.loc[uncontrolled, "basis"] == "elicited").all()
    assert (evidence.effects.loc[uncontrolled, "kappa"] <= 0.5).all()


def test_almost_every_effect_may_be_none(evidence: Evidence) -> None:
    """The 90% interval holds RR = 1 for all but the stipend, which works while it is paid."""
    upper = evidence.effects["prior_log_rr_mean"] + 1.645 * evidence.effects["prior_log_rr_sd"]
    assert set(evidence.effects.index[upper < 0]) == {"schooling_stipends"}


def test_no_judgement_is_stronger_than_the_default_without_a_study(evidence: Evidence) -> None:
    """Where nothing exists: log 0.90 with SD 0.15, or nearer to none with its reason in the note."""
    bare = evidence.effects[evidence.effects["log_rr_study"].isna()]
    assert (bare["basis"] == "elicited").all() and (bare["source"].isin([ASSUMPTION, "swift_2021"])).all()
    assert (bare["prior_log_rr_mean"] >= math.log(0.90) - 1e-4).all()
    assert (bare["prior_log_rr_sd"] <= 0.15).all()
    weaker = bare[bare["prior_log_rr_mean"] > math.log(0.90) + 1e-4]
    assert weaker["note"].str.contains("Nearer to no effect|Weak link|best evidence").all()


def test_no_sentence_passes_a_judgement_off_as_a_finding(evidence: Evidence) -> None:
    for name, row in evidence.effects.iterrows():
        sentence = row["sentence"]
        assert sentence.endswith(".") and len(sentence) < 330, name
        if row["basis"] == "elicited":
            assert re.search("judgement|is assumed|not in this number", sentence), name
        else:
            assert "shrunk" in sentence, name


def test_an_interval_in_a_sentence_is_that_of_the_prior(evidence: Evidence) -> None:
    """ "between 30% fewer and 15% more" must be the 5% and 95% quantiles of the prior."""
    checked = 0
    for name, row in evidence.effects.iterrows():
        found = re.search(
            r"between (\d+)% (?:fewer|lower|shorter) and (\d+)% (?:more|higher|longer)", row["sentence"]
        )
        if found:
            ends = [math.exp(row["prior_log_rr_mean"] + z * row["prior_log_rr_sd"]) for z in (-1.645, 1.645)]
            assert (1 - ends[0], ends[1] - 1) == pytest.approx(
                [int(end) / 100 for end in found.groups()], abs=0.006
            ), name
            checked += 1
    assert checked == 10


def test_programmes_whose_cost_was_only_remembered_cannot_be_chosen(evidence: Evidence) -> None:
    priced = set(evidence.programmes["id"])
    assert set(evidence.effects.index) - priced == {"supply_chain_monitoring", "birth_registration"}
    clubs = evidence.programmes[evidence.programmes["id"] == "girls_clubs"]
    assert "Low income" not in set(clubs["income_group"])


def test_costs_by_judgement_are_called_so(evidence: Evidence) -> None:
    by_judgement = evidence.programmes["source"] == ASSUMPTION
    assert (evidence.programmes.loc[by_judgement, "cost_status"] == "elicited").all()
    assert (evidence.programmes.loc[~by_judgement, "cost_status"] != "elicited").all()


def test_a_grant_is_mostly_transfer_and_a_service_is_none(evidence: Evidence) -> None:
    """Stipend: NPR 10,000 of 13,950 = 0.72 is paid out; counting it as a cost would be double."""
    share = evidence.programmes.groupby("id")["transfer_share"].first()
    assert share[share > 0].to_dict() == {"child_grants": 0.88, "schooling_stipends": 0.72}


def test_richer_places_pay_no_less(evidence: Evidence) -> None:
    order = ["Low income", "Lower middle income", "Upper middle income", "High income"]
    for name, rows in evidence.programmes.groupby("id"):
        costs = rows.set_index("income_group")["unit_cost_mid"].reindex(order).dropna()
        assert costs.is_monotonic_increasing, name


def test_no_table_names_a_machine_or_an_address_of_a_registry() -> None:
    for path in (found for found in Path(DATA).rglob("*") if found.is_file()):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"/(work|root|home)/|pypi|localhost", text), path.name


# --- arithmetic that the sources can be held to


def _anchor(evidence: Evidence, name: str, column: str = "value") -> float:
    return float(evidence.anchors.at[name, column])


@pytest.mark.parametrize(
    ("region", "total", "victims", "unit"),
    [("eu27", 2_708_804_838, 8_027, 337_462), ("eu28", 3_700_524_433, 11_832, 312_756)],
)
def test_the_eu_totals_are_unit_cost_times_victims_to_the_euro(
    evidence: Evidence, region: str, total: float, victims: float, unit: float
) -> None:
    """The printed unit cost is the total over the victims, rounded to the euro."""
    found = [_anchor(evidence, f"eu_thb_2020_{region}_{name}") for name in ("total", "count", "unit")]
    assert found == [total, victims, unit]
    assert round(total / victims) == unit


def test_women_and_men_add_up_to_the_eu_28_total(evidence: Evidence) -> None:
    """2,765,284,348 + 935,240,085; each unit cost is its total over the victims of that sex, to 0.1%."""
    female, male = (_anchor(evidence, f"eu_thb_2020_eu28_{sex}_total") for sex in ("female", "male"))
    assert female + male == _anchor(evidence, "eu_thb_2020_eu28_total")
    mix = evidence.mixes[evidence.mixes["mix"] == "eu28_2016"]
    for sex, total in (("female", female), ("male", male)):
        victims = 11_832 * mix.loc[mix["sex"] == sex, "share"].sum()
        assert total / victims == pytest.approx(_anchor(evidence, f"eu_thb_2020_eu28_{sex}_unit"), rel=1e-3)


def test_ratios_within_the_eu_study_are_those_of_its_printed_figures(evidence: Evidence) -> None:
    female, male, both = (
        _anchor(evidence, f"eu_thb_2020_eu28_{name}unit") for name in ("female_", "male_", "")
    )
    assert _anchor(evidence, "eu_thb_2020_eu28_female_male_ratio") == pytest.approx(female / male, abs=1e-5)
    for name in ("coordination", "services"):
        unit = _anchor(evidence, f"eu_thb_2020_eu28_{name}_unit")
        assert _anchor(evidence, f"eu_thb_2020_eu28_{name}_share") == pytest.approx(unit / both, abs=1e-7)
        assert _anchor(evidence, f"eu_thb_2020_eu28_{name}_total") == unit * 11_832


def test_both_peterson_totals_reproduce(evidence: Evidence) -> None:
    """482,000 x 830,928 + 1,670 x 16.6m = 428bn; 2,368,000 investigated cases give 2tn."""
    case, death = _anchor(evidence, "us_cm_2018_nonfatal"), _anchor(evidence, "us_cm_2018_fatal")
    low, high = (_anchor(evidence, "us_cm_2018_total", end) for end in ("low", "high"))
    assert 482_000 * case + 1_670 * death == pytest.approx(low, abs=0.5e9)
    assert 2_368_000 * case + 1_670 * death == pytest.approx(high, abs=0.05e12)


def test_the_home_office_range_is_its_unit_cost_times_its_count(evidence: Evidence) -> None:
    """328,720 x 10,000 = 3.29bn and x 13,000 = 4.27bn, printed as 3.3 to 4.3bn; 33bn is the same x 100,000."""
    unit = _anchor(evidence, "uk_ms_2018_unit")
    for end in ("low", "high"):
        product = unit * _anchor(evidence, "uk_ms_2018_count", end)
        assert product == _anchor(evidence, "uk_ms_2018_product", end)
        assert round(product / 1e8) / 10 == _anchor(evidence, "uk_ms_2018_total", end) / 1e9
    assert unit * 100_000 == pytest.approx(_anchor(evidence, "uk_ms_alt"), rel=0.005)


def test_the_us_parts_add_up_and_imply_the_cases_of_the_year(evidence: Evidence) -> None:
    """Six parts = 210,012; 124bn over it is about 590,000 cases. Abuse: 8.6bn / 282,734 + 758m / 74,691 = 40,566."""
    parts = ("child_health", "adult_medical", "productivity", "child_welfare", "justice", "special_education")
    whole = _anchor(evidence, "us_cm_2012_all")
    assert sum(_anchor(evidence, f"us_cm_2012_{part}") for part in parts) == whole
    assert _anchor(evidence, "us_cm_2012_total") / whole == pytest.approx(590_000, rel=0.005)
    female, male = (_anchor(evidence, f"us_csa_2018_{sex}") for sex in ("female", "male"))
    assert 8.6e9 / female + 758e6 / male == pytest.approx(40_387, rel=0.005)
    assert pytest.approx(_anchor(evidence, "us_csa_2018_total"), rel=0.01) == 8.6e9 + 758e6


def test_both_australian_totals_are_of_the_same_children(evidence: Evidence) -> None:
    """9.3bn / 176,437 and 17.4bn / 328,757: 52,700 and 52,900 children."""
    financial = _anchor(evidence, "au_cm_2016_financial_total") / _anchor(evidence, "au_cm_2016_financial")
    quality = _anchor(evidence, "au_cm_2016_qol_total") / _anchor(evidence, "au_cm_2016_qol")
    assert financial == pytest.approx(52_700, abs=50) and quality == pytest.approx(52_900, abs=50)


def test_the_upper_edge_of_odi_implies_purchasing_power_dollars(evidence: Evidence) -> None:
    """7tn / 8% = 87.5tn: above world output of 2013 in market dollars (8% of that is 6.3tn, not 7)."""
    implied = _anchor(evidence, "odi_vac_2014_total", "high") / _anchor(
        evidence, "odi_vac_2014_share", "high"
    )
    assert implied == pytest.approx(_anchor(evidence, "odi_vac_2014_denominator"))
    market = evidence.prices.at[("WLD", 2013), "gdp_usd"]
    assert implied / market > 1.1
    assert 0.08 * market == pytest.approx(6.3e12, rel=0.02)


def _inside(evidence: Evidence, region: str, year: int) -> list[str]:
    """Members of a region whose output of the year is known."""
    known = evidence.prices["gdp_usd"].dropna().index
    return [area for area in members(region, evidence) if (area, year) in known]


def _output(evidence: Evidence, areas: Sequence[str], year: int, column: str = "gdp_usd") -> float:
    return float(sum(evidence.prices.at[(area, year), column] for area in areas))


def test_shares_of_the_daly_studies_are_their_money_over_the_right_output(evidence: Evidence) -> None:
    """China 50bn of 2010; Nigeria 967bn naira and 1.42tn of 2014; North America 748bn of 2017; each to 5%.

    The right output of Nigeria is the one before its national accounts were rebased: dollars at the official rate.
    """
    china = _output(evidence, ["CHN"], 2010)
    assert 50e9 / china == pytest.approx(_anchor(evidence, "fang_cn_2015_physical"), rel=0.05)
    facts = evidence.prices.loc[("NGA", 2014)]
    nigeria = facts["gdp_usd"] * facts["lcu_per_usd"]
    assert gdp("NGA", year=2014, prices=evidence.prices) > 1.3 * nigeria
    earnings = _anchor(evidence, "ng_vac_2019_productivity", "low")
    assert earnings / nigeria == pytest.approx(
        _anchor(evidence, "ng_vac_2019_productivity_share", "low"), rel=0.05
    )
    daly, share = _anchor(evidence, "ng_vac_2019_daly"), _anchor(evidence, "ng_vac_2019_daly_share")
    assert daly / nigeria == pytest.approx(share, rel=0.05)
    assert daly / (earnings / 0.0107) == pytest.approx(share, abs=5e-5)
    europe = _output(evidence, _inside(evidence, "EUR28", 2017), 2017)
    money, share = (_anchor(evidence, f"ace_euna_2019_europe{end}") for end in ("", "_share"))
    assert money / europe == pytest.approx(
        share, rel=0.07
    )  # its members were not read: ours are 44 countries
    northern = _output(evidence, ["USA", "CAN"], 2017)
    money, share = (_anchor(evidence, f"ace_euna_2019_north_america{end}") for end in ("", "_share"))
    assert money / northern == pytest.approx(share, rel=0.05)


def test_the_figures_of_east_asia_are_one_figure_in_other_prices(evidence: Evidence) -> None:
    """151bn in dollars of 2000 is 194bn in those of 2012: US prices rose by 29%; over output of 2012, 1.88% to 6%."""
    old, new = (_anchor(evidence, f"fang_eap_2015_total_{year}") for year in (2000, 2012))
    deflated = deflate(old, area="USA", from_year=2000, to_year=2012, prices=evidence.prices)
    assert new == pytest.approx(deflated, rel=0.03)
    output = _output(evidence, _inside(evidence, "EAP", 2012), 2012)
    assert new / output == pytest.approx(_anchor(evidence, "fang_eap_2015_share"), rel=0.06)


def test_profits_per_victim_imply_the_victims_of_the_global_estimate(evidence: Evidence) -> None:
    """236bn / 9,995 = 23.6 million; 172.6bn / 27,252 = 6.33 million; the rest at 3,687 is 17.2 million."""
    total, sexual = _anchor(evidence, "ilo_2024_total"), _anchor(evidence, "ilo_2024_sexual")
    everyone = total / _anchor(evidence, "ilo_2024_per_victim")
    in_sex = sexual / _anchor(evidence, "ilo_2024_per_victim_sexual")
    others = (total - sexual) / _anchor(evidence, "ilo_2024_per_victim_other")
    assert everyone == pytest.approx(23.6e6, rel=0.005) and in_sex == pytest.approx(6.33e6, rel=0.005)
    assert in_sex + others == pytest.approx(everyone, rel=0.005)


def test_values_of_health_behind_the_priors_are_those_printed(evidence: Evidence) -> None:
    """AUD 182,000 and GBP 60,000 over GDP per capita of place and year are the centres of their priors."""
    for prior, row, area in (
        ("value_of_qaly_au", "life_year_aus_2014", "AUS"),
        ("value_of_qaly_uk", "qaly_gbr_2018", "GBR"),
    ):
        printed = evidence.valuations.loc[row]
        year = printed["price_year"] + (0.5 if area == "AUS" else 0.0)
        multiple = printed["value"] / gdp_per_capita(area, year=year, prices=evidence.prices)
        assert np.exp(evidence.priors.at[prior, "p1"]) == pytest.approx(multiple, rel=0.03), prior


def test_elicited_attributes_and_weak_inputs_are_no_grade_a(evidence: Evidence) -> None:
    """A note that says an attribute was not read, or was judged, goes with grade B or worse."""
    moving = evidence.anchors[evidence.anchors["role"].isin(["train", "holdout", "bound"])]
    supplied = moving["note"].str.contains("elicited|not read|not located|not stated") | (
        moving["price_year_status"] == "uncertain"
    )
    assert supplied.sum() >= 8
    assert not (moving.loc[supplied, "grade"] == "A").any()
    for name in ("female_male_ratio", "coordination_share", "services_share"):  # from second-hand figures
        assert moving.at[f"eu_thb_2020_eu28_{name}", "grade"] == "C"


def test_no_anchor_enters_without_a_grade_that_its_status_allows(evidence: Evidence) -> None:
    allowed = evidence.grades["statuses"].str.split()
    moving = evidence.anchors[evidence.anchors["status"] != "recalled"]
    assert all(row.status in allowed[row.grade] for row in moving.itertuples())
    assert evidence.grades["error_sd"].is_monotonic_increasing
    assert not (evidence.anchors["status"] == "recalled").any()
