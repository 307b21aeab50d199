"""Use cases of the evaluation of units."""
