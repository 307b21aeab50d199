"""Use cases of warnings."""
