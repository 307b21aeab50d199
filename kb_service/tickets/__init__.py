"""The ticket's life: a history of events, and a state that pure rules derive from it."""
