"""Figures show what they are given; nothing on them overlaps, is cut off, or is told by colour alone."""

import itertools

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from fake_tables import COMPARATOR, COUNTRIES, OPTIONS, fake_result, fake_tables
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from costmodel import figures
from costmodel.briefing import meta_of
from costmodel.briefing.ledgers import plate_ledger
from costmodel.briefing.plates import all_plates
from costmodel.evidence.ledger import ledgers
from costmodel.evidence.priors import WEIGHT, default_priors, merge_priors
from costmodel.figures.style import MARKERS, SERIES, axis_label, label, scale_of, series_style, spread

N_UNION = 27
NAMES = (
    "cost_of_inaction",
    "net_benefit",
    "victims",
    "burden_by_component",
    "burden_by_payer",
    "annual_cost",
    "learning",
    "holdouts",
)


@pytest.fixture(scope="module")
def tables():
    return fake_tables()


@pytest.fixture(scope="module")
def plates(tables):
    """Figures of three runs: plain; all warnings and 27 countries; small amounts in long words."""
    union = fake_tables(countries={f"C{i:02}": f"Country number {i:02}" for i in range(N_UNION)})
    titled = {
        key: f"{title}, and all that goes with it in each of the countries" for key, title in OPTIONS.items()
    }
    runs = {
        "plain": fake_result(tables=tables),
        "warned": fake_result(tables=union, fictional=True, converged=False),
        "small": fake_result(tables=fake_tables(size=9e4), titles=titled),
    }
    return {
        (run, plate.name): plate
        for run, result in runs.items()
        for plate in all_plates(dict(result.tables), meta_of(result))
    }


@pytest.fixture
def ax():
    """Axes of a figure that is closed after the test."""
    with figures.styled():
        figure, axes = plt.subplots()
    yield axes
    plt.close(figure)


def drawn_texts(figure):
    """Every text that is seen: tick labels outside the axis limits exist, but are never drawn."""
    FigureCanvasAgg(figure).draw()
    hidden = set()
    for axes in figure.axes:
        for axis, limits in ((axes.xaxis, sorted(axes.get_xlim())), (axes.yaxis, sorted(axes.get_ylim()))):
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not limits[0] <= tick.get_loc() <= limits[1]:
                    hidden |= {tick.label1, tick.label2}
    texts = [
        text for text in figure.findobj(Text) if text.get_visible() and text.get_text() and text not in hidden
    ]
    return [(text.get_text(), text.get_window_extent()) for text in texts]


@pytest.mark.parametrize("run", ["plain", "warned", "small"])
@pytest.mark.parametrize("name", NAMES)
def test_no_text_is_cut_off_or_lies_on_another(plates, run, name):
    check_texts(plates[run, name].draw(170.0, False))


def check_texts(figure):
    """A pixel of tolerance: boxes of neighbouring labels may touch."""
    boxes = drawn_texts(figure)
    for text, box in boxes:
        assert box.x0 >= -1 and box.y0 >= -1, text
        assert box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1, text
    for (one, first), (other, second) in itertools.combinations(boxes, 2):
        across = min(first.x1, second.x1) - max(first.x0, second.x0)
        down = min(first.y1, second.y1) - max(first.y0, second.y0)
        assert across <= 1 or down <= 1, f"{one!r} lies on {other!r}"


@pytest.mark.parametrize("name", NAMES)
def test_figure_is_as_wide_as_the_text_of_an_a4_page(plates, name):
    """170 mm are 170 / 25.4 = 6.69 inches."""
    assert plates["plain", name].draw(170.0, False).get_figwidth() == pytest.approx(170 / 25.4)


@pytest.mark.parametrize("name", NAMES)
def test_terms_stand_on_the_figure_itself(plates, name):
    """A figure travels without its page: the run is on it, and the warnings are on it in words."""
    texts = " ".join(
        text.replace("\n", " ") for text, _ in drawn_texts(plates["warned", name].draw(170.0, False))
    )
    assert "FICTIONAL SCENARIO. NOT CONVERGED." in texts
    assert "Run a1b2c3d4" in texts
    if name not in {"learning", "holdouts"}:  # about logs and about other studies: no prices, no estimand
        assert "Estimand A" in texts
    if name not in {"learning", "holdouts", "victims"}:  # nor have counts of children a price year
        assert "2024" in texts


