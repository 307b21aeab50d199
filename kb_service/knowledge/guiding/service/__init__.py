"""Saying and ending guidance, and handing it to search."""
