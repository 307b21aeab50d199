"""Use cases of the checks: the run over all live versions, what it keeps, and what people decide."""
