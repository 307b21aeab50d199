"""Measuring an engine on a corpus made from a fixed seed."""
