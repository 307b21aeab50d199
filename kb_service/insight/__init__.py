"""What the requests tell: statistics, evaluation, hot matters, gaps, bulletins."""
