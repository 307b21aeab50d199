"""Webhooks: other systems follow what happens here, told by signed requests, each until it was taken."""
