"""A sub-centre with its feed, over the small city: what it pushes and what it reads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ingestion.feeds import schemas
from ingestion.feeds import service as feeds
from ingestion.feeds.service import publishing, watching
from kb_service.core.context import SYSTEM, Context
from kb_service.identity.schemas import UnitIn
from kb_service.identity.service import logins, people
from kb_service.knowledge.service import catalogue
from tests.support.service import Service

UNIT, CODE, SIGNER = "U-SJFZX", "sj", "王主任"
OTHER_UNIT, OTHER_CODE = "U-YLFZX", "yl"


@dataclass
class SubCentre:
    """The sub-centre's system: it holds a token and nothing else."""

    service: Service
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def ctx(self) -> Context:
        parts = self.service.parts
        with parts.database.read() as session:
            actor = logins.actor_of_token(session, parts.clock.now(), self.token)
        assert actor is not None
        return Context(actor, parts.clock.now())

    def push(self, *items: dict[str, Any], feed: str = "") -> schemas.PushOut:
        with self.service.parts.database.write() as session:
            return feeds.push(session, self.ctx(), feed, schemas.PushIn(items=list(items)))

    def one(self, item: dict[str, Any]) -> schemas.AckOut:
        return self.push(item).items[0]

    def changes(self, cursor: str = "", limit: int = 100) -> schemas.ChangesOut:
        self.publish()
        return feeds.changes(self.service.parts.database, self.ctx(), "", cursor, limit)

    def publish(self) -> None:
        parts = self.service.parts
        while publishing.publish(parts.database, parts.clock):
            pass

    def watch(self) -> int:
        parts = self.service.parts
        with parts.database.write() as session:
            return watching.watch(session, Context(SYSTEM, parts.clock.now()))

    def revoke(self) -> None:
        ctx = self.ctx()
        with self.service.parts.database.write() as session:
            logins.revoke_token(session, Context(SYSTEM, ctx.now), int(ctx.actor.via.partition(":")[2]))


def add_sub_centre(
    service: Service, unit: str = UNIT, code: str = CODE, name: str = "市场监管分中心", **agreed: Any
) -> SubCentre:
    """A unit with a reviewer and a leader, categories, a matter, a feed and its token."""
    parts = service.parts
    ctx = Context(SYSTEM, parts.clock.now())
    with parts.database.write() as session:
        people.save_unit(
            session,
            ctx,
            UnitIn(
                code=unit, name=name, parent_code="U-ZX", region_code="990000", level=2, kind="sub_centre",
                phone="0700-12315",
            ),
        )  # fmt: skip
    service.world.employ(f"{code}.reviewer", unit, "unit_reviewer")
    service.world.employ(f"{code}.leader", unit, "unit_leader")
    with parts.database.write() as session:
        catalogue.save_category(
            session,
            ctx,
            catalogue.CategoryIn(code=f"C-{code}", name=f"{name}业务", parent=None, units=[unit]),
        )
        feeds.register(
            session, ctx, schemas.FeedIn.model_validate({"code": code, "name": name, "unit": unit} | agreed)
        )
        feeds.set_signers(session, ctx, code, {SIGNER: f"{code}.reviewer"})
        token = logins.create_token(session, ctx, role="sub_centre", unit_code=unit, name=name)
    return SubCentre(service, token)


def told(
    external_id: str = "A1",
    revision: int = 1,
    answer: str = "七日内可以无理由退货。",
    *,
    at: datetime | None = None,
    signed: str | None = SIGNER,
    **shared: Any,
) -> dict[str, Any]:
    """What a sub-centre says of one question, signed off there."""
    title = shared.pop("title", f"网购退货{external_id}")
    category = shared.pop("category", f"C-{CODE}")
    outer = {key: shared.pop(key) for key in ("code", "written_by", "changed_at") if key in shared}
    content = {"type": "faq", "question": title, "answer": answer}
    point = {"title": title, "content": content, "category": category} | shared
    item: dict[str, Any] = {"id": external_id, "revision": revision, "point": point} | outer
    if signed:
        item["signed"] = {
            "by": signed,
            "at": (at or datetime.fromisoformat("2026-11-20T09:00:00+08:00")).isoformat(),
        }
    return item


def withdrawn(external_id: str = "A1", revision: int = 2) -> dict[str, Any]:
    return {"action": "withdraw", "id": external_id, "revision": revision, "reason": "业务已取消"}
