"""Points driven at random through their whole life: what must hold after every step.

What ought to be live is told by a simulation that walks through the events in the order of time, and
knows nothing of windows.
"""

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from kb_service.core.clock import FixedClock, epoch, local_day
from kb_service.core.db import Database
from kb_service.core.errors import KbError
from kb_service.knowledge.indexing import drain, rebuild
from kb_service.knowledge.model import Review, Version, VersionAuthor
from kb_service.knowledge.service import drafts, projection, reading, release, searching
from kb_service.knowledge.service.lookups import access_tokens
from kb_service.knowledge.service.review import Decision
from kb_service.knowledge.service.views import VersionView
from search.engines.embedded import EmbeddedEngine
from search.ports import Document, SearchEngine
from tests.conftest import KIND, MORNING
from tests.support.databases import Databases
from tests.support.knowledge import PEOPLE, World, build_world, faq
from tests.support.plain_engine import PlainEngine
from tests.support.simulated import Published, simulate

EDITORS = ("rsj_editor", "gaj_editor", "hb_editor")
VIEWERS = ("public", "agent", "confidant")
DAY = timedelta(days=1)
AUDIENCES: dict[str, dict[str, Any]] = {
    "public": {"audience": "public"},
    "agents": {"audience": "agents"},
    "restricted": {"audience": "restricted", "roles": ["confidential_handler"]},
}
ALL_THE_WAY = 4
# A life on PostgreSQL takes four times as long, and what differs there shows in a few.
LIVES = 30 if KIND == "sqlite" else 8
how_far = st.sampled_from([0, 1, 2, ALL_THE_WAY, ALL_THE_WAY, ALL_THE_WAY])


def may_hear(viewer: str, each: Published, now: datetime) -> bool:
    lapsed = each.effective_to is not None and local_day(now) > each.effective_to
    heard = {"public": {"public"}, "agent": {"public", "agents"}, "confidant": set(AUDIENCES)}
    return not lapsed and each.audience in heard[viewer]


def _editor_of(version: VersionView) -> str:
    return next(login for login in EDITORS if PEOPLE[login][0] == version.unit_code)


