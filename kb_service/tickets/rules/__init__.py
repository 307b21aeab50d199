"""A ticket's state, clocks and possible actions, derived from its history. Pure.

The rules are those of the profile in force when the ticket was registered; the numbers of its clocks
come from there with their clauses.
"""
