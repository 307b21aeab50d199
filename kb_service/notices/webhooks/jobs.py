"""Background work of webhooks."""

from datetime import timedelta

from sqlalchemy import delete

from kb_service.core.db import affected
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.notices.webhooks.model import WebhookDelivery
from kb_service.notices.webhooks.service import sending

KEEP = timedelta(days=90)


def purge(parts: Runtime) -> int:
    """What was given up stays as long, for somebody to send it again."""
    over = (WebhookDelivery.status != "waiting", WebhookDelivery.ended_at < parts.clock.now() - KEEP)
    with parts.database.write() as session:
        return affected(session, delete(WebhookDelivery).where(*over))


JOBS = (
    Job("webhooks.send", "把工单、纠错的变化推送给订阅的系统", 1.0, sending.send, aside=True),
    Job("webhooks.purge", "清理 90 天前的推送记录", 86_400.0, purge),
)
