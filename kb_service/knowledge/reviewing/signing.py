"""Sign-off 审签: who signed what, as whom, from where; and the sheet that shows it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import aliased

from kb_service.core.context import Context
from kb_service.core.db import ReadSession, UtcDateTime, WriteSession
from kb_service.core.errors import Forbidden
from kb_service.identity.model import Account, Role, Unit
from kb_service.knowledge.model import Review, Version
from kb_service.knowledge.reviewing.model import ReviewFor, ReviewSignature
from kb_service.knowledge.rules import STAGE_PERMISSIONS, stage_name
from kb_service.knowledge.service import reading
from kb_service.knowledge.service.lookups import chunks, works_on
from kb_service.knowledge.service.views import VersionView
from kb_service.notices import absence

_DECISIONS: Mapping[str, str] = {"approve": "同意", "return": "退回", "pass": "转上级"}


def sign(
    session: WriteSession,
    ctx: Context,
    version_ids: Sequence[int],
    stage: str,
    absent: Mapping[int, int] | None = None,
) -> None:
    """Signs the reviews that the actor has just stored at a stage; `absent`: in whose place, by version."""
    role, unit_name = _as_whom(session, ctx, stage)
    named = {
        "name": ctx.actor.name, "role": role, "unit_name": unit_name, "source": ctx.source[:64],
    }  # fmt: skip
    for part in chunks(version_ids):
        mine = (
            Review.version_id.in_(part),
            Review.reviewer_id == ctx.actor.account_id,
            Review.stage == stage,
            Review.at == literal(ctx.now, UtcDateTime),
        )
        rows = (
            select(Review.id, *map(literal, named.values()), Version.content_hash)
            .join(Version, Version.id == Review.version_id)
            .outerjoin(ReviewSignature, ReviewSignature.review_id == Review.id)
            .where(*mine, ReviewSignature.review_id.is_(None))
        )
        columns = ["review_id", *named, "content_hash"]
        session.execute(insert(ReviewSignature).from_select(columns, rows))
    if absent:
        _sign_for(session, ctx, stage, absent)


def _sign_for(session: WriteSession, ctx: Context, stage: str, absent: Mapping[int, int]) -> None:
    rows = (
        select(Review.version_id, func.max(Review.id))
        .where(
            Review.version_id.in_(absent), Review.stage == stage, Review.reviewer_id == ctx.actor.account_id
        )
        .group_by(Review.version_id)
    )
    found = session.execute(rows).tuples().all()
    given = [{"review_id": review, "for_account_id": absent[version]} for version, review in found]
    session.execute(insert(ReviewFor), given)


def _as_whom(session: ReadSession, ctx: Context, stage: str) -> tuple[str, str]:
    """The names of the actor's roles that let it review at the stage, and of its unit."""
    wanted = {value.value: permission for value, permission in STAGE_PERMISSIONS.items()}.get(stage)
    held = session.execute(select(Role).where(Role.code.in_(ctx.actor.roles)).order_by(Role.code)).scalars()
    names = [role.name for role in held if wanted is None or wanted in role.permissions]
    unit = session.get(Unit, ctx.actor.unit_id) if ctx.actor.unit_id else None
    return "、".join(names)[:200], unit.name if unit else ""


def acting_for(session: ReadSession, ctx: Context, authors: Collection[int], wanted: int) -> int:
    """The absent person the actor says to act for, if it does stand in for them and four eyes hold."""
    account = ctx.actor.account_id
    if account is None or wanted not in absence.stands_in_for(session, account, ctx.now):
        raise Forbidden("您现在不是此人的代办人，不能代其审核。", code="not_standing_in")
    if wanted in authors:
        raise Forbidden(
            "您代办的人是本知识的编写人，不能代其审核，请由其他审核人员处理。", code="own_version"
        )
    return wanted


@dataclass(frozen=True)
class SignedStep:
    """`for_name`: the absent person in whose place it was decided; empty in one's own name."""

    at: datetime
    stage: str
    stage_name: str
    decision: str
    decision_name: str
    name: str
    for_name: str
    role: str
    unit_name: str
    source: str
    content_hash: str
    reason: str
    remarks: Mapping[str, str] = field(default_factory=dict)

    @property
    def by(self) -> str:
        return f"{self.name}代{self.for_name}审核" if self.for_name else self.name


@dataclass(frozen=True)
class Sheet:
    """`content_hash` is that of the version as it stands: each step must have signed the same."""

    view: VersionView
    content_hash: str
    steps: list[SignedStep]

    @property
    def intact(self) -> bool:
        return all(step.content_hash in ("", self.content_hash) for step in self.steps)


def sheet(session: ReadSession, ctx: Context, code: str, number: int) -> Sheet:
    """The sign-off of a version 审签单, for those who work on the unit's knowledge."""
    view = reading.get_version(session, ctx, code, number)
    if not works_on(ctx.actor, reading.unit_of(session, code)):
        raise Forbidden("只有参与该单位知识编写和审核的人员可以查看审签单。", code="out_of_scope")
    kept = select(Version.content_hash).where(Version.id == view.version_id)
    return Sheet(view, session.execute(kept).scalar_one(), steps_of(session, view.version_id))


def steps_of(session: ReadSession, version_id: int) -> list[SignedStep]:
    absent, reviewer = aliased(Account), aliased(Account)
    rows = (
        select(Review, ReviewSignature, reviewer.name, absent.name)
        .outerjoin(ReviewSignature, ReviewSignature.review_id == Review.id)
        .outerjoin(reviewer, reviewer.id == Review.reviewer_id)
        .outerjoin(ReviewFor, ReviewFor.review_id == Review.id)
        .outerjoin(absent, absent.id == ReviewFor.for_account_id)
        .where(Review.version_id == version_id)
        .order_by(Review.id)
    )
    return [
        SignedStep(
            review.at, review.stage, stage_name(review.stage), review.decision, _DECISIONS[review.decision],
            signed.name if signed else name or "", for_name or "", signed.role if signed else "",
            signed.unit_name if signed else "", signed.source if signed else "",
            signed.content_hash if signed else "", review.reason, review.remarks,
        )
        for review, signed, name, for_name in session.execute(rows)
    ]  # fmt: skip


def names_acted_for(session: ReadSession, version_ids: Collection[int]) -> dict[int, str]:
    """By review, the name of the absent person in whose place it was decided."""
    rows = (
        select(ReviewFor.review_id, Account.name)
        .join(Account, Account.id == ReviewFor.for_account_id)
        .join(Review, Review.id == ReviewFor.review_id)
        .where(Review.version_id.in_(version_ids))
    )
    return dict(session.execute(rows).tuples().all())
