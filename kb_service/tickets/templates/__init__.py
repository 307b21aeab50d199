"""Templates of replies by class, kept by the centre, and the reply as a unit writes it."""
