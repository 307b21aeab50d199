"""Use cases of the public chat. Whoever is logged in on the same machine, it knows what is public and no more."""
