"""Use cases of exports, one file each."""
