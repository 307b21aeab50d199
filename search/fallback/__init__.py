"""What was probably meant by words that nothing is found for."""
