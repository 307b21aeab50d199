"""What the hotline has collected and a unit has yet to confirm."""
