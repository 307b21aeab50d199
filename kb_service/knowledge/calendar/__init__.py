"""Due times of corrections and tasks follow a change of the calendar."""
