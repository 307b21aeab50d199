"""A base that moves in from another system keeps its upload times, approvals and sources, with the evidence."""
