"""Units are merged and split: gaps and warnings that stand open follow to whoever has the matter now."""

from datetime import date

import pytest
from sqlalchemy import select, update

from kb_service.core.context import SYSTEM, Context
from kb_service.identity.model import Unit
from kb_service.identity.schemas import UnitIn
from kb_service.identity.service import people
from kb_service.insight import following, jobs
from kb_service.insight.gaps.model import Gap
from kb_service.insight.gaps.service import handling
from kb_service.insight.gaps.service.handling import GapFilter
from kb_service.insight.warnings import rules
from kb_service.insight.warnings.service import watching
from kb_service.insight.warnings.service.watching import WarningFilter
from kb_service.knowledge.reorganising import planning, service
from kb_service.knowledge.reorganising.schemas import Merge, Split, SplitPart
from kb_service.knowledge.searches import service as searches
from kb_service.notices.model import Notice
from kb_service.tickets import jobs as ticket_jobs
from kb_service.tickets.model import Ticket
from tests.support.requests import add_tickets, days_ago, spread
from tests.support.service import Service

GAS = [("闻到煤气味", "楼道里燃气泄漏，味道很大。")]
OLD, NEW, REST = "U-RSJ", "U-NEW", "U-REST"


@pytest.fixture
def heirs(city: Service) -> Service:
    """Two new bodies, each with an editor."""
    ctx = Context(SYSTEM, city.parts.clock.now())
    with city.parts.database.write() as session:
        for code, name in ((NEW, "市社会保险局"), (REST, "市民生保障局")):
            data = UnitIn(code=code, name=name, region_code="990000", level=2, kind="department")
            people.save_unit(session, ctx, data)
    return city


def change(city: Service, plan: Merge | Split) -> None:
    ctx = Context(SYSTEM, city.parts.clock.now())
    with city.parts.database.write() as session:
        seen = planning.preview(session, ctx, plan).fingerprint
        service.make_change(session, ctx, plan, reason="机构改革方案", fingerprint=seen)


def followed(city: Service) -> None:
    while ticket_jobs.follow_units(city.parts):
        pass
    following.follow(city.parts)


def gap(city: Service, question: str, unit: str, *, task: bool = False) -> int:
    """A gap that is the unit's, with a task of it where asked for."""
    with city.parts.database.write() as session:
        searches.record(session, city.world.as_("agent"), question, ())
    jobs.GAPS.by_hand(city.parts)
    with city.parts.database.write() as session:
        found = session.execute(select(Gap).where(Gap.question == question)).scalar_one()
        found.unit_id = people.unit_by_code(session, unit).id
        if task:
            handling.to_task(session, city.world.as_("chief"), found.id, unit, date(2026, 11, 27))
        return found.id


def gaps(city: Service, unit: str, state: str = "open") -> list[int]:
    with city.parts.database.read() as session:
        wanted = GapFilter(state=state, unit=unit)
        return [each.id for each in handling.list_gaps(session, city.world.as_("chief"), wanted).items]


def sudden(city: Service, matter: str | None) -> int:
    now = city.parts.clock.now()
    add_tickets(
        city.parts, GAS, spread(days_ago(now, 0.2), now, 2), unit=OLD, sudden=True, matter_code=matter
    )
    watching.watch(city.parts, rules.AT_ONCE)
    with city.parts.database.read() as session:
        (found,) = watching.list_warnings(session, city.world.as_("chief"), WarningFilter(unit=OLD)).items
    return found.id


def unit_of(city: Service, warning: int) -> str:
    with city.parts.database.read() as session:
        return watching.get_warning(session, city.world.as_("chief"), warning).unit


def tickets_went_to(city: Service, unit: str) -> None:
    """As they do by their own histories, which other tests tell of."""
    with city.parts.database.write() as session:
        session.execute(update(Ticket).values(unit_id=people.unit_by_code(session, unit).id))


def test_a_split_takes_gaps_along_with_the_matter_and_leaves_the_rest(heirs: Service) -> None:
    of_matter, other = gap(heirs, "怎样办理退休", OLD), gap(heirs, "食堂几点开门", OLD)
    change(heirs, Split(unit=OLD, parts=[SplitPart(to=NEW, matters=["M1"])]))
    followed(heirs)
    assert gaps(heirs, NEW) == [of_matter]
    assert gaps(heirs, OLD) == [other]


def test_of_a_unit_split_up_wholly_the_rest_gets_what_nobody_claims_and_tasks_keep_their_gap(
    heirs: Service,
) -> None:
    of_matter, other = gap(heirs, "怎样办理退休", OLD), gap(heirs, "食堂几点开门", OLD)
    asked = gap(heirs, "停车证怎样补", OLD, task=True)
    change(heirs, Split(unit=OLD, parts=[SplitPart(to=NEW, matters=["M1"])], rest=REST))
    followed(heirs)
    assert (gaps(heirs, NEW), gaps(heirs, REST)) == ([of_matter], [other])
    assert (gaps(heirs, OLD), gaps(heirs, OLD, "task")) == ([], [])
    assert gaps(heirs, REST, "task") == [asked]


def test_a_merge_takes_gaps_and_those_that_are_tasks_along(heirs: Service) -> None:
    open_one, asked = gap(heirs, "怎样办理退休", OLD), gap(heirs, "停车证怎样补", OLD, task=True)
    change(heirs, Merge(units=[OLD], into=NEW))
    followed(heirs)
    assert (gaps(heirs, NEW), gaps(heirs, NEW, "task")) == ([open_one], [asked])


def test_a_warning_goes_where_its_tickets_went_and_its_people_are_told(heirs: Service) -> None:
    warning = sudden(heirs, None)
    change(heirs, Split(unit=OLD, parts=[SplitPart(to=NEW, matters=["M1"], accounts=["labour"])]))
    tickets_went_to(heirs, NEW)
    followed(heirs)
    assert unit_of(heirs, warning) == NEW
    with heirs.parts.database.read() as session:
        rows = select(Notice.account_id).where(Notice.subject == f"warning:{warning}")
        told = session.execute(rows).scalars().all()
        labour = heirs.world.as_("labour").actor.account_id
    assert labour in told
    assert len(told) == len(set(told))


def test_a_warning_stays_with_a_unit_that_goes_on_with_its_tickets(heirs: Service) -> None:
    warning = sudden(heirs, None)
    change(heirs, Split(unit=OLD, parts=[SplitPart(to=NEW, matters=["M1"])]))
    followed(heirs)
    assert unit_of(heirs, warning) == OLD


def test_what_comes_to_stand_in_the_name_of_a_closed_unit_goes_to_its_heir_s_heir(heirs: Service) -> None:
    change(heirs, Split(unit=OLD, parts=[SplitPart(to=NEW, matters=["M1"])], rest="U-GAJ"))
    change(heirs, Merge(units=["U-GAJ"], into=REST))
    followed(heirs)
    late = gap(heirs, "食堂几点开门", OLD)
    following.follow(heirs.parts)
    assert gaps(heirs, REST) == [late]


def test_nothing_is_swept_to_the_rest_before_the_tickets_have_told_whose_it_is(heirs: Service) -> None:
    warning = sudden(heirs, None)
    change(heirs, Split(unit=OLD, parts=[SplitPart(to=NEW, matters=["M1"])], rest=REST))
    assert following.follow(heirs.parts) == 0
    assert unit_of(heirs, warning) == OLD
    with heirs.parts.database.write() as session:
        heir = people.unit_by_code(session, NEW).id
        session.execute(update(Ticket).values(unit_id=heir))
        assert session.get_one(Unit, heir).active
    followed(heirs)
    assert unit_of(heirs, warning) == NEW
