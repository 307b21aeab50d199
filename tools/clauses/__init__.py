"""Which rule and which test carry each clause of the regulations, and whether breaking a rule shows."""
