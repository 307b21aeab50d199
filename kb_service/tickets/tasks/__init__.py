"""Work given on inside a unit, as queues: whose, by when, done or not."""
