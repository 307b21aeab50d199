"""Use cases of corrections: reporting, verifying, repairing, closing, watching over the time."""
