"""Knowledge base and intelligent answer service for a city's 12345 hotline."""

__version__ = "0.1.0"
