"""Tickets that come from a provincial or national platform, with its own numbers and limits."""
