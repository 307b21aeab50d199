"""Raising an alarm when a feed is silent, lags or fails, and closing it when the feed has recovered."""

from datetime import timedelta

from sqlalchemy import select

from ingestion.feeds.model import Feed, FeedAlarm
from ingestion.feeds.rules import ALARM_NAMES, alarms
from ingestion.feeds.service.access import select_feeds
from ingestion.feeds.service.status import healths
from kb_service.core import audit
from kb_service.core.context import Context
from kb_service.core.db import WriteSession
from kb_service.identity.model import Unit
from kb_service.identity.service import actors
from kb_service.knowledge.tasks.service import Outcome, close_task, open_task
from kb_service.notices.roster import leaders_of, on_duty
from kb_service.notices.service import notify, settle

ALARM = "feed.alarm"
LINK = "/feeds"
# The service's own target: no regulation says how soon a feed must be restored.
RESTORED_WITHIN = timedelta(hours=24)


def watch(session: WriteSession, ctx: Context) -> int:
    """Looks at every feed; returns how many alarms were raised or closed."""
    found = session.execute(select_feeds()).tuples().all()
    health = healths(session, [feed for feed, _, _ in found], ctx.now)
    standing = {
        (alarm.feed_id, alarm.kind): alarm
        for alarm in session.execute(select(FeedAlarm).where(FeedAlarm.closed_at.is_(None))).scalars()
    }
    done = 0
    for feed, _, unit in found:
        ails = alarms(health[feed.id], ctx.now) if feed.active else {}
        for kind in ALARM_NAMES:
            alarm = standing.get((feed.id, kind))
            if kind in ails and alarm is None:
                _raise(session, ctx, feed, unit, kind, ails[kind])
            elif kind not in ails and alarm is not None:
                _close(session, ctx, feed, alarm)
            else:
                continue
            done += 1
    return done


def _raise(session: WriteSession, ctx: Context, feed: Feed, unit: Unit, kind: str, detail: str) -> None:
    session.add(FeedAlarm(feed_id=feed.id, kind=kind, detail=detail[:200], opened_at=ctx.now))
    session.flush()
    title = f"分中心数据{ALARM_NAMES[kind]}：{feed.name}，{detail}"
    centre = on_duty(session, "centre", ctx.now) or [
        each.id for each in actors.holders(session, "feed.manage")
    ]
    people = {*centre, *leaders_of(session, unit.id)}
    notify(session, ctx, people, ALARM, title, LINK, _subject(feed, kind))
    # What is overdue is supervised, and counts in the unit's score, like any other task of a unit.
    open_task(
        session,
        ctx,
        kind=_task(kind),
        subject=f"feed:{feed.code}",
        unit_id=unit.id,
        title=f"恢复分中心数据报送：{feed.name}（{ALARM_NAMES[kind]}）",
        link=LINK,
        evidence={"feed": feed.code, "alarm": kind, "detail": detail},
        due_at=ctx.now + RESTORED_WITHIN,
    )
    audit.record(
        session, ctx, "feed.alarm_raised", f"feed:{feed.code}", after={"kind": kind, "detail": detail}
    )


def _close(session: WriteSession, ctx: Context, feed: Feed, alarm: FeedAlarm) -> None:
    alarm.closed_at = ctx.now
    session.flush()
    settle(session, ctx, _subject(feed, alarm.kind), ALARM)
    recovered = "数据通道已恢复" if feed.active else "数据通道已停用"
    outcome: Outcome = "done" if feed.active else "dropped"
    close_task(session, ctx, _task(alarm.kind), f"feed:{feed.code}", outcome, recovered)
    audit.record(session, ctx, "feed.alarm_closed", f"feed:{feed.code}", after={"kind": alarm.kind})


def _task(kind: str) -> str:
    return f"feed.{kind}"


def _subject(feed: Feed, kind: str) -> str:
    return f"feed:{feed.code}:{kind}"
