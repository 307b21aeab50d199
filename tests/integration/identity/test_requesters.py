"""Requesters' identity is stored encrypted and shown only with a permission and a reason."""

import pytest
from sqlalchemy import select, text

from kb_service.core.audit import AuditRow
from kb_service.core.crypto import KEY_BYTES, FieldCipher
from kb_service.core.db import Database
from kb_service.core.errors import Forbidden, Invalid, NotFound
from kb_service.identity.service import requesters
from tests.support.contexts import ContextBuilder

CIPHER = FieldCipher(b"k" * KEY_BYTES)
CANARY = {"name": "甄金丝雀", "phone": "13987654321", "address": "云溪市梧桐里九号"}


@pytest.fixture
def requester(db: Database, ctx: ContextBuilder) -> str:
    with db.write() as session:
        return requesters.add(session, ctx("agent"), CIPHER, CANARY)


def test_no_table_holds_a_value_in_clear(db: Database, requester: str) -> None:
    with db.read() as session:
        for table in ("identity_requester", "core_audit"):
            everything = str(session.execute(text(f"SELECT * FROM {table}")).all())
            assert requester in everything
            assert not [value for value in CANARY.values() if value in everything]


def test_it_is_shown_to_who_may_with_a_reason_that_is_kept(
    db: Database, ctx: ContextBuilder, requester: str
) -> None:
    with db.write() as session:
        assert (
            requesters.reveal(session, ctx("unit_handler"), CIPHER, requester, "联系诉求人核实地点") == CANARY
        )
    with db.read() as session:
        row = session.execute(select(AuditRow).where(AuditRow.action == "requester.revealed")).scalar_one()
        assert (row.subject, row.reason) == (f"requester:{requester}", "联系诉求人核实地点")


def test_it_is_refused_without_permission_or_reason(
    db: Database, ctx: ContextBuilder, requester: str
) -> None:
    with db.write() as session:
        with pytest.raises(Forbidden):
            requesters.reveal(session, ctx("agent"), CIPHER, requester, "想看看")
        with pytest.raises(Invalid):
            requesters.reveal(session, ctx("unit_handler"), CIPHER, requester, " ")
        with pytest.raises(NotFound):
            requesters.reveal(session, ctx("unit_handler"), CIPHER, "no-such-id", "核实")


def test_the_same_phone_is_found_again_however_it_is_written(db: Database, requester: str) -> None:
    with db.read() as session:
        for written in ("13987654321", "139-8765-4321", "+86 139 8765 4321"):
            assert requesters.same_phone(session, CIPHER, written) == [requester]
        assert requesters.same_phone(session, CIPHER, "13900000000") == []
