"""People, categories and words for tests of knowledge, over the small city."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, text

from kb_service.core.clock import Clock
from kb_service.core.context import PUBLIC, SYSTEM, Actor, Context
from kb_service.core.db import Database, WriteSession
from kb_service.identity.model import Account, AccountRole, Unit
from kb_service.identity.schemas import AccountIn
from kb_service.identity.service import actors, people
from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.service import catalogue, drafts, filing, review
from kb_service.knowledge.service.views import VersionView
from tests.support.city import small_city

# The public security bureau has one named person; the others have reviewers of their own.
PEOPLE = {
    "rsj_editor": ("U-RSJ", "unit_editor"),
    "rsj_second": ("U-RSJ", "unit_editor"),
    "rsj_reviewer": ("U-RSJ", "unit_reviewer"),
    "gaj_editor": ("U-GAJ", "unit_editor"),
    "hb_editor": ("U-HBJD", "unit_editor"),
    "dh_reviewer": ("U-DHQ", "region_reviewer"),
    "zx_reviewer": ("U-ZX", "centre_reviewer"),
    "zx_second": ("U-ZX", "centre_reviewer"),
    "zx_manager": ("U-ZX", "knowledge_manager"),
    "agent": ("U-ZX", "agent"),
    "confidant": ("U-ZX", "confidential_handler"),
}
HOLDERS = ["U-RSJ", "U-GAJ", "U-HBJD", "U-ZX"]
LONG_AGO = datetime.fromisoformat("2026-01-01T00:00:00+08:00")


def build_world(database: Database) -> None:
    ctx = Context(SYSTEM, LONG_AGO)
    small_city(database, ctx)
    with database.write() as session:
        units = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
        for number, (login, (unit, role)) in enumerate(PEOPLE.items(), 1):
            account = {"id": number, "login": login, "name": login, "unit_id": units[unit], "active": True}
            rest = {"password_hash": "-", "demo": False, "created_at": LONG_AGO, "failures": 0}
            session.execute(insert(Account).values(account | rest))
            session.execute(insert(AccountRole).values(account_id=number, role_code=role, officer=False))
        _go_on_after(session, len(PEOPLE))
        for code, name, parent, holders in (
            ("C1", "社会保障", None, []),
            ("C11", "养老保险", "C1", HOLDERS),
            ("C12", "失业保险", "C1", ["U-RSJ"]),
            ("C2", "公安政务", None, []),
            ("C21", "户籍", "C2", ["U-GAJ"]),
        ):
            data = catalogue.CategoryIn(code=code, name=name, parent=parent, units=holders)
            catalogue.save_category(session, ctx, data)
        catalogue.save_matter(
            session,
            ctx,
            catalogue.MatterIn(
                code="M1",
                name="养老保险参保",
                category="C11",
                unit="U-RSJ",
                region_units={"990101": "U-DHQ"},
                keywords=["退休"],
                risk="money",
            ),
        )


def _go_on_after(session: WriteSession, number: int) -> None:
    """PostgreSQL gives numbers by itself and does not see the ones that were given by hand."""
    if session.dialect_name == "postgresql":
        session.execute(
            text("SELECT setval(pg_get_serial_sequence('identity_account', 'id'), :last)"), {"last": number}
        )


class World:
    """The small city with its people, at the clock's present instant."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database = database
        self.clock = clock
        self._actors: dict[str, Actor] = {"public": PUBLIC}

    def as_(self, login: str) -> Context:
        """The context of one of PEOPLE, or of `public`."""
        if login not in self._actors:
            with self.database.read() as session:
                account = session.execute(select(Account).where(Account.login == login)).scalar_one()
                self._actors[login] = actors.of_account(session, account, "session")
        return Context(self._actors[login], self.clock.now())

    def employ(self, login: str, unit: str, *roles: str) -> int:
        """One more person, with a password that nobody checks; gives their account."""
        data = AccountIn(
            login=login, name=login, unit_code=unit, roles=list(roles), password="a-long-password"
        )
        with self.database.write() as session:
            ctx = Context(SYSTEM, self.clock.now())
            return people.add_account(session, ctx, data, password_hash="-").id

    def draft(self, words: PointDraft, *, by: str = "rsj_editor", code: str | None = None) -> VersionView:
        with self.database.write() as session:
            return drafts.create_draft(session, self.as_(by), PEOPLE[by][0], words, code=code)

    def submit(self, version: VersionView, *, by: str = "rsj_editor") -> VersionView:
        with self.database.write() as session:
            return filing.submit(session, self.as_(by), version.code, version.number)

    def decide(
        self, version: VersionView, by: str, decision: review.Decision = "approve", remark: str = ""
    ) -> VersionView:
        with self.database.write() as session:
            return review.decide(
                session, self.as_(by), version.code, version.number, decision, remarks={"": remark}
            )

    def publish(
        self,
        words: PointDraft,
        *,
        by: str = "rsj_editor",
        code: str | None = None,
        reviewers: Sequence[str] = ("rsj_reviewer", "zx_reviewer"),
    ) -> VersionView:
        """Written, submitted and approved by everyone whose review it needs."""
        version = self.submit(self.draft(words, by=by, code=code), by=by)
        for reviewer in reviewers:
            version = self.decide(version, reviewer)
        return version


def faq(title: str = "怎样办理退休", answer: str = "本人到市民之家三楼办理。", **shared: Any) -> PointDraft:
    similar = shared.pop("similar", [])
    content = {"type": "faq", "question": title, "answer": answer, "similar_questions": similar}
    return PointDraft.model_validate({"title": title, "content": content, "category": "C11"} | shared)


def agency(title: str, *, category: str = "C11", **content: Any) -> PointDraft:
    return PointDraft.model_validate(
        {"title": title, "content": {"type": "agency"} | content, "category": category}
    )


def script(title: str, text: str = "正在抢修，预计今晚恢复。", **shared: Any) -> PointDraft:
    content = {"type": "script", "event": title, "text": text}
    return PointDraft.model_validate({"title": title, "content": content, "category": "C11"} | shared)


def policy(title: str, text: str = "第一条 甲。\n第二条 乙。\n第三条 丙。", **shared: Any) -> PointDraft:
    said = {key: shared.pop(key) for key in ("document_number", "interpretation") if key in shared}
    content = {"type": "policy", "issuer": "市人力资源和社会保障局", "full_text": text} | said
    return PointDraft.model_validate({"title": title, "content": content, "category": "C11"} | shared)
