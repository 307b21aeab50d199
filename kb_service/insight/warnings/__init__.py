"""Risk warnings: what in figures and matters calls for somebody, whom it was told, and what they did."""
