"""Ways in which citizens reach the service by themselves."""
