"""Use cases of duties."""
