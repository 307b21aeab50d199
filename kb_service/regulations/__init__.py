"""A city's regulation as data, and the calendar its periods run on."""
