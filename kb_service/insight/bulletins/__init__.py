"""Bulletins: what a city's regulation has reported month by month or quarter by quarter."""
