"""What a running conversation gives: the likely question, hits, the fields of a ticket, and what is missing."""
