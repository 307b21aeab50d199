"""Use cases of gaps."""
