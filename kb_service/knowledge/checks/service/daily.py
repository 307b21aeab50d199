"""Checks that depend on the day, found again from the tables each night."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, exists, func, select

from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.checks import rules
from kb_service.knowledge.checks.model import Link, LinkUse
from kb_service.knowledge.checks.service import keeping, seeing
from kb_service.knowledge.checks.service.keeping import Found, Side
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.rules import Status
from kb_service.knowledge.service.conditions import live_at
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.supersession.model import Citation
from kb_service.knowledge.supersession.rules import Citations, names_of, place_of

AFTER_FAILURES: Final = 3
_AT_ONCE: Final = 500


def _again(session: WriteSession, ctx: Context, check_id: str, found: Sequence[Found]) -> int:
    opened = keeping.keep(session, ctx, found)
    return opened + keeping.drop_unseen_since(session, ctx, check_id, ctx.now)


def expired(session: WriteSession, ctx: Context) -> int:
    day = local_day(ctx.now)
    found = [
        _dated("expired", row, f"有效期至 {row.effective_to}，已经过了")
        for row in _live(session, ctx, Version.effective_to < day)
    ]
    return _again(session, ctx, "expired", found)


def expiring(session: WriteSession, ctx: Context) -> int:
    day = local_day(ctx.now)
    soon = and_(Version.effective_to >= day, Version.effective_to <= day + rules.SOON)
    found = [_dated("expiring", row, f"有效期至 {row.effective_to}") for row in _live(session, ctx, soon)]
    return _again(session, ctx, "expiring", found)


def _live(session: ReadSession, ctx: Context, *where: ColumnElement[bool]) -> Sequence[Row[Any]]:
    rows = (
        select(Version.id, Version.number, Version.title, Version.effective_to, Point.code, Point.unit_id)
        .join(Point, Point.id == Version.point_id)
        .where(Version.status == Status.APPROVED, live_at(ctx.now), *where)
        .order_by(Version.id)
    )
    return session.execute(rows).all()


def _side(row: Row[Any]) -> Side:
    return Side(row.id, row.unit_id, row.code, row.number, row.title)


def _dated(check_id: str, row: Row[Any], detail: str) -> Found:
    side = _side(row)
    return Found(check_id, (side,), "", [str(row.effective_to)], {"detail": detail, "sides": [side.shown()]})


def lapsed_basis(session: WriteSession, ctx: Context) -> int:
    """Versions in force that name a policy of the base which is no longer: lapsed, superseded or withdrawn."""
    standing, over = _policies(session, ctx)
    found = [
        each
        for some in chunks(sorted(over.keys() - standing), _AT_ONCE)
        for each in _citing(session, ctx, {name: over[name] for name in some})
    ]
    return _again(session, ctx, "lapsed_basis", found)


def _policies(session: ReadSession, ctx: Context) -> tuple[set[tuple[str, str]], dict[tuple[str, str], str]]:
    """The names of policies in force, and of those that were once, with what became of them."""
    columns = (Version.id, Version.title, Version.effective_to, Version.superseded_at, Version.live_to)
    number = func.json_extract(Version.content, "$.document_number")
    if session.dialect_name == "postgresql":
        number = Version.content["document_number"].as_string()
    rows = (
        select(
            Point.code, *columns, number.label("document_number"), seeing.eligible(ctx.now).label("stands")
        )
        .join(Point, Point.id == Version.point_id)
        .where(Point.type == "policy", Version.status == Status.APPROVED, Version.live_from <= ctx.now)
        .order_by(Version.id)
    )
    standing: set[tuple[str, str]] = set()
    over: dict[tuple[str, str], str] = {}
    for row in session.execute(rows):
        names = names_of(row.code, row.title, {"document_number": row.document_number})
        if row.stands:
            standing |= names
        else:
            over |= dict.fromkeys(names, _why(row))
    return standing, over


def _why(row: Row[Any]) -> str:
    if row.superseded_at is not None:
        return f"《{row.title}》（{row.code}）已被新的文件替代"
    if row.effective_to is not None:
        return f"《{row.title}》（{row.code}）有效期至 {row.effective_to}"
    return f"《{row.title}》（{row.code}）已经下架"


def _citing(session: ReadSession, ctx: Context, over: Mapping[tuple[str, str], str]) -> Iterator[Found]:
    wanted = {cited for _, cited in over}
    rows = session.execute(
        select(Citation.version_id, Citation.kind, Citation.cited)
        .join(Version, Version.id == Citation.version_id)
        .where(Citation.cited.in_(wanted), seeing.eligible(ctx.now))
    ).all()
    cited: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for version_id, kind, name in rows:
        if (kind, name) in over:
            cited[version_id].add((kind, name))
    for seen in seeing.seen(session, cited).values():
        # One finding for each document, whether it is cited by its title, its number or both.
        told = {over[name]: name for name in sorted(cited[seen.side.version_id])}
        for why, name in told.items():
            resting = _resting(seen, name, why)
            if f"（{seen.side.code}）" not in why and resting is not None:
                yield resting


def _resting(seen: seeing.Seen, name: tuple[str, str], why: str) -> Found | None:
    """Nothing where the text itself says that the document is repealed."""
    names: Citations = frozenset([name])
    text = place_of(seen.version.content.model_dump(mode="json"), names) or name[1]
    at = text.find(name[1])
    if "废止" in text[at:]:
        return None
    marks = [(at, at + len(name[1]))] if at >= 0 else []
    evidence = {"detail": why, "sides": [seen.side.shown(text, marks)]}
    return Found("lapsed_basis", (seen.side,), name[1], [name[1], why], evidence)


def dead_links(session: WriteSession, ctx: Context) -> int:
    """Addresses that failed each of the last few nights, so that one bad night accuses nobody."""
    dead = {
        link.fingerprint: link
        for link in session.execute(select(Link).where(Link.failures >= AFTER_FAILURES)).scalars()
    }
    found = [_dead(side, dead[fingerprint]) for side, fingerprint in _using(session, ctx, dead)]
    return _again(session, ctx, "link_dead", found)


def _using(session: ReadSession, ctx: Context, fingerprints: Collection[str]) -> Iterator[tuple[Side, str]]:
    for part in chunks(sorted(fingerprints)):
        use = exists().where(LinkUse.version_id == Version.id, LinkUse.fingerprint.in_(part))
        sides = {row.id: _side(row) for row in _live(session, ctx, use)}
        uses = select(LinkUse.version_id, LinkUse.fingerprint).where(LinkUse.fingerprint.in_(part))
        for version_id, fingerprint in session.execute(uses.order_by(LinkUse.version_id)):
            if version_id in sides:
                yield sides[version_id], fingerprint


def _dead(side: Side, link: Link) -> Found:
    why = f"返回 {link.status}" if link.status else link.trouble
    evidence = {
        "detail": f"连续 {AFTER_FAILURES} 次打不开：{why}",
        "sides": [side.shown(link.url, [(0, len(link.url))])],
    }
    return Found("link_dead", (side,), link.url, [link.url, why], evidence)


CHECKS_OF_THE_DAY: Final[tuple[Callable[[WriteSession, Context], int], ...]] = (
    expired,
    expiring,
    lapsed_basis,
    dead_links,
)
