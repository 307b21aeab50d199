"""A ticket's state, clocks and possible actions, derived from its history. Pure.

`life` is the whole life under any city's profile; simulation runs on it. The modules beside it are the
smaller set of events that the service's own routes and screens take.
"""
