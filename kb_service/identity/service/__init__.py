"""Use cases on units, accounts, logins and requesters, split by what they are about."""
