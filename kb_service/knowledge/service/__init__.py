"""Use cases on knowledge points, split by what they are about."""
