"""Keeping cases, trying them, and letting changes through that break none."""