class Life(RuleBasedStateMachine):
    def __init__(self, databases: Databases, engine: SearchEngine, close: Callable[[], None]) -> None:
        super().__init__()
        self.databases, self.engine, self.close = databases, engine, close
        self.url = databases.copy("knowledge")
        self.clock = FixedClock(MORNING)
        self.world = World(Database(self.url), self.clock)
        self.versions: list[VersionView] = []
        self.published: list[Published] = []
        self.history: dict[int, tuple[Any, ...]] = {}
        self.said: list[tuple[datetime, dict[str, int]]] = []

    def teardown(self) -> None:
        self.world.database.dispose()
        self.databases.drop(self.url)
        self.engine.close()
        self.close()

    def _tick(self) -> None:
        """No two events fall on the same instant."""
        self.clock.advance(timedelta(seconds=1))

    def _pick(self, data: st.DataObject, *statuses: str) -> VersionView:
        waiting = [each for each in self.versions if each.status in statuses]
        return data.draw(st.sampled_from(waiting))

    def _has(self, *statuses: str) -> bool:
        return any(each.status in statuses for each in self.versions)

    def _reread(self, version: VersionView) -> None:
        with self.world.database.read() as session:
            fresh = reading.one_view(session, self.clock.now(), version.code, version.number)
        old = [each for each in self.versions if each.version_id == version.version_id]
        for each in old:
            self.versions.remove(each)
        self.versions.append(fresh)

    def _words(self, data: st.DataObject, by: str, own: str | None) -> Any:
        today = local_day(self.clock.now())
        release = data.draw(st.sampled_from([None, None, 1, 2, 4]))
        ends = data.draw(st.sampled_from([None, None, -1, 0, 2]))
        unit = PEOPLE[by][0]
        others = sorted({each.code for each in self.versions if each.unit_code == unit and each.code != own})
        supersedes = data.draw(st.sampled_from([None, *others]))
        unique = len(self.versions)
        return faq(
            f"事项{unique}",
            f"事项的答案{unique}",
            release_at=self.clock.now() + release * DAY + timedelta(milliseconds=unique) if release else None,
            effective_to=today + ends * DAY if ends is not None else None,
            supersedes=supersedes,
            **AUDIENCES[data.draw(st.sampled_from(sorted(AUDIENCES)))],
        )

    def _write(self, data: st.DataObject, by: str, code: str | None, how_far: int) -> None:
        """Writes a version and takes it so many steps towards publication."""
        self._tick()
        with suppress(KbError):
            version = self.world.draft(self._words(data, by, code), by=by, code=code)
            self.versions.append(version)
            self._forward(version, by, how_far)

    def _forward(self, version: VersionView, by: str, how_far: int) -> None:
        steps: list[Callable[[], VersionView]] = [lambda: self.world.submit(version, by=by)]
        steps += [
            lambda login=login: self.world.decide(version, login)  # type: ignore[misc]
            for login in ("rsj_reviewer", "dh_reviewer", "zx_reviewer")
        ]
        for step in steps[:how_far]:
            self._tick()
            with suppress(KbError):
                decided = step()
                if decided.status == "approved":
                    self._note(decided)
        self._reread(version)

    @initialize(data=st.data())
    def begin_with_some_points(self, data: st.DataObject) -> None:
        for by in EDITORS:
            self._write(data, by, None, ALL_THE_WAY)

    @rule(data=st.data(), by=st.sampled_from(EDITORS), how_far=how_far)
    def write_a_point(self, data: st.DataObject, by: str, how_far: int) -> None:
        self._write(data, by, None, how_far)

    @precondition(lambda self: self._has("approved", "returned", "discarded"))
    @rule(data=st.data(), how_far=how_far)
    def write_the_next_version(self, data: st.DataObject, how_far: int) -> None:
        version = self._pick(data, "approved", "returned", "discarded")
        self._write(data, _editor_of(version), version.code, how_far)

    @precondition(lambda self: self._has("draft", "unit_review", "region_review", "centre_review"))
    @rule(data=st.data())
    def take_to_its_end(self, data: st.DataObject) -> None:
        version = self._pick(data, "draft", "unit_review", "region_review", "centre_review")
        self._forward(version, _editor_of(version), ALL_THE_WAY)

    @precondition(lambda self: self._has("draft"))
    @rule(data=st.data(), by=st.sampled_from([*EDITORS, "rsj_second", "rsj_reviewer", "zx_manager"]))
    def edit(self, data: st.DataObject, by: str) -> None:
        self._tick()
        version = self._pick(data, "draft")
        words = version.draft().model_copy(update={"title": f"{version.title}改"})
        with suppress(KbError), self.world.database.write() as session:
            drafts.edit_draft(
                session, self.world.as_(by), version.code, version.number, words, lock=version.lock
            )
        self._reread(version)

    @precondition(lambda self: self._has("draft"))
    @rule(data=st.data(), by=st.sampled_from(EDITORS))
    def submit(self, data: st.DataObject, by: str) -> None:
        self._tick()
        version = self._pick(data, "draft")
        with suppress(KbError):
            self.world.submit(version, by=by)
        self._reread(version)

    @precondition(lambda self: self._has("unit_review", "region_review", "centre_review"))
    @rule(
        data=st.data(),
        by=st.sampled_from(sorted(PEOPLE)),
        decision=st.sampled_from(["approve", "approve", "approve", "return"]),
    )
    def review(self, data: st.DataObject, by: str, decision: Decision) -> None:
        self._tick()
        version = self._pick(data, "unit_review", "region_review", "centre_review")
        with suppress(KbError):
            decided = self.world.decide(version, by, decision, "请改")
            if decided.status == "approved":
                self._note(decided)
        self._reread(version)

    def _note(self, version: VersionView) -> None:
        now = self.clock.now()
        went_live = max(now, version.release_at) if version.release_at else now
        assert version.uploaded_at == went_live
        self.published.append(
            Published(
                version.code,
                version.number,
                now,
                went_live,
                version.supersedes,
                version.audience,
                version.effective_to,
            )
        )

    @precondition(lambda self: self.published)
    @rule(data=st.data(), whole=st.booleans())
    def withdraw(self, data: st.DataObject, whole: bool) -> None:
        self._tick()
        each = data.draw(st.sampled_from(self.published))
        number = None if whole else each.number
        with suppress(KbError), self.world.database.write() as session:
            taken = release.withdraw(session, self.world.as_("zx_manager"), each.code, "有误", number=number)
            for other in self.published:
                if other.code == each.code and other.number in taken:
                    other.withdrawn_at = self.clock.now()

    @precondition(lambda self: self._has("approved", "returned", "discarded"))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        self._tick()
        old = self._pick(data, "approved", "returned", "discarded")
        with suppress(KbError), self.world.database.write() as session:
            restored = drafts.restore(session, self.world.as_("zx_manager"), old.code, old.number)
            self.versions.append(restored)

    @precondition(lambda self: self._has("draft", "unit_review"))
    @rule(data=st.data(), by=st.sampled_from(EDITORS))
    def discard(self, data: st.DataObject, by: str) -> None:
        self._tick()
        version = self._pick(data, "draft", "unit_review")
        with suppress(KbError), self.world.database.write() as session:
            drafts.discard(session, self.world.as_(by), version.code, version.number)
        self._reread(version)

    @rule(step=st.sampled_from([timedelta(minutes=1), timedelta(hours=9), DAY, 3 * DAY]))
    def wait(self, step: timedelta) -> None:
        self.clock.advance(step)

    @rule(limit=st.integers(1, 3))
    def drain_a_little(self, limit: int) -> None:
        drain(self.world.database, self.engine, self.clock, limit=limit)

    @rule()
    def rebuild(self) -> None:
        rebuild(self.world.database, self.engine, self.clock)

    def _found(self, viewer: str) -> dict[str, int]:
        with self.world.database.read() as session:
            found = searching.search_points(
                session, self.world.as_(viewer), self.engine, searching.SearchParams("事项", limit=100)
            )
        assert found.degraded in (None, "keyword")
        return {hit.code: hit.version for hit in found.hits}

    def _expected(self, viewer: str) -> dict[str, int]:
        now = self.clock.now()
        live = simulate(self.published, now)
        return {code: each.number for code, each in live.items() if may_hear(viewer, each, now)}

    @invariant()
    def nobody_finds_what_they_may_not_see(self) -> None:
        for viewer in VIEWERS:
            assert self._found(viewer).items() <= self._expected(viewer).items()

    @rule()
    def once_drained_everyone_finds_all_that_is_meant_for_them(self) -> None:
        while drain(self.world.database, self.engine, self.clock):
            pass
        for viewer in VIEWERS:
            assert self._found(viewer) == self._expected(viewer)
        self._index_equals_database()

    def _index_equals_database(self) -> None:
        if not isinstance(self.engine, PlainEngine):
            return
        now = self.clock.now()
        codes = sorted({each.code for each in self.versions})
        with self.world.database.read() as session:
            changes = projection.documents_of(session, codes, 0, now)
        expected = {document for change in changes for document in change.documents}
        assert {each for each in self.engine.documents if _matters(each, now)} == expected

    @invariant()
    def every_live_version_was_approved_by_somebody_who_did_not_write_it(self) -> None:
        with self.world.database.read() as session:
            approved = session.execute(select(Version).where(Version.status == "approved")).scalars().all()
            for version in approved:
                wrote = {version.author_id}
                others = select(VersionAuthor.account_id).where(VersionAuthor.version_id == version.id)
                wrote |= set(session.execute(others).scalars())
                decided = select(Review.reviewer_id).where(
                    Review.version_id == version.id, Review.decision == "approve"
                )
                reviewers = set(session.execute(decided).scalars())
                assert reviewers
                assert not reviewers & wrote

    @invariant()
    def history_never_changes(self) -> None:
        with self.world.database.read() as session:
            rows = session.execute(select(Version).where(Version.filed_at.is_not(None))).scalars().all()
            for row in rows:
                words = (row.title, row.content, row.audience, row.effective_to, row.filed_at, row.author_id)
                assert self.history.setdefault(row.id, words) == words
            assert set(self.history) == {row.id for row in rows}
            live = {
                code: view.number
                for code, view in reading.live_versions(
                    session, [each.code for each in self.published], self.clock.now()
                ).items()
            }
            assert live == {
                code: each.number for code, each in simulate(self.published, self.clock.now()).items()
            }
            self.said.append((self.clock.now(), live))
            for at, said in self.said[-4:]:
                before = reading.live_versions(session, [each.code for each in self.published], at)
                assert {code: view.number for code, view in before.items()} == said


