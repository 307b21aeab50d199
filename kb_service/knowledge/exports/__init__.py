"""Knowledge that leaves the service: who allowed it, who took what."""
