"""The page and the files of a run say what the tables say, on what terms, and with what doubts."""

import re
import struct
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from fake_tables import COMPARATOR, COUNTRIES, OPTIONS, fake_result, fake_tables

from costmodel.briefing import columns_table, meta_of, waiting, write_briefing, write_columns, write_figures
from costmodel.briefing.cells import Table, with_warnings
from costmodel.briefing.columns import UNDESCRIBED
from costmodel.briefing.meta import FICTIONAL, UNCONVERGED, discount_words, passed_gate
from costmodel.briefing.plates import all_plates
from costmodel.briefing.select import chance_of_loss, estimate, headline, rows
from costmodel.briefing.sentences import answer, best_option, losses, option_lines, question
from costmodel.briefing.tables import (
    break_even_table,
    groups_table,
    options_table,
    parts_table,
    programmes_table,
)
from costmodel.briefing.trust import countries_table, holdout_table
from costmodel.groups import AGES
from costmodel.summary import central, estimates

SECTIONS = [
    "The question",
    "The answer",
    "The options",
    "Who pays",
    "What drives it, and what would change our mind",
    "Who the children are",
    "What is not modelled",
    "Where the numbers come from",
    "Can the sampler be trusted?",
    "Does the model predict studies it hasn't seen?",
    "What these numbers may be used for",
]
VOID = {"meta", "br", "path", "use"}


