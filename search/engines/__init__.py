"""Engines behind the port `search.ports.SearchEngine`."""
