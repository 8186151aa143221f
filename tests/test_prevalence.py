"""Incidence and detection: closed forms of the split, the masked counts, and one count against brute force."""

import dataclasses
import itertools

import numpy as np
import pytest
import xarray as xr
from model_points import evaluate, log_likelihood, point
from scipy import stats

from costmodel.errors import EvidenceError
from costmodel.evidence import harmonise
from costmodel.model import rates
from costmodel.model.prevalence import (
    MASKED_MAX,
    build_prevalence,
    capacity,
    count_data,
    hidden_estimates,
)
from costmodel.model.priors import default_priors
from costmodel.model.rates import OWN_COUNTS, OWN_ESTIMATE, REGION_ONLY, evidence_labels, split_rate

FAR = 50.0  # a cap of exp(50) on detection binds nobody


@pytest.fixture(scope="module")
def data(evidence):
    return count_data(evidence)


@pytest.fixture(scope="module")
def model(evidence):
    return build_prevalence(evidence, default_priors(evidence))


@pytest.fixture(scope="module")
def start(model):
    return point(model, spread=0.1)


@pytest.fixture(scope="module")
def values(model, start):
    return evaluate(model, start)


def test_the_split_of_a_rate_is_the_two_by_two_gaussian_update():
    """s = l + p: E[l | s] = m_l + w (s - m_l - m_p), SD s_l s_p / sqrt(s_l^2 + s_p^2), w = s_l^2 / (s_l^2 + s_p^2).

    Simulated: 200,000 pairs with s_l = 0.9, s_p = 1.2 are split from their sum; centre, spread and correlation
    with the sum are those of the pairs themselves, within 5 standard errors (0.01).
    """
    rng = np.random.default_rng(5)
    n, m_l, m_p, s_l, s_p = 200_000, -9.0, -2.0, 0.9, 1.2
    log_l, log_p = rng.normal(m_l, s_l, n), rng.normal(m_p, s_p, n)
    rate, sd = log_l + log_p, np.hypot(s_l, s_p)
    ones = np.ones(n)
    drawn = split_rate(
        rate,
        centre=(m_l + m_p) * ones,
        incidence_centre=m_l * ones,
        sd=sd * ones,
        share=s_l**2 / sd**2 * ones,
        floor=FAR,
        u=rng.uniform(size=n),
    )
    assert drawn.mean() == pytest.approx(m_l, abs=0.01)
    assert drawn.std() == pytest.approx(s_l, abs=0.01)
    assert np.corrcoef(drawn, rate)[0, 1] == pytest.approx(np.corrcoef(log_l, rate)[0, 1], abs=0.01)
    given = drawn - (m_l + s_l**2 / sd**2 * (rate - m_l - m_p))
    assert given.std() == pytest.approx(s_l * s_p / sd, abs=0.01)


def test_the_median_of_the_split_is_the_conditional_mean_where_the_cap_is_far():
    """u = 1/2, rate 1 above its centre, share 0.6: -9 + 0.6."""
    one = np.ones(1)
    found = split_rate(
        -10 * one,
        centre=-11 * one,
        incidence_centre=-9 * one,
        sd=one,
        share=0.6 * one,
        floor=FAR,
        u=0.5 * one,
    )
    assert found.item() == pytest.approx(-8.4)


def test_detection_never_passes_its_cap():
    """However high the rate and whatever the draw: rate - incidence <= log 0.7."""
    rng, n = np.random.default_rng(6), 10_000
    rate = rng.normal(-9, 3, n)
    ones = np.ones(n)
    found = split_rate(
        rate,
        centre=-11 * ones,
        incidence_centre=-9 * ones,
        sd=ones,
        share=0.6 * ones,
        floor=float(np.log(0.7)),
        u=rng.uniform(size=n),
    )
    assert np.isfinite(found).all()
    assert (rate - found <= np.log(0.7) + 1e-9).all()


def test_rows_are_counts_with_a_denominator_and_masked_cells_are_zero_to_four(evidence, data):
    """Every usable row once; a masked cell is stored as its upper end and flagged."""
    table = evidence.counts.dropna(subset=["children_low", "children_high"])
    known = set(evidence.children.index)
    expected = sum(
        (row.iso3, row.year) in known and row.iso3 in evidence.countries.index for row in table.itertuples()
    )
    assert len(data.registered) == expected
    assert (data.registered[~data.exact] == MASKED_MAX).all()
    masked = table[table["children_low"] != table["children_high"]]
    assert set(zip(masked["children_low"], masked["children_high"], strict=True)) == {(0, MASKED_MAX)}