class Page(HTMLParser):
    """Reads a page: its text, its headings, its tables; notes what is wrong with its structure."""

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.text, self.headings, self.tables, self.addresses = [], [], [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.addresses += [found[name] for name in ("href", "src", "xlink:href") if name in found]
        if tag == "table":
            self.tables.append({"attrs": found, "tags": []})
        elif self.tables and "table" in self.open:
            self.tables[-1]["tags"].append((tag, found))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.addresses += [found[name] for name in ("href", "xlink:href") if name in found]

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text.append(data)
        if self.open and self.open[-1] in {"h1", "h2"}:
            self.headings.append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture(scope="module")
def tables():
    return fake_tables()


@pytest.fixture(scope="module")
def meta(tables):
    return meta_of(fake_result(tables=tables))


@pytest.fixture(scope="module")
def page(tables, tmp_path_factory):
    path = write_briefing(fake_result(tables=tables), tmp_path_factory.mktemp("run"))
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def warned(tables, tmp_path_factory):
    """A fictional scenario on a fit that failed the gate."""
    result = fake_result(tables=tables, fictional=True, converged=False)
    folder = tmp_path_factory.mktemp("warned")
    write_briefing(result, folder)
    write_figures(tables, meta_of(result), folder / "figures")
    return folder


def headline_of(**options):
    """A headline table by hand: benefit, spend and share of draws that lose, all in euros."""
    rows = []
    for option, (benefit, spend, losing) in options.items():
        labels = {"option": option, "discount": "zero", "perspective": "societal", "scope": "trafficking"}
        cells = {
            "cost_of_inaction": (benefit, benefit / 2, benefit, benefit * 2),
            "spend": (spend, spend, spend, spend),
            "net_benefit": (benefit - spend, benefit / 2 - spend, benefit - spend, benefit * 2 - spend),
            "probability_net_benefit_positive": (1 - losing, 0, 1, 1),
        }
        for quantity, (mean, low, mid, high) in cells.items():
            rows.append(
                {
                    **labels,
                    "quantity": quantity,
                    "mean": mean,
                    "low": low,
                    "mid": mid,
                    "high": high,
                    "mcse": 0.0,
                }
            )
    return {"headline": pd.DataFrame(rows)}


def meta_by_hand(tables, *options):
    """What is said of a run of the given options, not discounted."""
    return meta_of(
        fake_result(
            tables=tables,
            discount=["zero"],
            countries=["NLD"],
            titles={COMPARATOR: "Nothing"} | {o: o for o in options},
        )
    )


# --- the answer


def test_answer_states_loss_interval_cost_and_chance_of_losing(tables):
    """Benefit 120 (60 to 240) million, spend 20: 100 million more; a quarter of the draws lose."""
    by_hand = headline_of(guard=(120e6, 20e6, 0.25))
    assert answer(by_hand, meta_by_hand(tables, "guard")) == [
        "If the evidence and the assumptions below hold, society's expected loss from not taking “guard” "
        "from 2026 to 2045 is EUR 120 million (90% interval EUR 60 to 240 million), EUR 100 million more "
        "than the option itself costs; in 25% of draws the option costs more than it saves."
    ]


def test_answer_is_about_the_largest_net_benefit_and_says_so(tables):
    """Net benefits 100 and 130 million: the second, though its benefit is the smaller one."""
    by_hand = headline_of(dear=(300e6, 200e6, 0.1), cheap=(140e6, 10e6, 0.1))
    meta = meta_by_hand(tables, "dear", "cheap")
    assert best_option(by_hand, meta) == "cheap"
    assert answer(by_hand, meta)[1] == "It has the largest expected net benefit of the 2 options compared."


def test_an_option_that_costs_more_than_it_saves_is_said_to(tables):
    """Benefit 10, spend 40 million: 30 million less than it costs."""
    by_hand = headline_of(waste=(10e6, 40e6, 0.9))
    assert (
        "EUR 30.0 million less than the option itself costs"
        in answer(by_hand, meta_by_hand(tables, "waste"))[0]
    )


def test_when_nothing_pays_no_option_is_recommended(tables):
    """Net benefits minus 30 and minus 100 million: the smaller loss is named, and that it is no recommendation."""
    by_hand = headline_of(waste=(10e6, 40e6, 0.9), worse=(10e6, 110e6, 0.999))
    meta = meta_by_hand(tables, "waste", "worse")
    said = " ".join(answer(by_hand, meta))
    assert "no option compared is expected to repay its cost" in said
    assert "the one expected to lose least; that is no recommendation" in said
    assert "largest expected net benefit" not in said
    assert "it almost certainly does not repay its cost" in losses(by_hand, meta)[1]
    assert "it may well not repay its cost" in losses(by_hand, meta)[0]


@pytest.mark.parametrize(
    ("losing", "said"),
    [
        (0.32, None),
        (0.34, "in a third or more of the draws (34%)"),
        (0.7, "in more than half of the draws (70%)"),
    ],
)
def test_losing_in_a_third_of_the_draws_is_said_plainly(tables, losing, said):
    found = losses(headline_of(risky=(100e6, 80e6, losing)), meta_by_hand(tables, "risky"))
    if said is None:
        assert found == []
    else:
        assert said in found[0]


def test_a_null_option_neither_gains_nor_loses(tables):
    """It costs 0 and brings 0 in every draw: net benefit is never above zero, and yet nothing is lost."""
    by_hand = headline_of(null=(0.0, 0.0, 1.0))
    meta = meta_by_hand(tables, "null")
    assert chance_of_loss(by_hand, meta, option="null") == (0.0, 0.0)
    assert losses(by_hand, meta) == []
    assert "it loses in 0% of draws" in option_lines(by_hand, meta)[0]


def test_median_stands_beside_a_mean_that_is_far_from_it(page, tables, meta):
    """The made-up benefits are skewed by more than a factor of 1.5."""
    found = estimate(
        tables["headline"],
        option="protect",
        discount="eu_3",
        perspective="societal",
        scope="trafficking",
        quantity="cost_of_inaction",
    )
    assert found.mean / found.mid > 1.5
    assert "(median EUR" in answer(tables, meta)[0]


def test_other_violence_is_a_second_line_and_not_part_of_the_first(tables, meta):
    sentences = answer(tables, meta)
    assert "violence" not in sentences[0]
    assert "a second line and not part of the first" in sentences[2]


def test_question_names_place_years_and_comparator(tables):
    result = fake_result(tables=tables, countries=["EU27"])
    assert question(meta_of(result)) == (
        "The European Union (27 countries), 2026 to 2045: what would society lose by choosing “No further "
        "action” against child trafficking instead of one of the 3 options below?"
    )


def test_numbers_of_the_page_come_from_the_tables(tables, meta):
    """Ten times the benefit in the table is ten times the benefit in the sentence."""
    changed = tables["headline"].copy()
    chosen = changed["quantity"] == "cost_of_inaction"
    changed.loc[chosen, ["mean", "low", "mid", "high", "mcse"]] *= 10
    before, after = (
        re.search(r"is EUR ([\d.]+) (\w+)", answer(one, meta)[0])
        for one in (tables, tables | {"headline": changed})
    )
    assert (before[2], after[2]) == ("billion", "billion")
    assert float(after[1]) == pytest.approx(10 * float(before[1]), rel=0.1)


def test_a_number_that_two_rows_claim_is_not_printed(tables):
    twice = pd.concat([tables["headline"]] * 2)
    with pytest.raises(ValueError, match="give the labels that tell them apart"):
        estimate(
            twice,
            option="protect",
            discount="eu_3",
            perspective="fiscal",
            scope="trafficking",
            quantity="spend",
        )


# --- the page


def test_sections_stand_in_their_order_under_one_title(page):
    assert page.headings == ["Preventing child trafficking in five countries", *SECTIONS]


def test_page_needs_no_other_file_no_network_and_no_script(page, warned):
    """Every address points into the page itself."""
    assert all(address.startswith("#") for address in page.addresses)
    text = (warned / "briefing.html").read_text(encoding="utf-8")
    for forbidden in ("<script", "<link", "@import", "javascript:", "onload="):
        assert forbidden not in text
    assert not re.findall(r"url\((?!#)", text)


def test_page_is_closed_and_each_id_is_used_once(page):
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert {address[1:] for address in page.addresses} <= set(page.ids)


def test_every_table_has_caption_column_heads_and_row_heads(page):
    """Screen readers announce a cell by its heads; on a telephone each cell carries the head itself."""
    assert len(page.tables) == 17
    for table in page.tables:
        tags = table["tags"]
        assert table["attrs"]["aria-labelledby"] in page.ids
        assert sum(tag == "caption" for tag, _ in tags) == 1
        heads = [found for tag, found in tags if tag == "th"]
        assert {found["scope"] for found in heads} >= {"col", "row"}
        assert all(found["data-head"] for tag, found in tags if tag == "td")


def test_figure_on_the_page_is_described_for_those_who_cannot_see_it(page, meta, tables):
    plate = all_plates(tables, meta)[0]
    assert plate.caption.alt in page.words
    assert {"cost_of_inaction-title", "cost_of_inaction-alt"} <= set(page.ids)


def test_a_scenario_cannot_write_into_the_page(tables, tmp_path):
    """Whatever a scenario file holds stays text: in the page, in the figure, in its description."""
    hostile = "<script>alert('x')</script> & \"co\""
    result = fake_result(
        tables=tables,
        title=hostile,
        description=hostile,
        describes=hostile,
        reviewed_by=hostile,
        titles={**OPTIONS, "online": hostile},
        descriptions={"online": hostile},
    )
    text = write_briefing(result, tmp_path).read_text(encoding="utf-8")
    assert "<script" not in text
    assert hostile in Page(text).words


@pytest.mark.parametrize(
    ("written", "said"), [("", "not reviewed"), ("  ", "not reviewed"), ("A. Reader", "A. Reader")]
)
def test_review_is_stated_or_its_absence_is(tables, tmp_path, written, said):
    page = Page(
        write_briefing(fake_result(tables=tables, reviewed_by=written), tmp_path).read_text(encoding="utf-8")
    )
    assert f"Reviewed by: {said}" in page.words


@pytest.mark.parametrize(
    ("written", "said"), [("", "not stated"), (" ", "not stated"), ("Plan of 1 May", "Plan of 1 May")]
)
def test_what_the_levers_describe_is_stated_or_its_absence_is(tables, tmp_path, written, said):
    page = Page(
        write_briefing(fake_result(tables=tables, describes=written), tmp_path).read_text(encoding="utf-8")
    )
    assert f"Levers: {said} ·" in page.words
    assert "By The costmodel developers" in page.words


def test_an_option_says_what_it_is_for(tables, tmp_path):
    """One that says nothing has no line, rather than an empty one."""
    result = fake_result(tables=tables, descriptions={"online": "less trade online"})
    page = Page(write_briefing(result, tmp_path).read_text(encoding="utf-8"))
    assert f"{OPTIONS['online']} less trade online" in page.words
    assert page.words.count("less trade online") == 1


def test_terms_are_on_the_page(page):
    for words in ("Estimand A", "EUR of 2024", "discounted at 3% a year (eu_3)", "run a1b2c3d4"):
        assert words in page.words


def test_limits_of_the_model_and_of_the_scenario_are_listed(page):
    for words in (
        "excess mortality",
        "second-generation harm",
        "friction cost",
        "countries that children are taken from",
        "false positives",
        "Return of survivors",
    ):
        assert words in page.words


def test_quoted_figures_are_put_right(page):
    assert "It is a point estimate, not an upper limit; it isn't a loss of one year" in page.words
    assert "It isn't about trafficking" in page.words


# --- warnings


def test_warnings_stand_on_the_face_of_page_tables_and_figures(warned):
    """In words: at the top of the page, in the caption of each table, beside each figure and in its data."""
    page = Page((warned / "briefing.html").read_text(encoding="utf-8"))
    top = page.words.index("The question")
    assert FICTIONAL in page.words[:top]
    assert UNCONVERGED in page.words[:top]
    assert page.words.count("Fictional scenario. Not converged.") == len(page.tables)
    for path in (warned / "figures").glob("*.txt"):
        assert path.read_text(encoding="utf-8").startswith(f"{FICTIONAL}\n{UNCONVERGED}\n")
    for path in (warned / "figures").glob("*.csv"):
        assert set(pd.read_csv(path)["warning"]) == {f"{FICTIONAL} {UNCONVERGED}"}


def test_a_real_converged_run_carries_no_warning(page):
    assert "Fictional" not in page.words
    assert "Not converged" not in page.words


def test_tables_without_warnings_are_left_alone(meta):
    table = Table("A caption", ("a",), ())
    assert with_warnings([table], meta) == [table]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("rhat_max", 1.02),
        ("ess_bulk_min", 399.0),
        ("ess_tail_min", 399.0),
        ("divergences", 1),
        ("non_finite", 1),
        ("rhat_max", np.nan),
    ],
)
def test_one_failing_number_fails_the_gate(tables, column, value):
    assert passed_gate(tables["diagnostics"])
    failing = tables["diagnostics"].astype({column: float})
    failing.loc[1, column] = value
    assert not passed_gate(failing)


