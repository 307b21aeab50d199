"""Use cases of candidates, one file each."""
