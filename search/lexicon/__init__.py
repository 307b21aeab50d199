"""How people say what officials write otherwise: the project's own lexicon."""