def _matters(document: Document, now: datetime) -> bool:
    """What has ended may stay in the index until its point changes again: it is filtered by each query."""
    return document.live_to > epoch(now) and document.live_to > document.live_from


def run(
    databases: Databases, make: Callable[[], tuple[SearchEngine, Callable[[], None]]], lives: int, steps: int
) -> None:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    how = settings(max_examples=lives, stateful_step_count=steps, print_blob=True)
    run_state_machine_as_test(lambda: Life(databases, *make()), settings=how)  # type: ignore[arg-type]  # any factory will do


def test_life_over_an_index_one_can_see_through(databases: Databases) -> None:
    run(databases, lambda: (PlainEngine(), lambda: None), lives=LIVES, steps=40)


def test_life_over_the_embedded_engine(databases: Databases, tmp_path: Path) -> None:
    def make() -> tuple[SearchEngine, Callable[[], None]]:
        return EmbeddedEngine(tmp_path / "index"), lambda: shutil.rmtree(tmp_path / "index")

    run(databases, make, lives=6, steps=25)


def test_the_viewers_of_this_test_are_those_of_the_rules(databases: Databases) -> None:
    databases.build("knowledge", build_world, start="empty") if not databases.has("knowledge") else None
    url = databases.copy("knowledge")
    world = World(Database(url), FixedClock(MORNING))
    tokens = {viewer: access_tokens(world.as_(viewer).actor) for viewer in VIEWERS}
    world.database.dispose()
    databases.drop(url)
    assert tokens["public"] == {"public"}
    assert tokens["agent"] == {"public", "agents", "role:agent"}
    assert "role:confidential_handler" in tokens["confidant"]
