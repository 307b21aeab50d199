"""Cards on the pages: counted by unit, each leading to its ticket, and a list that can be narrowed to them."""

from sqlalchemy import select

from kb_service.core.context import SYSTEM, Context
from kb_service.identity.model import Unit
from kb_service.supervision.service import records
from tests.integration.admin.conftest import Visit
from tests.support.console import text_of
from tests.support.service import Service


def test_cards_are_listed_and_counted_by_unit(visit: Visit, service: Service) -> None:
    ctx = Context(SYSTEM, service.parts.clock.now())
    with service.parts.database.write() as session:
        units = dict(session.execute(select(Unit.code, Unit.id)).tuples().all())
        names = dict(session.execute(select(Unit.code, Unit.name)).tuples().all())
        for unit, number, colour in (
            ("U-RSJ", "1", "yellow"), ("U-RSJ", "1", "red"), ("U-GAJ", "2", "yellow"), ("U-RSJ", "3", "red"),
        ):  # fmt: skip
            for _ in range(2):
                records.keep_card(
                    session, ctx, subject=f"ticket:20261120-0000{number}", unit_id=units[unit],
                    clock="handling", colour=colour, overdue_days=3, clause="SG-22",
                )  # fmt: skip
    service.world.employ("watch", "U-ZX", "supervisor")
    page = visit("watch").get("/supervision", stage="cards")
    assert page.status_code == 200
    said = text_of(page)
    assert said.index(f"{names['U-RSJ']} 2 1") < said.index(f"{names['U-GAJ']} 0 1")
    assert page.text.count('href="/tickets/20261120-00001"') == 2
    without = visit("zx_manager").get("/supervision", stage="cards")
    assert "/tickets/20261120-00001" not in without.text, "who may read no ticket is led to none"
    assert text_of(without).count("20261120-00001") == 2
    assert text_of(visit("rsj_editor").get("/supervision", stage="cards")).count(names["U-GAJ"]) == 0


def test_the_list_of_tickets_can_be_narrowed_to_those_with_a_card(visit: Visit) -> None:
    listed = visit("agent").get("/tickets", card="red")
    assert listed.status_code == 200
    assert '<option value="red" selected>' in listed.text
