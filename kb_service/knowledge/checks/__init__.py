"""Nightly checks of the base: what they find, with evidence, and what people make of it."""