def test_series_differ_by_line_and_by_lightness_where_colour_is_missing():
    """Neighbours differ in style, and the first three by a fifth of the way from black to white at least."""
    styles = [str(series["linestyle"]) for series in SERIES]
    assert len(set(styles)) == len(styles)
    red, green, blue = np.array([matplotlib.colors.to_rgb(series["color"]) for series in SERIES[:3]]).T
    lightness = 0.299 * red + 0.587 * green + 0.114 * blue
    assert abs(lightness[0] - lightness[1]) > 0.2
    assert len({matplotlib.colors.to_hex(series["color"]) for series in SERIES}) == len(SERIES)


def test_given_axes_are_drawn_on_and_returned(tables, ax):
    shown = tables["learning"]
    assert figures.plot_learning(shown, ax=ax) is ax
    assert len(plt.get_fignums()) == 1


def test_axes_are_made_where_none_are_given(tables):
    made = figures.plot_holdouts(tables["holdout"])
    assert made.figure.get_figwidth() == pytest.approx(170 / 25.4)
    plt.close(made.figure)


def test_settings_of_others_are_left_alone(tables, ax):
    before = dict(matplotlib.rcParams)
    figures.plot_learning(tables["learning"], ax=ax)
    assert dict(matplotlib.rcParams) == before


def test_canvas_is_unknown_to_the_window_manager():
    """A run makes many figures: none may stay in memory, or open a window."""
    before = plt.get_fignums()
    figures.canvas(height_mm=50)
    assert plt.get_fignums() == before


def row(**changes):
    return {"unit": "EUR2024", "mean": 3e9, "low": 1e9, "mid": 2e9, "high": 8e9, "mcse": 1e7, **changes}


def test_cost_of_inaction_is_drawn_in_the_unit_its_axis_names(ax):
    """Mean 3, median 2 and spend 4 billion euros; an interval from 1 to 8."""
    data = pd.DataFrame([row(option="Guardians")])
    spend = pd.DataFrame([row(option="Guardians", mean=4e9)])
    figures.plot_cost_of_inaction(data, spend=spend, ax=ax)
    drawn = {
        line.get_marker(): line.get_xdata()[0] for line in ax.lines if line.get_marker() in ("o", "|", "D")
    }
    assert drawn == {"o": 3, "|": 2, "D": 4}
    assert [tuple(segment[:, 0]) for segment in ax.collections[0].get_segments()] == [(1, 8)]
    assert ax.get_xlabel() == "Cost of inaction, EUR billion (2024 prices)"


def test_spend_is_matched_by_option_and_not_by_place(ax):
    """The spend of the first option is 1 billion, whatever the order of the rows."""
    data = pd.DataFrame([row(option="first"), row(option="second")])
    spend = pd.DataFrame([row(option="second", mean=2e9), row(option="first", mean=1e9)])
    figures.plot_cost_of_inaction(data, spend=spend, ax=ax)
    diamonds = next(line for line in ax.lines if line.get_marker() == "D")
    assert diamonds.get_xdata().tolist() == [1, 2]


def test_share_below_zero_is_added_up_from_the_bins(ax):
    """Bins of 10% and 20% below zero, 70% above: the option loses in 30% of draws."""
    bins = pd.DataFrame(
        {"option": "a", "bin_low": [-2.0, -1.0, 0.0], "bin_high": [-1.0, 0.0, 1.0], "share": [0.1, 0.2, 0.7]}
    )
    figures.plot_net_benefit(bins, unit="EUR2024", ax=ax)
    assert "loses in 30%\nof draws" in [text.get_text() for text in ax.texts]


def test_bins_on_both_sides_of_zero_are_refused(ax):
    bins = pd.DataFrame({"option": ["a"], "bin_low": [-1.0], "bin_high": [1.0], "share": [1.0]})
    with pytest.raises(ValueError, match="1 bins lie on both sides of zero"):
        figures.plot_net_benefit(bins, ax=ax)


def test_accountings_are_never_drawn_as_one(tables, ax):
    mixed = tables["annual_cost"]
    with pytest.raises(ValueError, match="pass the rows of one accounting"):
        figures.plot_annual_cost(mixed[mixed["option"] == COMPARATOR], ax=ax)


