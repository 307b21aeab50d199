"""The hand of editors on what is found: pins, boosts, stop-outs and questions a point does not answer."""