def test_each_row_stands_where_its_indices_say(evidence, data):
    """Netherlands 2016 looked up through the indices: its count and its children."""
    row = np.flatnonzero((data.country == data.countries.index("NLD")) & (data.years[data.year] == 2016))
    assert row.size == 1
    assert data.registered[row[0]] == evidence.counts.at["NLD_2016", "children_high"]
    assert data.children[row[0]] == evidence.children.at[("NLD", 2016), "children"]
    assert data.subregions[data.subregion[row[0]]] == evidence.countries.at["NLD", "subregion"]


def test_a_definition_regime_belongs_to_one_country_and_never_to_its_last_year(data):
    """A step is against the country's own last definition: no country's regime may borrow another's step."""
    for i, name in enumerate(data.regimes):
        rows = data.regime == i
        (country,) = set(data.country[rows])
        last = data.year[data.country == country].max()
        assert data.year[rows].max() < last, name


def test_capacity_is_standardised_and_neutral_where_income_is_unknown(evidence):
    found = capacity(evidence)
    known = evidence.countries["gdp_per_capita_usd"].notna()
    assert found[known].mean() == pytest.approx(0, abs=1e-12)
    assert found[known].std() == pytest.approx(1)
    assert (found[~known] == 0).all()


def rate_of(data, values, row):
    """Log registered rate of one row: country, recording of its subregion summed back from the last year, regime."""
    steps = values["walk_step"][data.subregion[row]]
    walk = values["recording_walk_sd"] * sum(
        steps[year] for year in range(data.year[row], data.years.size - 1)
    )
    step = values["regime_break"][data.regime[row]] if data.regime[row] >= 0 else 0.0
    return values["log_registered_rate"][data.country[row]] + walk + step


def test_masked_counts_have_the_probability_of_at_most_four(data, model, start, values):
    """log P(N <= 4) of a negative binomial with mean exp(rate) x children, summed by scipy's distribution."""
    alpha, total = values["dispersion"], 0.0
    for row in np.flatnonzero(~data.exact):
        mean = np.exp(rate_of(data, values, row)) * data.children[row]
        total += stats.nbinom.logcdf(MASKED_MAX, alpha, alpha / (alpha + mean))
    found = log_likelihood(model, start, "registered_masked")["registered_masked"]
    assert found == pytest.approx(total)


def test_exact_counts_are_negative_binomial_with_the_mean_of_their_row(data, model, start, values):
    alpha, total = values["dispersion"], 0.0
    for row in np.flatnonzero(data.exact):
        mean = np.exp(rate_of(data, values, row)) * data.children[row]
        total += stats.nbinom.logpmf(int(data.registered[row]), alpha, alpha / (alpha + mean))
    found = log_likelihood(model, start, "registered")["registered"]
    assert found == pytest.approx(total)


def test_the_level_of_incidence_is_the_conditional_of_a_sum_of_normals(evidence, values):
    """log incidence | level: m_l + w (s - m_l - m_p) + s_l sqrt(1 - w) z, from the two rows of priors.csv."""
    first, second = (evidence.priors.loc[name] for name in ("log_incidence_mean", "log_detection_mean"))
    weight = first["p2"] ** 2 / (first["p2"] ** 2 + second["p2"] ** 2)
    level = values["level_all_ages"]
    expected = first["p1"] + weight * (level - first["p1"] - second["p1"])
    expected += first["p2"] * np.sqrt(1 - weight) * values["incidence_residual"]
    assert values["log_incidence_mean"] == pytest.approx(expected)


def test_every_training_estimate_is_observed_under_its_own_name(evidence, model):
    rows = evidence.estimates
    train = set(rows.index[rows["role"] == "train"])
    observed = {variable.name for variable in model.observed_RVs}
    listed = {f"{name}_at_least" for name in evidence.lists}
    assert observed == train | listed | {"registered", "registered_masked"}
    assert len(train) >= 4


def test_an_estimate_is_a_total_of_all_ages_in_its_window(evidence, data):
    """Netherlands: 6,250 a year, 5,000-7,500: log-SD log(1.5) / (2 x 1.96); all ages over children of its counts."""
    found = hidden_estimates(evidence, data)
    i = found.ids.index("mse_nld_2010_2015")
    assert np.exp(found.log_total[i]) == pytest.approx(6250)
    assert found.sd[i] == pytest.approx(np.log(1.5) / (2 * stats.norm.ppf(0.975)))
    rows = evidence.counts[(evidence.counts["iso3"] == "NLD") & evidence.counts["year"].between(2010, 2015)]
    rows = rows.dropna(subset=["children_low", "victims_low"])
    victims = (rows["victims_low"] + rows["victims_high"]).sum()
    children = (rows["children_low"] + rows["children_high"]).sum()
    assert np.exp(found.log_all_per_child[i]) == pytest.approx(victims / children)
    assert data.countries[found.country[i]] == "NLD"


