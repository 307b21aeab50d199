"""Watching over units: urging, supervision, cards, clues handed on, accountability."""
