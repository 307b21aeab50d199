"""Measures the nightly checks on pairs made from real texts."""