def test_an_estimate_with_two_ends_only_is_centred_between_them_on_the_log_scale(evidence, data):
    """United Kingdom: 10,000 to 13,000: sqrt of the product = 11,402."""
    found = hidden_estimates(evidence, data)
    assert np.exp(found.log_total[found.ids.index("mse_gbr_2013")]) == pytest.approx(11_402, abs=1)


def log_flow(found, i, *, data, model, values):
    """Log new victims of all ages a year behind an estimate [log persons/year]."""
    place = list(model.coords["place"]).index(data.countries[found.country[i]])
    steps = values["walk_step"][data.subregion_of[found.country[i]]]
    walk = values["recording_walk_sd"] * steps[found.year[i] :].sum()
    flow = values["log_incidence_place"][place] + values["walk_incidence_share"] * walk
    return flow + found.log_children[i] + found.log_all_per_child[i] + values["log_detection_child"]


def test_the_australian_estimate_observes_flow_times_window_and_carried_stock(
    evidence, data, model, start, values
):
    """log F + log(T + omega D) + bias: one row from the values at the point, with scipy's normal."""
    found = hidden_estimates(evidence, data)
    i = found.ids.index("mse_aus_2015_2017")
    flow = log_flow(found, i, data=data, model=model, values=values)
    carried = values["carried_stock_share"] * values["duration_all_ages"]
    mean = flow + np.log(found.window[i] + carried) + values["mse_bias"]
    expected = stats.norm.logpdf(found.log_total[i], mean, np.hypot(found.sd[i], values["mse_error_sd"]))
    assert found.window[i] == 2
    assert log_likelihood(model, start, found.ids[i])[found.ids[i]] == pytest.approx(expected)


def test_lists_stand_in_the_place_of_the_result_that_was_published_of_them(
    evidence, data, model, start, values
):
    """British counts are Poisson; their total scatters about flow times (1 year + carried stock) with the bias."""
    found = hidden_estimates(evidence, data)
    i = found.ids.index("mse_gbr_2013")
    table = found.lists[i]
    assert table.n_listed == 2744
    name = found.ids[i]
    log_missing = np.log(np.exp(values[f"{name}_log_total"]) - table.n_listed)
    pairs = list(itertools.combinations(range(6), 2))
    alone, unlinked = values[f"{name}_alone"], {}
    for a, b in pairs:
        unlinked[a, b] = alone[a] + alone[b] - log_missing
    overlap, _ = table.overlap()
    known = [pair for pair in pairs if overlap[pair] >= 5]
    together = dict(zip(known, values[f"{name}_together"], strict=True))
    free = dict(zip([p for p in pairs if p not in together], values[f"{name}_interaction"], strict=True))
    log_mean = []
    for pattern in table.patterns:
        on = np.flatnonzero(pattern)
        inside = [pair for pair in pairs if set(pair) <= set(on)]
        bonds = [together[p] - unlinked[p] if p in together else free[p] for p in inside]
        log_mean.append(log_missing + sum(alone[j] - log_missing for j in on) + sum(bonds))
    expected = stats.poisson.logpmf(table.low, np.exp(log_mean)).sum()
    assert log_likelihood(model, start, name)[name] == pytest.approx(expected)


def test_the_total_of_lists_scatters_about_the_flow_of_the_years_in_which_they_were_kept(
    evidence, data, model, start, values
):
    """Dutch lists: log F + log(6 + omega D) + bias, SD of the error (grade A adds none), above 8,234 persons.

    The bound divides the density by P(N > n), and that N > n is so multiplies it by the same.
    """
    found = hidden_estimates(evidence, data)
    i = found.ids.index("mse_nld_2010_2015")
    flow = log_flow(found, i, data=data, model=model, values=values)
    mean = flow + np.log(6 + values["carried_stock_share"] * values["duration_all_ages"]) + values["mse_bias"]
    name, error = found.ids[i], values["mse_error_sd"]
    above = stats.norm.logsf(np.log(8234), mean, error)
    assert log_likelihood(model, start, f"{name}_at_least")[f"{name}_at_least"] == pytest.approx(above)
    total = model[f"{name}_log_total"]
    value = model.rvs_to_values[total]
    (density,) = model.logp(vars=[total], jacobian=False, sum=False)
    at = model.compile_fn(density, inputs=model.value_vars, on_unused_input="ignore")(start)
    assert value.name in start
    assert float(at) == pytest.approx(stats.norm.logpdf(values[f"{name}_log_total"], mean, error) - above)


