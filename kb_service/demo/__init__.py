"""The invented city a new base starts with: data files, and what brings them in."""
