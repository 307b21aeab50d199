"""Feeds of sub-centres: their points arrive in real time, and ours reach them (decision 0032)."""