def test_a_row_whose_lists_are_known_still_predicts_what_was_published(evidence, data, model, values):
    """Dutch lists were kept for six years, the published number is a yearly one: log(1 + wD), not log(6 + wD)."""
    found = hidden_estimates(evidence, data)
    i = found.ids.index("mse_nld_2010_2015")
    flow = log_flow(found, i, data=data, model=model, values=values)
    yearly = np.log(1 + values["carried_stock_share"] * values["duration_all_ages"])
    assert found.lists[i].n_listed == 8234
    assert values["estimate_prediction"][i] == pytest.approx(flow + yearly + values["mse_bias"])


def test_an_estimate_without_a_registered_child_in_its_window_is_refused(evidence, data):
    """All ages over children would be a division by zero: Serbia 2013-2016 with no child counted."""
    counts = evidence.counts.copy()
    counts.loc[counts["iso3"] == "SRB", ["children_low", "children_high"]] = 0
    with pytest.raises(EvidenceError, match=r"mse_srb_2013_2016: no registered child in its window"):
        hidden_estimates(dataclasses.replace(evidence, counts=counts), data)


@pytest.fixture(scope="module")
def small_posterior(evidence):
    """2 x 500 draws made by hand: counts in Germany and the Netherlands, an estimate in the Netherlands."""
    rng, dims, size = np.random.default_rng(12), ("chain", "draw"), (2, 500)
    subregions = sorted(evidence.countries["subregion"].unique())
    scalars = {
        "level_all_ages": (-12.0, 0.3),
        "log_detection_child": (-0.4, 0.1),
        "log_incidence_mean": (-9.4, 0.5),
        "detection_capacity": (0.7, 0.1),
    }
    data = {name: (dims, rng.normal(mean, sd, size)) for name, (mean, sd) in scalars.items()}
    data |= {"country_sd": (dims, np.full(size, 1.0)), "incidence_share": (dims, np.full(size, 0.6))}
    data["subregion_effect"] = ((*dims, "subregion"), rng.normal(0, 0.5, (*size, len(subregions))))
    data["log_registered_rate"] = ((*dims, "country"), rng.normal(-11.5, 0.2, (*size, 2)))
    data["log_incidence_place"] = ((*dims, "place"), rng.normal(-9.0, 0.3, (*size, 1)))
    coords = {"subregion": subregions, "country": ["DEU", "NLD"], "place": ["NLD"]}
    return xr.Dataset(data, coords={**coords, "chain": [0, 1], "draw": np.arange(500)})


def test_incidence_and_detection_multiply_to_the_rate_that_counts_tell(evidence, small_posterior):
    """With counts: log incidence + log detection = log registered rate, draw by draw; with an estimate as sampled."""
    found = rates.country_rates(small_posterior, evidence, seed=1)
    for name in ("DEU", "NLD"):
        both = (found["log_incidence"] + found["log_detection"]).sel(country=name)
        assert both.to_numpy() == pytest.approx(
            small_posterior["log_registered_rate"].sel(country=name).to_numpy()
        )
    assert np.array_equal(
        found["log_incidence"].sel(country="NLD"), small_posterior["log_incidence_place"].sel(place="NLD")
    )


def test_a_country_without_counts_is_drawn_about_its_subregion_and_its_capacity(evidence, small_posterior):
    """Rate = level + child term + subregion + capacity, give or take the spread of 1: within 4 standard errors."""
    name = "ISL"
    found = rates.country_rates(small_posterior, evidence, seed=1)
    effect = small_posterior["subregion_effect"].sel(subregion=evidence.countries.at[name, "subregion"])
    centre = small_posterior["level_all_ages"] + small_posterior["log_detection_child"] + effect
    centre = centre + small_posterior["detection_capacity"] * capacity(evidence)[name]
    gap = ((found["log_incidence"] + found["log_detection"]).sel(country=name) - centre).to_numpy()
    assert gap.mean() == pytest.approx(0, abs=4 / np.sqrt(1000))
    assert gap.std() == pytest.approx(1, abs=0.1)


