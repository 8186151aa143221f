"""Decisions under uncertainty: one quantity a module."""
