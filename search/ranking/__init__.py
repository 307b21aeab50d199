"""Ordering candidates: features of each, a tuned sum of them, and what is shown of a hit."""
