"""Queries of which it is known what must be found: tried by hand, each night, and before a change goes live."""
