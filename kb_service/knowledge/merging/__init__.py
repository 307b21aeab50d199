"""Two people write on one draft: what both said is brought together word by word."""
