"""Background work of notices."""

from datetime import timedelta

from sqlalchemy import select

from kb_service.core.context import SYSTEM, Context
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Job
from kb_service.notices import delivery, digests, preferences
from kb_service.notices.model import Awaited
from kb_service.notices.roster import escalate
from kb_service.notices.rules import kind_of

AT_ONCE = 200
KEEP = timedelta(days=90)


def watch(parts: Runtime) -> int:
    """Tells leaders what their unit has left undone for too long; each thing once."""
    now = parts.clock.now()
    with parts.database.write() as session:
        hours = preferences.patience(session)
        done = 0
        for code, limit in hours.items():
            if limit == 0:
                continue
            late = (
                select(Awaited)
                .where(
                    Awaited.settled_at.is_(None), Awaited.escalated_at.is_(None),
                    Awaited.since <= now - timedelta(hours=limit), Awaited.kind.startswith(code),
                )
                .order_by(Awaited.since)
                .limit(AT_ONCE)
                .with_for_update(skip_locked=True)
            )  # fmt: skip
            for row in session.execute(late).scalars():
                if kind_of(row.kind).code != code:
                    continue
                row.escalated_at = now
                title = f"超过 {limit} 小时未办：{row.title}"
                escalate(session, Context(SYSTEM, now), row.unit_id, row.kind, title, row.link, row.subject)
                done += 1
    return done


def purge(parts: Runtime) -> int:
    with parts.database.write() as session:
        return delivery.purge(session, parts.clock.now() - KEEP)


JOBS = (
    Job("notices.route", "按个人设置安排待发送的提醒", 2.0, delivery.route),
    Job("notices.digest", "生成到时间的每日汇总", 30.0, digests.build),
    Job("notices.deliver", "通过短信、邮件、企业微信等渠道发送提醒", 2.0, delivery.deliver, aside=True),
    Job("notices.escalate", "把久未办理的事项提醒单位负责人", 60.0, watch),
    Job("notices.purge", "清理 90 天前的发送记录", 86_400.0, purge),
)
