"""A bulletin is drafted from the figures, edited, issued by another, and stays as it was."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.insight.bulletins.service import issuing, reading
from kb_service.insight.bulletins.service.reading import BulletinView
from kb_service.insight.statistics import periods
from kb_service.notices.model import Notice
from tests.support.requests import OTHERS, add_tickets, spread
from tests.support.service import Service

OCTOBER = periods.month(2026, 10)
REPORT = "bulletin"


@pytest.fixture
def office(city: Service) -> Service:
    city.world.employ("head", "U-ZX", "supervisor")
    return city


def drafted(office: Service) -> BulletinView:
    with office.parts.database.write() as session:
        return issuing.draft(session, office.world.as_("chief"), REPORT, OCTOBER)


def written(office: Service) -> BulletinView:
    made = drafted(office)
    said = {each.key: ["由人补写的一段。"] for each in made.content.sections if not each.said}
    with office.parts.database.write() as session:
        return issuing.edit(session, office.world.as_("chief"), made.id, said, {})


def issued(office: Service) -> BulletinView:
    made = written(office)
    with office.parts.database.write() as session:
        return issuing.issue(session, office.world.as_("head"), made.id)


@pytest.mark.clause("SG-26")
def test_the_units_are_told_of_an_issued_bulletin_and_read_it(office: Service) -> None:
    done = issued(office)
    assert (done.state_name, done.number) == ("已印发", "〔2026〕第1期")
    with office.parts.database.read() as session:
        told = session.execute(select(Notice.title).where(Notice.kind == issuing.NOTICE)).scalars().all()
        shown = reading.get_bulletin(session, office.world.as_("police"), done.id)
    assert len(told) >= 3
    assert "运行情况通报" in told[0]
    assert {"volume", "unit_handling"} <= {each.key for each in shown.content.sections}


def test_a_draft_is_seen_by_those_alone_who_work_on_it(office: Service) -> None:
    made = drafted(office)
    with office.parts.database.read() as session:
        assert reading.list_bulletins(session, office.world.as_("police")).items == []
        with pytest.raises(NotFound):
            reading.get_bulletin(session, office.world.as_("police"), made.id)


def test_there_is_one_bulletin_a_period(office: Service) -> None:
    made = drafted(office)
    with pytest.raises(Conflict):
        drafted(office)
    with office.parts.database.write() as session:
        issuing.drop(session, office.world.as_("chief"), made.id, "口径有误")
    assert drafted(office).state == "draft"


def test_whoever_wrote_it_cannot_issue_it(office: Service) -> None:
    made = written(office)
    with office.parts.database.write() as session:
        with pytest.raises(Conflict):
            issuing.issue(session, office.world.as_("chief"), made.id)
        with pytest.raises(Forbidden):
            issuing.issue(session, office.world.as_("police"), made.id)


def test_an_issued_one_never_changes_and_prints_the_same_files(office: Service) -> None:
    done = issued(office)
    with office.parts.database.read() as session:
        before = reading.as_document(session, office.world.as_("chief"), done.id)
        sheet = reading.as_workbook(session, office.world.as_("chief"), done.id)
    with office.parts.database.write() as session, pytest.raises(Conflict):
        issuing.edit(session, office.world.as_("chief"), done.id, {}, {"title": "另一个标题"})
    with pytest.raises(DBAPIError), office.parts.database.write() as session:
        session.execute(text("UPDATE insight_bulletin SET title = 'x'"))
    with pytest.raises(DBAPIError), office.parts.database.write() as session:
        session.execute(text("DELETE FROM insight_bulletin"))
    with office.parts.database.read() as session:
        assert reading.as_document(session, office.world.as_("chief"), done.id) == before
        assert reading.as_workbook(session, office.world.as_("chief"), done.id) == sheet
        assert reading.get_bulletin(session, office.world.as_("chief"), done.id).whole


def test_working_out_anew_takes_new_figures_and_keeps_what_people_wrote(office: Service) -> None:

    made = drafted(office)
    first = made.content.sections[0]
    with office.parts.database.write() as session:
        issuing.edit(
            session,
            office.world.as_("chief"),
            made.id,
            {first.key: ["人写的开头。"]},
            {"title": "十月份热线通报"},
        )
    ids = add_tickets(office.parts, OTHERS, spread(OCTOBER.start, OCTOBER.end, 20))
    assert len(ids) == 20
    with office.parts.database.write() as session:
        again = issuing.renew(session, office.world.as_("chief"), made.id)
    assert again.title == "十月份热线通报"
    assert again.content.sections[0].said == ["人写的开头。"]
    assert again.content.known_at == office.parts.clock.now()


def test_an_unknown_report_or_section_and_an_empty_title_are_refused(office: Service) -> None:
    made = drafted(office)
    with office.parts.database.write() as session:
        ctx = office.world.as_("chief")
        with pytest.raises(NotFound):
            issuing.draft(session, ctx, "no-such", OCTOBER)
        with pytest.raises(NotFound):
            issuing.edit(session, ctx, made.id, {"no-such": ["一段"]}, {})
        with pytest.raises(Invalid):
            issuing.edit(session, ctx, made.id, {}, {"title": " "})


def test_the_centre_alone_drafts(office: Service) -> None:
    with office.parts.database.write() as session, pytest.raises(Forbidden):
        issuing.draft(session, office.world.as_("police"), REPORT, OCTOBER)


def test_offers_tell_what_is_owed_for_the_last_period(office: Service) -> None:
    with office.parts.database.read() as session:
        (offer,) = reading.offers(session, office.world.as_("chief"))
    assert (offer.report.id, offer.owed_name, offer.standing) == (REPORT, "2026年10月", None)
    made = drafted(office)
    with office.parts.database.read() as session:
        (offer,) = reading.offers(session, office.world.as_("chief"))
    assert offer.standing == made.id
