"""Hot matters: tickets alike over places and time, which of them rise, and which are foreseen."""
