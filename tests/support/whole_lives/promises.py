"""What must hold after every step, told from what the life itself remembers."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import select

from kb_service.app import JOBS
from kb_service.core import audit
from kb_service.core.audit import AuditRow, AuditSeal
from kb_service.core.clock import FixedClock, epoch
from kb_service.core.db import Database
from kb_service.core.errors import KbError
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Unit
from kb_service.knowledge.attachments.model import VersionAttachment
from kb_service.knowledge.attachments.store import AttachmentStore
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.service import standing
from kb_service.knowledge.indexing import drain, rebuild
from kb_service.knowledge.model import Point, Review, Version, VersionAuthor
from kb_service.knowledge.service import listing, projection, reading, searching
from kb_service.knowledge.service.listing import PointFilter
from kb_service.knowledge.service.searching import SearchParams
from kb_service.knowledge.service.views import VersionView
from search.ports import Document, SearchEngine
from tests.conftest import MORNING
from tests.support.databases import Databases
from tests.support.knowledge import PEOPLE, World
from tests.support.plain_engine import PlainEngine
from tests.support.service import make_runtime
from tests.support.whole_lives.memory import HEARD, Known, Memory

T = TypeVar("T")
_FIXED = (
    "title", "content", "audience", "roles", "access", "keywords", "effective_from", "effective_to", "release_at",
    "supersedes_code", "content_hash", "author_id", "filed_at", "created_at",
)  # fmt: skip
# Jobs that wait for other machines, or take longer than all other acts together, are tested by themselves.
_LEFT_OUT = {"knowledge.checks", "notices.deliver", "index.drain", "index.drain_batches"}


class Promises(RuleBasedStateMachine):
    def __init__(self, databases: Databases, engine: SearchEngine, folder: Path) -> None:
        super().__init__()
        self.databases, self.engine = databases, engine
        self.url = databases.copy("knowledge")
        self.clock = FixedClock(MORNING)
        self.world = World(Database(self.url), self.clock)
        parts = make_runtime(self.world.database, self.clock, folder)
        parts.engine.close()
        self.parts = Runtime(parts.settings, parts.database, parts.clock, parts.cipher, engine)
        self.files = AttachmentStore.of(parts.settings)
        self.jobs = [job for job in JOBS if job.name not in _LEFT_OUT]
        self.memory = Memory()
        self.history: dict[tuple[str, int], object] = {}
        self.types: dict[str, str] = {}
        self.batches: list[str] = []
        self.written = self.turn = 0
        self.merged = False
        self.units = {login: PEOPLE[login][0] for login in ("rsj_editor", "gaj_editor", "hb_editor")}
        with self.world.database.read() as session:
            self.unit_ids = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())

    def teardown(self) -> None:
        try:
            self.once_drained_the_index_equals_the_database()
            self.the_audit_log_is_whole()
        finally:
            self.world.database.dispose()
            self.databases.drop(self.url)
            self.engine.close()

    @contextmanager
    def act(self) -> Iterator[None]:
        """One act at an instant of its own; it may be refused. What it did is looked at at once."""
        self.clock.advance(timedelta(seconds=1))
        with suppress(KbError):
            yield
        self.learn()

    def learn(self) -> None:
        with self.world.database.read() as session:
            self.memory.learn(session, self.clock.now())
            self.types = dict(session.execute(select(Point.code, Point.type)).tuples().all())

    def view(self, each: Known) -> VersionView:
        with self.world.database.read() as session:
            return reading.one_view(session, self.clock.now(), each.code, each.number)

    def _works_on(self, viewer: str, each: Known) -> bool:
        return viewer in self.units and self.unit_ids[self.units[viewer]] == each.unit_id

    def _worked(self, viewer: str) -> set[str]:
        return {each.code for each in self.memory.known.values() if self._works_on(viewer, each)}

    # Nobody sees what they may not.

    @invariant()
    def nobody_finds_what_they_may_not(self) -> None:
        for viewer in HEARD:
            assert self._found(viewer).items() <= self._expected(viewer).items()

    def _found(self, viewer: str) -> dict[str, int]:
        with self.world.database.read() as session:
            params = SearchParams("事项的说法", limit=100)
            found = searching.search_points(session, self.world.as_(viewer), self.engine, params)
        for hit in found.hits:
            assert hit.view.title == self.memory.of(hit.code, hit.version).title
            self._tells_nothing_hidden(viewer, [note.by_code for note in hit.notes if note.by_code])
        return {hit.code: hit.version for hit in found.hits}

    def _tells_nothing_hidden(self, viewer: str, codes: list[str]) -> None:
        """Points that are named to somebody have been live and meant for them."""
        now = self.clock.now()
        for code in codes:
            told = [each for each in self.memory.known.values() if each.code == code]
            assert any(each.audience in HEARD[viewer] and self.memory.was_live(each, now) for each in told)

    def _expected(self, viewer: str) -> dict[str, int]:
        return self.memory.heard(viewer, self.clock.now(), lapsed=False)

    @invariant()
    def lists_hold_what_is_meant_for_who_asks(self) -> None:
        now = self.clock.now()
        for viewer in HEARD:
            with self.world.database.read() as session:
                page = listing.list_points(session, self.world.as_(viewer), PointFilter(), limit=500)
            worked = self._worked(viewer)
            heard = self.memory.heard(viewer, now, lapsed=True)
            others = {row.code: row.number for row in page.items if row.code not in worked}
            assert others == {code: number for code, number in heard.items() if code not in worked}
            assert {row.code for row in page.items if row.code in worked} == worked

    @invariant()
    def reading_a_point_shows_what_is_meant_for_who_reads(self) -> None:
        """One point after each step, in turn, by everybody."""
        codes = sorted({each.code for each in self.memory.known.values()})
        if codes:
            self.turn += 1
            for viewer in HEARD:
                self._reads(viewer, codes[-1 - self.turn % len(codes)])

    def _reads(self, viewer: str, code: str) -> None:
        now = self.clock.now()
        ctx = self.world.as_(viewer)
        of_point = [each for each in self.memory.known.values() if each.code == code]
        if any(self._works_on(viewer, each) for each in of_point):
            return
        live = self.memory.live(now).get(code)
        may = live is not None and live.audience in HEARD[viewer]
        with self.world.database.read() as session:
            shown = _or_none(lambda: reading.get_version(session, ctx, code))
            assert (shown.number if shown else None) == (live.number if live and may else None)
            for each in of_point[-3:]:
                one = _or_none(lambda each=each: reading.get_version(session, ctx, code, each.number))  # type: ignore[misc]
                assert (one is not None) == (may and each is live)
                if one is not None:
                    continue
                early = _or_none(
                    lambda each=each: reading.get_version(session, ctx, code, each.number, early=True)  # type: ignore[misc]
                )
                if early is not None:
                    assert viewer in each.readers, "read early by somebody not named"
                    assert each.published, "read before it was approved"
                    assert each.published.live_from > now
            past = _or_none(lambda: reading.versions(session, ctx, code)) or []
        for old in past:
            each = self.memory.of(code, old.number)
            told = viewer in each.readers and each.published is not None
            assert told or (self.memory.was_live(each, now) and each.audience in HEARD[viewer])

    # Every live version has its approvals.

    @invariant()
    def what_is_approved_was_approved_by_people_who_did_not_write_it(self) -> None:
        with self.world.database.read() as session:
            wrote: dict[int, set[int]] = {}
            for version_id, account in session.execute(
                select(VersionAuthor.version_id, VersionAuthor.account_id)
            ):
                wrote.setdefault(version_id, set()).add(account)
            reviews: dict[int, list[Review]] = {}
            for each in session.execute(select(Review).order_by(Review.id)).scalars():
                reviews.setdefault(each.version_id, []).append(each)
            rows = select(Version.id, Version.author_id).where(Version.approved_at.is_not(None))
            for version_id, author in session.execute(rows):
                decided = reviews.get(version_id, [])
                people = {each.reviewer_id for each in decided if each.decision == "approve"}
                assert people
                assert not people & {author, *wrote.get(version_id, ())}
                assert all(each.decision != "return" for each in decided)
                assert decided[-1].stage == "centre_review"
                assert len({each.stage for each in decided}) == len(decided) >= 2

    # History never changes.

    @invariant()
    def history_never_changes(self) -> None:
        with self.world.database.read() as session:
            found: dict[tuple[str, int], object] = {}
            for row in session.execute(select(Version).where(Version.filed_at.is_not(None))).scalars():
                found["version", row.id] = repr([getattr(row, name) for name in _FIXED])
                if row.approved_at:
                    found["approval", row.id] = (row.status, row.approved_at, row.live_from)
            for table in (Review, AuditRow, AuditSeal):
                for each in session.execute(select(table.__table__)):
                    found[table.__tablename__, each[0]] = repr(tuple(each))
            filed = select(VersionAttachment.__table__).join(Version).where(Version.filed_at.is_not(None))
            for each in session.execute(filed):
                found["attachment", each.id] = repr(tuple(each))
        for key, value in self.history.items():
            assert found.get(key) == value, f"{key} is not what it was"
        self.history = found

    @invariant()
    def looking_back_tells_what_was_live(self) -> None:
        now = self.clock.now()
        live = {code: each.number for code, each in self.memory.live(now).items()}
        codes = sorted({each.code for each in self.memory.known.values()})
        self.memory.said.append((now, live))
        past = [*self.memory.said[-2:], self.memory.said[self.turn % len(self.memory.said)]]
        with self.world.database.read() as session:
            for at, said in past:
                before = reading.live_versions(session, codes, at)
                assert {code: view.number for code, view in before.items()} == said
            at, said = past[-1]
            page = listing.list_points(session, self.world.as_("agent"), PointFilter(), limit=500, as_of=at)
            meant = {
                code: number
                for code, number in said.items()
                if self.memory.of(code, number).audience in HEARD["agent"]
            }
            assert {row.code: row.number for row in page.items} == meant
            params = SearchParams("事项的说法", limit=100, as_of=at)
            found = searching.search_points(session, self.world.as_("agent"), self.engine, params)
            assert {hit.code: hit.version for hit in found.hits}.items() <= meant.items()

    # What is known to be wrong is not told as if it were right.

    @invariant()
    def what_is_seriously_wrong_is_never_told_by_itself(self) -> None:
        live = self.memory.live(self.clock.now())
        with self.world.database.read() as session:
            rows = select(Correction).where(Correction.closed_at.is_(None), Correction.grade == "serious")
            for each in session.execute(rows).scalars():
                assert each.hold != "none"
                if each.point_code in live:
                    assert each.stands_on == live[each.point_code].number
                    views = reading.live_versions(session, [each.point_code], self.clock.now()).values()
                    told = standing.answerable(session, views)
                    assert (each.point_code in told) == (each.hold == "warn")

    # The index is a projection.

    @rule()
    def the_index_is_made_anew(self) -> None:
        rebuild(self.world.database, self.engine, self.clock)

    @rule()
    def a_little_is_drained(self) -> None:
        drain(self.world.database, self.engine, self.clock, limit=2)

    @rule()
    def once_drained_the_index_equals_the_database(self) -> None:
        while drain(self.world.database, self.engine, self.clock):
            pass
        for viewer in HEARD:
            assert self._found(viewer) == self._expected(viewer)
        if not isinstance(self.engine, PlainEngine):
            return
        now = self.clock.now()
        codes = sorted({each.code for each in self.memory.known.values()})
        with self.world.database.read() as session:
            changes = projection.documents_of(session, codes, 0, now)
        expected = {document for change in changes for document in change.documents}
        assert {each for each in self.engine.documents if _matters(each, epoch(now))} == expected

    def the_audit_log_is_whole(self) -> None:
        with self.world.database.write() as session:
            audit.seal(session)
        with self.world.database.read() as session:
            assert audit.verify(session).ok
            assert not audit.unsealed(session)


def _matters(document: Document, now: int) -> bool:
    """What has ended may stay in the index until its point changes again: it is filtered by each query."""
    return document.live_to > now and document.live_to > document.live_from


def _or_none(ask: Callable[[], T]) -> T | None:
    try:
        return ask()
    except KbError:
        return None