def test_diagnostics_decide_where_the_record_is_silent(tables):
    failing = tables | {"diagnostics": tables["diagnostics"].assign(rhat_max=1.2)}
    result = fake_result(tables=failing)
    del result.record["converged"]
    assert meta_of(result).warnings == (UNCONVERGED,)


# --- tables


def texts(table):
    return [[cell.text for cell in row] for row in table.body]


def test_options_are_listed_in_the_order_of_the_scenario_without_the_comparator(tables, meta):
    assert [row[0] for row in texts(options_table(tables, meta))] == list(OPTIONS.values())[1:]


def test_an_elicited_effect_is_called_elicited(tables, meta):
    """Whatever else is said of it, the first word on each effect is where it comes from."""
    said = {row[1]: row[-1] for row in texts(programmes_table(tables, meta))}
    assert said["Guardians for unaccompanied children"].startswith("Elicited")
    assert said["Outreach and housing"].startswith("Transferred from a study")


def test_parts_of_the_burden_are_shares_of_their_sum(tables, meta):
    """Made up as 45, 27, 12, 8, 7 and 1% of the burden."""
    body = texts(parts_table(tables, meta, part="component"))
    assert [row[-1] for row in body] == ["45%", "27%", "12%", "8%", "7%", "1%", ""]
    assert body[0][0] == "Lost quality of life"


