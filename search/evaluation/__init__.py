"""Measuring retrieval and confidence through the code that serves users."""
