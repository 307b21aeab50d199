"""Figures over tickets, each with what it was counted from."""
