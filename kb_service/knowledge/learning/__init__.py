"""What use teaches: wordings of a point, entries of the lexicon, rows to train the ranker on."""
