"""Reading the lexicon and changing it behind the golden set."""
