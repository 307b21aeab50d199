"""What a change of the calendar does to open tickets: which due times moved, from when to when."""