def test_countries_stand_in_alphabetical_order_whatever_their_values(tables, ax):
    shuffled = tables["learning"].assign(country=lambda table: table["country"].map(COUNTRIES))
    figures.plot_learning(shuffled.sort_values("posterior_sd"), ax=ax)
    assert [tick.get_text() for tick in ax.get_yticklabels()] == sorted(COUNTRIES.values())


def test_predictions_are_multiples_of_what_was_printed(ax):
    """Printed 50, predicted 100 (25 to 200): twice the printed value, from a half to four times."""
    data = pd.DataFrame(
        [{"id": "x", "printed": 50.0, "low": 25.0, "mid": 100.0, "high": 200.0, "inside": True}]
    )
    figures.plot_holdouts(data, ax=ax)
    assert next(line for line in ax.lines if line.get_marker() == "|").get_xdata().tolist() == [2.0]
    assert [tuple(segment[:, 0]) for segment in ax.collections[0].get_segments()] == [(0.5, 4.0)]


def test_dollars_in_a_title_are_money_and_not_mathematics():
    """Between two dollar signs matplotlib would set mathematics, and fail on this."""
    figure, _ = figures.canvas(height_mm=50, title=r"Costs $5 \frac and not $6")
    assert any("$5" in text for text, _ in drawn_texts(figure))


def test_labels_are_moved_apart_and_keep_their_order():
    """Law: no two labels overlap, none lies below the floor, and the order of their places is kept."""
    rng = np.random.default_rng(2)
    for _ in range(200):
        n = int(rng.integers(1, 8))
        wanted, sizes = rng.uniform(0, 1, n), rng.uniform(0.05, 0.3, n)
        placed = spread(list(wanted), sizes=list(sizes))
        order = np.argsort(wanted)
        lower, upper = (placed - sizes / 2)[order], (placed + sizes / 2)[order]
        assert (lower[1:] >= upper[:-1] - 1e-9).all()
        assert lower[0] >= -1e-9


def test_labels_that_are_apart_stay_where_they_belong():
    assert spread([0.2, 0.9], sizes=[0.1, 0.1]).tolist() == pytest.approx([0.2, 0.9])


@pytest.mark.parametrize(
    ("largest", "word"),
    [(4.2e12, "trillion"), (4.2e9, "billion"), (9e6, "million"), (3e5, "thousand"), (9e4, "")],
)
def test_axis_takes_the_word_of_its_largest_amount(largest, word):
    assert scale_of([-largest, 1.0, float("nan")]).word == word


def test_axis_of_amounts_names_currency_scale_and_price_year():
    assert axis_label("Cost", "EUR2024/year", "million") == "Cost, EUR million a year (2024 prices)"


def test_long_labels_end_in_an_ellipsis_instead_of_running_on():
    lines = label("word " * 40, width=20, lines=2).split("\n")
    assert len(lines) == 2
    assert lines[-1].endswith("…")


@pytest.fixture(scope="module")
def ledger_steps(evidence):
    return ledgers(evidence)


def test_no_text_of_a_ledger_is_cut_off_or_lies_on_another(ledger_steps):
    """Every anchor that trains or tests the model: costs, shares and ratios."""
    for _, steps in ledger_steps.groupby("anchor"):
        plate = plate_ledger(steps, title="A study with a long name of its own, of a place, 2020", source="x")
        check_texts(plate.draw(170.0, False))


def test_a_ledger_is_drawn_from_its_first_step_in_the_unit_of_the_model(ledger_steps, ax):
    """Steps in money are left out; a bar spans the values around a step; the diamond is the end value."""
    steps = ledger_steps[ledger_steps["anchor"] == "au_cm_2016_financial"]
    figures.plot_ledger(steps, ax=ax)
    shown = figures.shown_steps(steps)
    assert "valuation" not in set(
        shown["name"]
    )  # quality of life came in at the reference value: nothing moved
    assert [tick.get_text() for tick in ax.get_yticklabels()][:2] == ["Relative to GDP", "Scope"]
    spans = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    before = [shown["value"].iloc[0], *shown["value"].iloc[:-1]]
    assert spans == [pytest.approx(pair) for pair in zip(before, shown["value"], strict=True)]
    diamond = next(line for line in ax.lines if line.get_marker() == "D")
    assert diamond.get_xdata()[0] == pytest.approx(shown["value"].iloc[-1])


