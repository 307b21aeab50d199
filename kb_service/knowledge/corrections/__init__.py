"""Corrections 纠错: what was reported as wrong, its verification, and its repair in time."""
