"""Calling wrong answers back: whom a version reached, and telling each of them what is right."""
