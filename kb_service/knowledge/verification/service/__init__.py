"""Use cases of verification and audits."""
