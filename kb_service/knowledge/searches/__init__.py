"""What was searched for and what was chosen, without persons: where the base is weak."""
