"""Use cases of feeds."""

from ingestion.feeds.service.pulling import changes
from ingestion.feeds.service.pushing import push
from ingestion.feeds.service.registering import change, register, set_signers
from ingestion.feeds.service.status import feeds, items, timeliness

__all__ = ["change", "changes", "feeds", "items", "push", "register", "set_signers", "timeliness"]
