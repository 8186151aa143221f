"""Scenario files: the question an analyst asks, read strictly, held against the evidence, written back."""

from costmodel.scenario.checking import change_priors, check_scenario, scenario_evidence
from costmodel.scenario.format import SCHEMA, PriorChange, Scenario, years
from costmodel.scenario.levers import UNLIMITED, Lever, lever_path
from costmodel.scenario.option import Option, Overlap
from costmodel.scenario.own_programme import OwnProgramme, Quantiles, UnitCost
from costmodel.scenario.paths import BaselinePaths
from costmodel.scenario.reading import read_priors, read_scenario, scenario_from_table
from costmodel.scenario.template import template, write_new
from costmodel.scenario.writing import dump_scenario, scenario_json_schema, write_json_schema

__all__ = [
    "SCHEMA",
    "UNLIMITED",
    "BaselinePaths",
    "Lever",
    "Option",
    "Overlap",
    "OwnProgramme",
    "PriorChange",
    "Quantiles",
    "Scenario",
    "UnitCost",
    "change_priors",
    "check_scenario",
    "dump_scenario",
    "lever_path",
    "read_priors",
    "read_scenario",
    "scenario_evidence",
    "scenario_from_table",
    "scenario_json_schema",
    "template",
    "write_json_schema",
    "write_new",
    "years",
]
