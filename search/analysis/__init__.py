"""How text becomes terms: normal form, words, bigrams, queries and passages."""