def test_the_words_of_a_ledger_say_what_it_shows(ledger_steps):
    """For who cannot see the figure: printed value in full, each factor, the end."""
    steps = ledger_steps[ledger_steps["anchor"] == "uk_cm_2017_unit"]
    caption = plate_ledger(steps, title="A study", source="somebody").caption
    assert "as printed: 89,390 GBP/victim" in caption.alt and "Scope: times" in caption.alt
    assert "not a price on a child" in caption.text


def test_no_text_of_a_prior_is_cut_off_or_lies_on_another(evidence):
    """Every prior of the package, and one with a reason that is far too long for a figure."""
    priors = default_priors(evidence)
    long = merge_priors(priors, {"delta_sex": {"q05": -1000.5, "q95": 2000, "reason": "because of it " * 90}})
    drawn = [*(prior for prior in priors.values() if prior.family != WEIGHT), long["delta_sex"]]
    for prior in drawn:
        made = figures.plot_prior(prior).figure
        check_texts(made)
        plt.close(made)


def test_a_prior_is_drawn_with_its_interval_and_its_reason(evidence, ax):
    """A normal with mean 0 and SD 0.3 has 90% within 1.645 x 0.3 = 0.493 of 0."""
    prior = default_priors(evidence)["delta_sex"]
    assert figures.plot_prior(prior, ax=ax) is ax
    assert ax.get_xlabel() == "delta_sex, normal\nmedian 0, 90% interval -0.493 to 0.493"
    assert ax.get_title(loc="left") == "Log ratio female/male of tangible cost at equal form."
    filled = ax.collections[0].get_paths()[0].vertices
    assert filled[:, 0].max() == pytest.approx(0.493, abs=0.01)
    assert filled[:, 1].max() == pytest.approx(1 / (0.3 * np.sqrt(2 * np.pi)), rel=1e-3)


def test_a_weight_has_nothing_to_draw(evidence):
    with pytest.raises(ValueError, match="kappa_weight is a weight of 20, not a distribution"):
        figures.plot_prior(default_priors(evidence)["kappa_weight"])


def test_ranks_are_drawn_as_their_distance_from_uniform(ax):
    """Four bins: 10, 0, 0, 10 of 20 replicates; below the edges .25, .5, .75 lies half each: .25, 0, -.25."""
    data = pd.DataFrame([[10, 0, 0, 10], [5, 5, 5, 5]], columns=[f"bin_{i:02}" for i in range(4)])
    edge = np.array([0.25, 0.5, 0.75])
    limits = {
        "edge": edge,
        "low": edge - 0.2,
        "high": edge + 0.2,
        "low_all": edge - 0.3,
        "high_all": edge + 0.3,
    }
    figures.plot_ranks(data, band=pd.DataFrame(limits), ax=ax)
    drawn = [np.asarray(line.get_ydata()) for line in ax.get_lines()]
    assert any(np.allclose(line, [0.25, 0, -0.25]) for line in drawn if line.shape == (3,))
    assert any(np.allclose(line, 0) for line in drawn if line.shape == (3,))


def test_as_many_options_as_the_presets_hold_look_different() -> None:
    """Seven, and one of the author's own: by colour, by line and by marker, each."""
    looks = [series_style(i) for i in range(8)]
    assert len({look["color"] for look in looks}) == 8
    assert len({str(look["linestyle"]) for look in looks}) == 8
    assert len({*MARKERS}) == len(SERIES) >= 8


@pytest.mark.parametrize("dpi", [72, 110, 300])
def test_a_note_of_wide_words_stays_inside_the_figure(dpi: int) -> None:
    """At the width of a page, the longest line ends before the edge, however letters are fitted to dots."""
    words = (
        "Above: share of each component of the mean. Below: Shapley share of the variance of the log; line: "
    )
    words += "two Monte Carlo errors each way; more than 99% is explained."
    figure, _ = figures.canvas(height_mm=60, note=words)
    figure.set_dpi(dpi)
    drawn = FigureCanvasAgg(figure)
    drawn.draw()
    (note,) = figure.texts
    assert note.get_window_extent(drawn.get_renderer()).x1 <= figure.bbox.x1
