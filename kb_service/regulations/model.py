"""Tables: the city's calendar and each change to it, continued rules, numbers supplied, and the rules tickets were registered under."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from kb_service.core.db import Base, BigInt


class CalendarOverride(Base):
    """One day the city works or rests otherwise than the State Council's notice says."""

    __tablename__ = "regulations_calendar_override"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class AnnouncedYear(Base):
    """A year whose notice the city has entered completely before the library knew it."""

    __tablename__ = "regulations_announced_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    basis: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class CalendarChange(Base):
    """One change to the calendar, whole: what there was of the city's own before and after it.

    `kind`: `override`, `remove` or `notice`. `days` are those worked otherwise from then on. Due times are
    compared by it, in the order of the ids; never changed.
    """

    __tablename__ = "regulations_calendar_change"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    year: Mapped[int]
    days: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class Continuation(Base):
    """The deployment's record that a city's rules go on after their last day."""

    __tablename__ = "regulations_continuation"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    profile: Mapped[str] = mapped_column(String(64), index=True)
    until: Mapped[date] = mapped_column(Date)
    basis: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(String(120))
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class SuppliedNumber(Base):
    """A number that a city's regulation leaves open and the deployment has set."""

    __tablename__ = "regulations_supplied_number"

    profile: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int]
    basis: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime]


class ProfileRevision(Base):
    """The content of a profile as it was when a ticket was first registered under it.

    Kept as text on PostgreSQL: what people choose from comes in the order of the file, which JSONB does not keep.
    """

    __tablename__ = "regulations_profile_revision"

    profile: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[str] = mapped_column(String(16), primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime]
