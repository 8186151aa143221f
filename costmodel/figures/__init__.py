"""Drawing: functions that draw tidy tables on axes and return the axes. They read and write no files."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from costmodel.figures.checks import plot_holdouts, plot_learning, plot_places
from costmodel.figures.distributions import plot_net_benefit
from costmodel.figures.explain import plot_shares
from costmodel.figures.intervals import (
    plot_burden_by_component,
    plot_burden_by_payer,
    plot_cost_of_inaction,
)
from costmodel.figures.ledgers import STEP_MM, STEP_WORDS, plot_ledger, shown_steps
from costmodel.figures.lists import ENGINE_WORDS, plot_engines, plot_left_out_lists
from costmodel.figures.priors import plot_prior
from costmodel.figures.ranks import plot_ranks
from costmodel.figures.style import COMPONENT_WORDS, canvas, styled
from costmodel.figures.years import plot_annual_cost, plot_victims

__all__ = [
    "COMPONENT_WORDS",
    "ENGINE_WORDS",
    "STEP_MM",
    "STEP_WORDS",
    "Axes",
    "Figure",
    "canvas",
    "plot_annual_cost",
    "plot_burden_by_component",
    "plot_burden_by_payer",
    "plot_cost_of_inaction",
    "plot_engines",
    "plot_holdouts",
    "plot_learning",
    "plot_ledger",
    "plot_left_out_lists",
    "plot_net_benefit",
    "plot_places",
    "plot_prior",
    "plot_ranks",
    "plot_shares",
    "plot_victims",
    "shown_steps",
    "styled",
]
