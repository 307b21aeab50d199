"""Use cases of hot matters."""
