"""Making the models that ship, from data that may ship, reproducibly."""