def test_payers_keep_their_own_names(tables, meta):
    """The ministry of health isn't the component health and social protection."""
    assert "Health" in [row[0] for row in texts(parts_table(tables, meta, part="payer"))]


def test_a_break_even_that_no_value_reaches_says_so(tables, meta):
    body = texts(break_even_table(tables, meta))
    assert [row[2] for row in body if row[0] == OPTIONS["inform"] and "effects" in row[1]] == [
        "no value reaches it"
    ]


def test_a_break_even_that_every_value_reaches_and_one_that_is_a_ceiling_say_so(tables, meta):
    """An option that saves more than it costs: at any value; one that averts less than nothing, up to a value."""
    sides = pd.DataFrame(tables["break_even"]).query("quantity == 'unit_cost_multiplier'")
    for side, value, words in (("always", np.nan, "repays at any value"), ("up to", 3.0, "3.0")):
        changed = tables | {"break_even": sides.assign(repays=side, value=value)}
        (row,) = texts(break_even_table(changed, meta))
        assert row[2] == words and row[1].endswith("at most") == (side == "up to")


def test_countries_are_alphabetical_and_never_ranked(tables, meta):
    """Whatever their values: the table reversed, or sorted by victims, prints the same."""
    straight = countries_table(tables, meta)
    ranked = tables | {"countries": tables["countries"].sort_values("mean", ascending=False)}
    assert [row[0] for row in texts(straight)] == sorted(COUNTRIES.values())
    assert texts(countries_table(ranked, meta)) == texts(straight)


