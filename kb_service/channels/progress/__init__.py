"""A requester looks up by himself how far a request has come."""
