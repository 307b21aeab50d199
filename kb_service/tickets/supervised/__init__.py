"""One supervision, told in two places: in the ticket's history and among the supervisions of all matters."""