def test_groups_are_those_of_all_countries_together_with_the_sum_last(tables, meta):
    """Girls of 15 to 17 in sexual exploitation: 0.5 x 0.5 x 0.6 of all girls and boys of every form and age."""
    body = texts(groups_table(tables, meta))
    assert [row[0] for row in body[::5]] == [
        "Sexual exploitation",
        "Forced labour",
        "Other forms",
        "All forms",
    ]
    assert [row[1] for row in body] == [*AGES, "all ages"] * 4
    data = tables["victim_groups"]
    girls = data[(data["country"] == "all") & (data["quantity"] == "new_victims") & (data["sex"] == "female")]
    found = girls[(girls["form"] == "sexual") & (girls["age"] == "15 to 17")].iloc[0]
    row = next(row for row in body if row[:2] == ["Sexual exploitation", "15 to 17"])
    assert row[2] == central(estimates(found.to_frame().T)[0]).split(" (")[0]


def test_groups_say_what_their_splits_rest_on(tables, meta):
    note = groups_table(tables, meta).note
    assert "elicited: a judgement" in note
    assert "registered children" in note
    assert "of its region" in note


def test_the_groups_of_a_single_country_are_its_own(tables, meta):
    data = tables["victim_groups"]
    alone = tables | {"victim_groups": data[data["country"] == "AUT"]}
    assert texts(groups_table(alone, meta)) != texts(groups_table(tables, meta))


def test_a_small_share_of_gdp_keeps_its_digits(tables, meta):
    """0.0006 of GDP is 0.06%, which whole percents would hide."""
    shares = [row[5] for row in texts(countries_table(tables, meta))]
    assert all(re.fullmatch(r"0\.\d+%", share) for share in shares)


def test_holdouts_count_what_lies_inside(tables, meta):
    assert "2 of 3 values" in holdout_table(tables, meta).caption


def test_printed_values_of_sources_keep_all_their_digits(tables, meta):
    assert texts(holdout_table(tables, meta))[0][1] == "328,720"


def test_a_run_without_holdouts_has_a_page_and_no_figure_of_them(tables, tmp_path):
    without = tables | {"holdout": pd.DataFrame([])}
    result = fake_result(tables=without)
    assert "0 of 0 values" in Page(write_briefing(result, tmp_path).read_text(encoding="utf-8")).words
    assert "holdouts" not in [plate.name for plate in all_plates(without, meta_of(result))]


def test_options_of_one_title_are_told_apart_by_their_keys(tables):
    """Rows are found by title once titles are in: two options of one name would be drawn as one."""
    titles = {"none": "Nothing", "a": "Schools", "b": "Schools", "c": ""}
    assert list(meta_of(fake_result(tables=tables, titles=titles)).options.values()) == [
        "Nothing",
        "Schools (a)",
        "Schools (b)",
        "c",
    ]


def test_falling_discount_rates_are_said_to_fall():
    table = pd.DataFrame({"preset": "green_book", "from_year": [0, 31, 76], "rate": [0.035, 0.03, 0.025]})
    assert discount_words(["green_book"], table) == {
        "green_book": "discounted at 3.5% a year, falling to 2.5% (green_book)"
    }


