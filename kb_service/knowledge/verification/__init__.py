"""Owners say that points are still right; auditors look whether they are; searchers see a mark of trust."""
