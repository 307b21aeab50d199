"""Who should handle a request, of which field and class it is: evidence, weighed and told."""
