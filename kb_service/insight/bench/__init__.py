"""How fast tickets are swept, listed and counted, on a base of simulated lives."""
