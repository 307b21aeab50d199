"""Knowledge gaps: what is asked and not answered, and what becomes of it."""