# --- files


@pytest.fixture(scope="module")
def folder(tables, meta, tmp_path_factory):
    made = tmp_path_factory.mktemp("figures")
    write_figures(tables, meta, made)
    return made


def test_each_figure_comes_as_svg_png_data_and_words(folder):
    endings = {}
    for path in folder.iterdir():
        endings.setdefault(path.stem, set()).add(path.suffix)
    assert len(endings) == 8
    assert set(map(frozenset, endings.values())) == {frozenset({".svg", ".png", ".csv", ".txt"})}


def test_svg_is_as_wide_as_an_a4_text_and_says_what_it_shows(folder):
    """170 mm are 481.89 points; title and description are what a screen reader says."""
    for path in folder.glob("*.svg"):
        root = ElementTree.parse(path).getroot()
        space = "{http://www.w3.org/2000/svg}"
        assert float(root.attrib["width"].removesuffix("pt")) == pytest.approx(170 / 25.4 * 72, abs=0.01)
        assert [root[0].tag, root[1].tag] == [f"{space}title", f"{space}desc"]
        assert len(root[1].text) > 80


def test_png_is_printed_at_300_dots_an_inch(folder):
    """170 mm at 300 dots an inch are 2007 dots; pHYs says 300 / 0.0254 = 11811 dots a metre."""
    data = (folder / "victims.png").read_bytes()
    assert struct.unpack(">I", data[16:20])[0] == pytest.approx(2007, abs=1)
    at = data.index(b"pHYs") + 4
    assert struct.unpack(">I", data[at : at + 4])[0] == pytest.approx(11811, abs=1)


def test_the_same_run_gives_the_same_bytes(folder, tables, meta, tmp_path):
    """No date, no random ids: a figure changes only if its numbers or its words do."""
    write_figures(tables, meta, tmp_path)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name


def test_data_beside_a_figure_are_the_rows_it_shows(folder, tables):
    shown = pd.read_csv(folder / "victims.csv")
    expected = tables["victims"].query("quantity != 'stock'")
    assert shown["mean"].to_numpy() == pytest.approx(expected["mean"].to_numpy())
    assert set(shown["option"]) == set(OPTIONS.values())


def test_words_beside_a_figure_hold_caption_source_alt_text_and_use(folder):
    for path in folder.glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        for words in ("Source: costmodel 0.1.0, run a1b2c3d4", "Alt text", "not a price on a child"):
            assert words in text, path.name


def test_alt_text_of_net_benefit_gives_the_share_that_loses(folder, tables, meta):
    share, _ = chance_of_loss(tables, meta, option="inform")
    found = re.search(
        r"Migration information for adolescents loses in (\d+)% of draws",
        (folder / "net_benefit.txt").read_text(),
    )
    assert float(found[1]) == pytest.approx(100 * share, abs=2.5)


def test_every_column_of_every_table_is_described(tables, tmp_path):
    dictionary = pd.read_csv(write_columns(tables, tmp_path), keep_default_na=False)
    assert len(dictionary) == sum(len(table.columns) for table in tables.values())
    assert dictionary[dictionary["meaning"].isin(["", UNDESCRIBED])].empty


def test_a_column_nobody_described_is_named_as_such():
    assert columns_table({"victims": pd.DataFrame({"new": [1]})})["meaning"].tolist() == [UNDESCRIBED]


def test_waiting_repaying_and_public_money_stand_in_one_row_an_option(tables):
    """Lost by one, two and five years, a day, the year that repays or that none does, and the gain per public euro."""
    meta = meta_of(fake_result())
    table = waiting.waiting_table(tables, meta)
    assert [row[0].text for row in table.body] == list(meta.alternatives.values())
    for row, key in zip(table.body, meta.alternatives, strict=True):
        net = headline(tables, meta, option=key, quantity="net_benefit").mean
        assert row[5].text == ("2026" if net >= 0 else "not by the end")
        bought = rows(tables["public_funds"], option=key, quantity="mvpf", discount="eu_3")["mean"].item()
        assert (row[6].text == "pays for itself") == np.isinf(bought)
    assert {row[6].text == "pays for itself" for row in table.body} == {True, False}
