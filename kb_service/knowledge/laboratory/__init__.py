"""The laboratory: one query under two configurations side by side."""
