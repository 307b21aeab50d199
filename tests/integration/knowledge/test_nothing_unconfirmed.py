"""Whatever people try, in whatever order: nothing collected is live before its unit has confirmed it."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from kb_service.core.clock import FixedClock
from kb_service.core.context import Context
from kb_service.core.db import Database, WriteSession
from kb_service.core.errors import KbError
from kb_service.identity.model import Account, Unit
from kb_service.knowledge.candidates.model import Candidate, CandidateConfirmation
from kb_service.knowledge.candidates.service import confirming, placing
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service import drafts, filing, review
from tests.support.candidates import ANSWER, ASKED, collect
from tests.support.databases import Databases
from tests.support.knowledge import World, build_world, faq

AT = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
DOERS = ("zx_manager", "zx_reviewer", "rsj_editor", "rsj_reviewer", "gaj_editor", "agent")
DECIDING = ("confirm", "merge", "reject", "hand_on", "designate")
WRITING = ("edit", "next", "submit", "approve", "discard")
# Runs that come far enough to matter: the ordinary way, with anything in between.
STEP = st.tuples(st.sampled_from(DECIDING + WRITING), st.sampled_from(DOERS))
WAY = [
    ("confirm", "rsj_editor"),
    ("discard", "rsj_editor"),
    ("next", "zx_manager"),
    ("edit", "zx_manager"),
    ("submit", "zx_manager"),
    ("approve", "rsj_reviewer"),
    ("approve", "zx_reviewer"),
]


@pytest.mark.clause("MZ-19.2")
@settings(max_examples=10)
@given(steps=st.lists(STEP, max_size=14), cuts=st.lists(st.booleans(), min_size=len(WAY), max_size=len(WAY)))
def test_nothing_collected_is_live_before_its_unit_has_confirmed_it(
    databases: Databases, steps: list[tuple[str, str]], cuts: list[bool]
) -> None:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    url = databases.copy("knowledge")
    database = Database(url)
    try:
        world = World(database, FixedClock(AT))
        world.publish(faq("养老保险缴费", "每月十五日前缴纳。"))
        collect(world, answer=ANSWER)
        for act, who in [*steps, *(each for each, kept in zip(WAY, cuts, strict=True) if kept)]:
            with contextlib.suppress(KbError), database.write() as session:
                _do(session, world.as_(who), act)
            assert _live_without_the_unit(database) == []
    finally:
        database.dispose()
        databases.drop(url)


def _do(session: WriteSession, ctx: Context, act: str) -> None:
    """One thing somebody tries; most of it is refused."""
    code = session.execute(select(Candidate.code).order_by(Candidate.id.desc())).scalars().first() or ""
    newest = select(Point.code, Version.number, Version.lock).join(Point, Point.id == Version.point_id)
    point, number, lock = session.execute(newest.order_by(Version.id.desc())).first() or ("", 0, 0)
    again = faq(ASKED, f"{ANSWER}另须预约。")
    ways: dict[str, Callable[[], object]] = {
        "confirm": lambda: confirming.confirm(session, ctx, code, faq(ASKED, ANSWER)),
        "merge": lambda: confirming.merge(session, ctx, code, point),
        "reject": lambda: confirming.reject(session, ctx, code, "不属实"),
        "hand_on": lambda: placing.hand_on(session, ctx, code, "U-GAJ", "不归我们"),
        "designate": lambda: placing.designate(session, ctx, code, "U-RSJ", "按职责指定"),
        "edit": lambda: drafts.edit_draft(session, ctx, point, number, again, lock=lock),
        "next": lambda: drafts.next_draft(session, ctx, point),
        "submit": lambda: filing.submit(session, ctx, point, number),
        "approve": lambda: review.decide(session, ctx, point, number, "approve"),
        "discard": lambda: drafts.discard(session, ctx, point, number),
    }
    ways[act]()


def _live_without_the_unit(database: Database) -> list[str]:
    """Points that tell what was collected, or a question of it, without their own unit's word or writers."""
    with database.read() as session:
        rows = session.execute(
            select(Point.code, Point.unit_id, Version.content, Account.unit_id.label("wrote"))
            .join(Version, Version.point_id == Point.id)
            .join(Account, Account.id == Version.author_id)
            .where(Version.live_from.is_not(None))
        ).all()
        words = session.execute(
            select(CandidateConfirmation.unit_id, Unit.kind)
            .join(Account, Account.id == CandidateConfirmation.account_id)
            .join(Unit, Unit.id == Account.unit_id)
        ).all()
    said = {unit for unit, kind in words if kind != "centre"}
    collected = [row for row in rows if ANSWER in str(row.content.get("answer"))]
    return [row.code for row in collected if row.unit_id not in said or row.wrote != row.unit_id]
