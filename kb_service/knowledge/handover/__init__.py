"""Who keeps a unit's knowledge: changes of staff filed with the office, and work handed over."""
