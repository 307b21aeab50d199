"""Versions made ready outside a transaction, and written all at once inside one."""
