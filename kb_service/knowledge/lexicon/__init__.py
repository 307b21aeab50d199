"""The colloquial-to-official lexicon as the city keeps it: the shipped entries and what people changed."""
