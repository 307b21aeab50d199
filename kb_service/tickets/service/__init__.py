"""Use cases of tickets: registering, acting on one, reading them."""
