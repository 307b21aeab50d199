"""Leaders' days and special seats: who sits there, which calls they took, what came of each."""