def test_a_further_country_changes_no_country_s_draws(evidence, small_posterior):
    """Forward draws are keyed by country: without Iceland the others stay as they are."""
    fewer = dataclasses.replace(evidence, countries=evidence.countries.drop(index="ISL"))
    whole, rest = (rates.country_rates(small_posterior, each, seed=1) for each in (evidence, fewer))
    # capacity is standardised over countries, so a little of it moves; the draws themselves do not
    gap = whole["log_incidence"].sel(country="DEU") - rest["log_incidence"].sel(country="DEU")
    assert abs(gap).max() < 0.05


def test_labels_say_what_each_country_rests_on(evidence):
    labels = evidence_labels(evidence)
    assert labels["NLD"] == OWN_ESTIMATE
    assert labels["DEU"] == OWN_COUNTS
    silent = next(iso3 for iso3 in evidence.countries.index if iso3 not in set(evidence.counts["iso3"]))
    assert labels[silent] == REGION_ONLY
    assert set(labels) == set(evidence.countries.index)


def test_prior_spread_is_that_of_the_prior_where_the_cap_is_far(evidence):
    """Var(log incidence) = 1.4^2 + E[subregion^2] + E[country^2 share] by the law of total variance, if no cap bound.

    1.4^2 + 0.5^2 + 1.1^2 x 0.6 = 2.94: SD 1.71; the cap lifts a few draws, so within 10%.
    """
    priors = default_priors(evidence)
    found = rates.prior_sd(priors, evidence, n_draws=4000, seed=1)
    variance = priors["log_incidence_mean"].p2 ** 2 + priors["subregion_sd"].p1 ** 2
    share = priors["incidence_share"].p1 / (priors["incidence_share"].p1 + priors["incidence_share"].p2)
    variance += priors["country_sd"].p1 ** 2 * share
    assert np.median(found["incidence"]) == pytest.approx(np.sqrt(variance), rel=0.1)
    assert len(found["incidence"]) == len(evidence.countries)


def test_one_count_against_brute_force_over_a_grid():
    """Counts identify the rate only: 30 of 3 million children with a prior log N(-11.5, 1.5), split w = 0.6.

    Grid over log rate: posterior of the rate ~ prior x NB(30 | mean). Given it, incidence is Gaussian; so its
    posterior mean is m + w (E[rate] - centre) and its variance w (1 - w) sd^2 + w^2 Var(rate). Normal
    approximation: log 30 - log children with variance 1/30 + 1/alpha, combined with the prior by precision.
    """
    centre, sd, w, alpha, children, count = -11.5, 1.5, 0.6, 4.0, 3e6, 30
    grid = np.linspace(-20, -4, 40_001)
    mean = np.exp(grid) * children
    log_posterior = stats.norm.logpdf(grid, centre, sd) + stats.nbinom.logpmf(
        count, alpha, alpha / (alpha + mean)
    )
    weight = np.exp(log_posterior - log_posterior.max())
    weight /= weight.sum()
    rng = np.random.default_rng(8)
    rate = rng.choice(grid, size=200_000, p=weight)
    ones = np.ones(rate.size)
    drawn = split_rate(
        rate,
        centre=centre * ones,
        incidence_centre=-9.0 * ones,
        sd=sd * ones,
        share=w * ones,
        floor=FAR,
        u=rng.uniform(size=rate.size),
    )
    noise = 1 / count + 1 / alpha
    precision = 1 / noise + 1 / sd**2
    closed_rate = ((np.log(count) - np.log(children)) / noise + centre / sd**2) / precision
    closed_mean = -9.0 + w * (closed_rate - centre)
    closed_sd = np.sqrt(w * (1 - w) * sd**2 + w**2 / precision)
    assert drawn.mean() == pytest.approx(closed_mean, abs=0.1)
    assert drawn.std() == pytest.approx(closed_sd, rel=0.05)


def test_more_counting_is_not_more_knowing():
    """Certain of the rate, an analyst keeps sqrt(w (1 - w)) of the spread between countries: at w = 0.6 still 49%."""
    rng, ones = np.random.default_rng(9), np.ones(100_000)
    drawn = split_rate(
        -11 * ones,
        centre=-11 * ones,
        incidence_centre=-9 * ones,
        sd=ones,
        share=0.6 * ones,
        floor=FAR,
        u=rng.uniform(size=ones.size),
    )
    assert drawn.std() == pytest.approx(np.sqrt(0.24), rel=0.02)


def test_the_cap_of_the_model_is_the_one_of_the_table(evidence, model, start, values, data):
    """Places with an estimate keep detection below the cap at every point of the space."""
    cap = harmonise.constant(evidence, "detection_cap")
    spots = [data.countries.index(name) for name in model.coords["place"]]
    detection = values["log_registered_rate"][spots] - values["log_incidence_place"]
    assert (detection < np.log(cap)).all()
