"""Hot matters, the tickets each is made of, what their numbers tell, and what was agreed about them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt

_IS_OPEN = text("closed_at IS NULL")


class HotMatter(Base):
    """`words` mark it against all other tickets. `centre` is the mean of its tickets' vectors by `encoder`, as
    16-bit numbers, from which no single text can be read back. A dismissed one goes on gathering its tickets,
    so that they do not come up again as a new one; of a merged one only the name of the other remains.
    """

    __tablename__ = "insight_matter"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    named: Mapped[bool] = mapped_column(default=False)
    words: Mapped[list[str]]
    state: Mapped[str] = mapped_column(String(10))
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("insight_matter.id"))
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    decided_at: Mapped[datetime | None]
    centre: Mapped[bytes] = mapped_column(LargeBinary)
    encoder: Mapped[str] = mapped_column(String(80))
    found_at: Mapped[datetime]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    tickets: Mapped[int]

    __table_args__ = (
        CheckConstraint("state IN ('open', 'dismissed', 'merged')", name="state"),
        CheckConstraint("(state = 'merged') = (merged_into IS NOT NULL)", name="merged"),
        Index("ix_insight_matter_state", "state", "last_at"),
    )


class MatterTicket(Base):
    """A ticket belongs to one matter at most."""

    __tablename__ = "insight_matter_ticket"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets_ticket.id"), primary_key=True)
    matter_id: Mapped[int] = mapped_column(ForeignKey("insight_matter.id"), index=True)
    closeness: Mapped[float] = mapped_column(Float)


class Trend(Base):
    """What the last run found about a matter in a place; `region_code` is the city's for the whole of it.

    `kind`: `new`, `rising` or `foreseen`. `evidence` holds the numbers the test was made of.
    """

    __tablename__ = "insight_trend"

    matter_id: Mapped[int] = mapped_column(ForeignKey("insight_matter.id"), primary_key=True)
    region_code: Mapped[str] = mapped_column(ForeignKey("identity_region.code"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    day: Mapped[date]
    ratio: Mapped[float] = mapped_column(Float)
    adjusted: Mapped[float] = mapped_column(Float)
    evidence: Mapped[dict[str, Any]]

    __table_args__ = (CheckConstraint("kind IN ('new', 'rising', 'foreseen')", name="kind"),)


class NightlyRun(Base):
    """How far a nightly job has come: the last ticket it looked at, and the day it was last through."""

    __tablename__ = "insight_nightly_run"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last_id: Mapped[int] = mapped_column(BigInt, default=0)
    through: Mapped[date | None]
    ended_at: Mapped[datetime | None]


class Consultation(Base):
    """Several units consult on a matter: who leads, by when, and what came of it. Of each one at a time."""

    __tablename__ = "insight_consultation"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    matter_id: Mapped[int] = mapped_column(ForeignKey("insight_matter.id"))
    question: Mapped[str] = mapped_column(Text)
    lead_unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"))
    due_day: Mapped[date]
    due_at: Mapped[datetime]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    opened_at: Mapped[datetime]
    reminded_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(10))
    measures: Mapped[str] = mapped_column(Text, default="")
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    closed_at: Mapped[datetime | None]

    __table_args__ = (
        CheckConstraint("outcome IN ('governed', 'agreed', 'dropped')", name="outcome"),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),
        Index(
            "uq_insight_consultation_open",
            "matter_id",
            unique=True,
            sqlite_where=_IS_OPEN,
            postgresql_where=_IS_OPEN,
        ),
        Index("ix_insight_consultation_due", "closed_at", "due_at"),
    )


class ConsultationUnit(Base):
    """A unit that takes part, the lead among them, and what it said."""

    __tablename__ = "insight_consultation_unit"

    consultation_id: Mapped[int] = mapped_column(ForeignKey("insight_consultation.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("identity_unit.id"), primary_key=True, index=True)
    opinion: Mapped[str] = mapped_column(Text, default="")
    said_by: Mapped[int | None] = mapped_column(ForeignKey("identity_account.id"))
    said_at: Mapped[datetime | None]
