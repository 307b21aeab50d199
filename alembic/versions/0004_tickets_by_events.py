"""tickets by events

A ticket is its events, in the words of the rules of a whole life. Rows of the earlier words are
rewritten; the projection of each ticket is due at once, so that the next sweep makes it anew.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Data = dict[str, Any]
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BY_UNIT = frozenset(
    {"sign", "contact", "note", "request_return", "request_extension", "reply", "request_completion"}
)
_BY_AGENT = frozenset({"register", "answer", "supplement", "urge", "rate", "archive"})


def _decision(data: Data) -> Data:
    return {"approved": bool(data.get("approved")), "reason": str(data.get("note", ""))}


def _return(data: Data) -> Data:
    found = {"kind": "not_ours", "reason": data.get("reason", ""), "basis": data.get("basis", "")}
    return found | ({"suggested_unit": data["suggest"]} if data.get("suggest") else {})


def _answer(data: Data) -> Data:
    named = data.get("points") or ["未记录"]
    code, _, number = str(named if isinstance(named, str) else named[0]).partition("/")
    version = int(number) if number.isdigit() and int(number) else 1
    return {"code": code[:64], "version": version, "text": data.get("text", "")}


def _callback(data: Data) -> Data:
    found: Data = {"reached": bool(data.get("reached")), "text": data.get("note", "")}
    return found | ({"satisfaction": data["value"]} if data.get("value") else {})


# For each type of before: what it is called now, and how its details are said.
_WORDS: dict[str, tuple[str, Callable[[Data], Data]]] = {
    "answer": ("answer", _answer),
    "refuse": ("not_accept", lambda data: {"ground": data.get("ground", "other"), "told": True}),
    "dispatch": ("dispatch", lambda data: {"to": data.get("to")}),
    "sign": ("sign", lambda _: {}),
    "contact": (
        "contact",
        lambda data: {"reached": bool(data.get("reached")), "details": data.get("note", "")},
    ),
    "note": ("note", lambda data: {"text": data.get("text") or "—"}),
    "return_request": ("request_return", _return),
    "return_decide": ("decide_return", _decision),
    "extend_request": ("request_extension", lambda data: {"reason": data.get("reason", "")}),
    "extend_decide": ("decide_extension", _decision),
    "reply": ("reply", lambda data: {"result": data.get("text") or "—"}),
    "complete": (
        "request_completion",
        lambda data: {"result": data.get("text", ""), "basis": data.get("basis", "")},
    ),
    "complete_decide": ("decide_completion", _decision),
    "supplement": ("supplement", lambda data: {"text": data.get("text") or "—"}),
    "urge": ("urge", lambda data: {"text": data.get("text") or "—"}),
    "rate": ("rate", lambda data: {"choices": [data.get("value") or "basically_satisfied"]}),
    "callback": ("callback", _callback),
    "redo": ("redo", lambda data: {"ground": "requested", "requested": True, "reason": data.get("note", "")}),
    "close": ("archive", lambda _: {}),
}
_REMARKED = {"dispatch": "note", "refuse": "text", "rate": "note", "close": "note"}
_EVENTS = sa.table(
    "tickets_event",
    *(sa.column(name) for name in ("id", "ticket_id", "seq", "unit_id", "actor", "by", "remark")),
    sa.column("type", sa.String),
    sa.column("data", sa.JSON),
)
_TICKETS = sa.table(
    "tickets_ticket",
    *(sa.column(name) for name in ("id", "request_class", "channel", "region_code")),
    sa.column("sudden", sa.Boolean),
    sa.column("confidential", sa.Boolean),
    sa.column("derived_at", sa.DateTime(timezone=True)),
    sa.column("next_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    op.create_table(
        "tickets_unit",
        sa.Column("ticket_id", _BIG, nullable=False),
        sa.Column("unit_id", _BIG, nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_id"], ["tickets_ticket.id"], name=op.f("fk_tickets_unit_ticket_id_tickets_ticket")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["identity_unit.id"], name=op.f("fk_tickets_unit_unit_id_identity_unit")
        ),
        sa.PrimaryKeyConstraint("ticket_id", "unit_id", name=op.f("pk_tickets_unit")),
    )
    with op.batch_alter_table("tickets_unit", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_tickets_unit_unit_id"), ["unit_id"], unique=False)
    with op.batch_alter_table("tickets_event", schema=None) as batch_op:
        batch_op.add_column(sa.Column("by", sa.String(length=200), server_default="system", nullable=False))
        batch_op.add_column(sa.Column("event_id", sa.String(length=64), server_default="", nullable=False))
        batch_op.add_column(sa.Column("remark", sa.Text(), server_default="", nullable=False))
        batch_op.alter_column(
            "type",
            existing_type=sa.VARCHAR(length=20),
            type_=sa.String(length=40),
            existing_nullable=False,
        )
    with op.batch_alter_table("tickets_ticket", schema=None) as batch_op:
        batch_op.add_column(sa.Column("leading", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("card", sa.String(length=10), nullable=True))
        batch_op.add_column(sa.Column("restricted_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("derived_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("next_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_tickets_ticket_next_at"), ["next_at"], unique=False)
        batch_op.create_index("ix_tickets_ticket_requester", ["requester_id"], unique=False)
    # SQLite keeps no lengths, and would copy a table that others refer to.
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column(
            "tickets_ticket",
            "status",
            existing_type=sa.VARCHAR(length=12),
            type_=sa.String(length=20),
            existing_nullable=False,
        )
    _rewrite()


def _rewrite() -> None:
    bind = op.get_bind()
    tickets = {row.id: row for row in bind.execute(sa.select(_TICKETS))}
    units = dict(bind.execute(sa.text("SELECT id, code FROM identity_unit")).tuples().all())
    for row in bind.execute(sa.select(_EVENTS).order_by(_EVENTS.c.id)).all():
        data = json.loads(row.data) if isinstance(row.data, str) else dict(row.data or {})
        if row.type == "register":
            name, said = "register", _registered(tickets[row.ticket_id])
        else:
            name, words = _WORDS[row.type]
            said = words(data)
        remark = str(data.get(_REMARKED.get(row.type, ""), ""))
        by = _by(name, units.get(row.unit_id, ""), row.actor)
        changed = {"type": name, "data": said, "remark": remark, "by": by}
        bind.execute(sa.update(_EVENTS).where(_EVENTS.c.id == row.id).values(**changed))
    now = datetime.now(UTC)
    bind.execute(sa.update(_TICKETS).values(derived_at=now, next_at=now))


def _registered(ticket: Any) -> Data:
    return {
        "class": ticket.request_class,
        "channel": ticket.channel,
        "region": ticket.region_code,
        "essentials": ["facts"],
        "sudden": bool(ticket.sudden),
        "confidential": bool(ticket.confidential),
    }


def _by(name: str, unit: str, actor: str) -> str:
    if name in _BY_UNIT:
        return f"unit:{unit}:{actor}"
    role = "agent" if name in _BY_AGENT else "callback" if name == "callback" else "centre"
    return f"{role}::{actor}"


def downgrade() -> None:
    raise CommandError("the words of before cannot say everything that happened since; restore a backup")
