"""Tickets of before are told in the words of the rules of a whole life."""

from pathlib import Path

import pytest
from alembic import command
from alembic.util import CommandError
from sqlalchemy import select, text

from kb_service.core import migrations
from kb_service.core.db import Database
from kb_service.tickets.model import Ticket, TicketEvent
from kb_service.tickets.rules.life import KINDS, Actor

TICKET = (
    "INSERT INTO tickets_ticket (id, code, request_class, channel, region_code, title, text, confidential, sudden,"
    " profile_id, profile_revision, registered_at, registered_by, status, last_seq) VALUES"
    " (1, '20260101-00001', 'help', 'phone', '99', 't', 'x', 0, 0, 'demo', 'r', '2026-01-01 00:00:00', 'a', 'closed', 5)"
)
BEFORE = (
    ("register", '{"channel": "phone", "sudden": false}'),
    ("dispatch", '{"to": "U-A", "note": "请尽快"}'),
    ("return_request", '{"reason": "不属于", "basis": "三定", "suggest": "U-B"}'),
    ("return_decide", '{"approved": false, "note": "属于"}'),
    ("complete", '{"text": "已办", "basis": "规定"}'),
    ("rate", '{"value": "satisfied", "note": "好"}'),
    ("close", "{}"),
)


def test_events_of_before_are_rewritten_and_due_for_a_sweep(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'kb.db'}")
    command.upgrade(migrations.config(database.url), "0003")
    with database.engine.begin() as connection:
        connection.execute(text("PRAGMA foreign_keys=OFF"))
        connection.execute(
            text("INSERT INTO identity_region (code, name, level) VALUES ('99', '云溪市', 'city')")
        )
        connection.execute(text(TICKET))
        for seq, (kind, data) in enumerate(BEFORE, 1):
            row = {"seq": seq, "type": kind, "data": data}
            insert = (
                "INSERT INTO tickets_event (ticket_id, seq, type, at, actor, data)"
                " VALUES (1, :seq, :type, '2026-01-01 00:00:00', '张三', :data)"
            )
            connection.execute(text(insert), row)
    migrations.upgrade(database)
    with database.read() as session:
        rows = session.execute(select(TicketEvent).order_by(TicketEvent.seq)).scalars().all()
        assert [each.type for each in rows] == [
            "register", "dispatch", "request_return", "decide_return", "request_completion", "rate", "archive",
        ]  # fmt: skip
        for each in rows:
            KINDS[each.type].data.model_validate(each.data)
            assert Actor.parse(each.by).name == "张三"
        assert [each.words for each in rows] == ["", "请尽快", "", "", "", "好", ""]
        assert session.execute(select(Ticket.next_at)).scalar_one() is not None
    database.dispose()


def test_going_back_is_refused(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'kb.db'}")
    migrations.upgrade(database)
    with pytest.raises(CommandError):
        command.downgrade(migrations.config(database.url), "0003")
    database.dispose()
