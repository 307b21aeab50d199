"""Who reviews what: chains, turns, sign-off, and scripts published at once."""
