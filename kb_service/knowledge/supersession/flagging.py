"""Telling units whose points rest on what was replaced, once the replacement is public."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, or_, select

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.supersession import rules
from kb_service.knowledge.supersession.model import Citation, Supersession, SupersessionTold
from kb_service.knowledge.supersession.rules import Citations
from kb_service.knowledge.tasks.model import Task
from kb_service.knowledge.tasks.service import close_task, open_task
from kb_service.regulations import service as regulations
from kb_service.regulations.calendar import Period

TASK: Final = "cites_replaced"
WITHIN: Final = Period(working_days=5)
AT_ONCE = 50


@dataclass(frozen=True)
class _Replaced:
    """`articles` is empty where the whole was replaced."""

    code: str
    title: str
    articles: tuple[str, ...]
    names: Citations


def tell(session: WriteSession, ctx: Context) -> int:
    """A task for each live point that cites what has been replaced, told once for each replacing version."""
    done = 0
    for by in session.execute(_taken_effect(ctx)).all():
        points: set[str] = set()
        for replaced in _replaced_by(session, by.id, by.supersedes_code):
            points |= _ask(session, ctx, by, replaced)
        session.add(SupersessionTold(version_id=by.id, at=ctx.now, points=len(points)))
        done += 1
    return done + _close_mended(session, ctx)


def _taken_effect(ctx: Context) -> Any:
    more = exists().where(Supersession.version_id == Version.id)
    told = exists().where(SupersessionTold.version_id == Version.id)
    return (
        select(Version.id, Version.title, Version.supersedes_code, Point.code)
        .join(Point, Point.id == Version.point_id)
        .where(
            or_(Version.supersedes_code.is_not(None), more),
            Version.status == Status.APPROVED,
            Version.live_from <= ctx.now,
            or_(Version.live_to.is_(None), Version.live_to > Version.live_from),
            Version.withdrawn_at.is_(None),
            ~told,
        )
        .order_by(Version.id)
        .limit(AT_ONCE)
    )


def _replaced_by(session: ReadSession, version_id: int, supersedes: str | None) -> list[_Replaced]:
    rows = select(Supersession).where(Supersession.version_id == version_id)
    named = {row.replaced_code: rules.articles_in(row.articles) for row in session.execute(rows).scalars()}
    if supersedes:
        named[supersedes] = ()
    found: list[_Replaced] = []
    for code, articles in sorted(named.items()):
        last = session.execute(
            select(Version.title, Version.content)
            .join(Point, Point.id == Version.point_id)
            .where(Point.code == code, Version.status == Status.APPROVED)
            .order_by(Version.number.desc())
            .limit(1)
        ).one_or_none()
        if last is not None:
            names = rules.names_of(code, last.title, last.content)
            found.append(_Replaced(code, last.title, articles, names))
    return found


def _ask(session: WriteSession, ctx: Context, by: Any, replaced: _Replaced) -> set[str]:
    citing = (
        select(Point.code, Point.unit_id, Version.number, Version.title, Version.content)
        .join(Version, Version.point_id == Point.id)
        .where(
            exists().where(Citation.version_id == Version.id, _is_one_of(replaced.names)),
            live_at(ctx.now),
            Point.code.not_in([replaced.code, by.code]),
        )
        .order_by(Point.id)
    )
    due = regulations.calendar(session).due(ctx.now, WITHIN)
    asked: set[str] = set()
    for row in session.execute(citing).all():
        what = f"《{replaced.title}》{'、'.join(replaced.articles)}"
        open_task(
            session,
            ctx,
            kind=TASK,
            subject=_subject(row.code, replaced.code),
            unit_id=row.unit_id,
            title=f"核对依据：“{row.title}”引用的{what}已被替代"[:200],
            link=f"/knowledge/{row.code}?version={row.number}",
            evidence={
                "code": row.code,
                "number": row.number,
                "replaced": replaced.code,
                "replaced_title": replaced.title,
                "articles": list(replaced.articles),
                "by": by.code,
                "by_title": by.title,
                "text": rules.place_of(row.content, replaced.names),
            },
            due_at=due.due,
            due_day=due.due_day,
        )
        asked.add(row.code)
    return asked


def _is_one_of(names: Citations) -> ColumnElement[bool]:
    """A number may stand behind words that belong to the sentence, so its end is compared."""
    return or_(
        *(
            and_(
                Citation.kind == kind,
                Citation.cited.endswith(name, autoescape=True)
                if kind == "number"
                else Citation.cited == name,
            )
            for kind, name in sorted(names)
        )
    )


def _subject(citing: str, replaced: str) -> str:
    return f"point:{citing}/{replaced}"


def _close_mended(session: WriteSession, ctx: Context) -> int:
    """A later version that no longer cites what was replaced, or none at all, settles the task."""
    done = 0
    for task in (
        session.execute(select(Task).where(Task.kind == TASK, Task.closed_at.is_(None))).scalars().all()
    ):
        evidence: Mapping[str, Any] = task.evidence
        if not _still_cites(session, ctx, evidence["code"], evidence["number"], _names(session, evidence)):
            close_task(session, ctx, TASK, task.subject, "done", "现行版本已不再引用被替代的文件")
            done += 1
    return done


def _names(session: ReadSession, evidence: Mapping[str, Any]) -> Citations:
    rows = (
        select(Version.content)
        .join(Point, Point.id == Version.point_id)
        .where(Point.code == evidence["replaced"], Version.status == Status.APPROVED)
        .order_by(Version.number.desc())
        .limit(1)
    )
    content = session.execute(rows).scalar_one_or_none() or {}
    return rules.names_of(evidence["replaced"], evidence["replaced_title"], content)


def _still_cites(
    session: ReadSession, ctx: Context, code: str, number: int, names: Collection[tuple[str, str]]
) -> bool:
    live = (
        select(Version.id, Version.number)
        .join(Point, Point.id == Version.point_id)
        .where(Point.code == code, live_at(ctx.now))
    )
    now = session.execute(live).one_or_none()
    if now is None or now.number == number:
        return now is not None
    cites = select(Citation.cited).where(Citation.version_id == now.id, _is_one_of(frozenset(names)))
    return session.execute(cites.limit(1)).first() is not None
