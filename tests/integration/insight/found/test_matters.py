"""Tickets alike become matters; people name, merge and dismiss them; units consult."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from kb_service.core.context import Context
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.insight import jobs
from kb_service.insight.matters.model import HotMatter, MatterTicket
from kb_service.insight.matters.service import consulting, reading, steering
from kb_service.insight.matters.service.reading import MatterFilter
from kb_service.notices.model import Notice
from kb_service.tickets.model import Ticket
from tests.support.requests import HEATING, MIXER, OTHERS, add_tickets, days_ago, spread
from tests.support.service import Service


def as_(city: Service, login: str) -> Context:
    return city.world.as_(login)


def matters(city: Service, by: str = "chief", **wanted: str) -> list[reading.MatterRow]:
    with city.parts.database.read() as session:
        return reading.list_matters(session, as_(city, by), MatterFilter(**wanted))  # type: ignore[arg-type]


def mixer(city: Service, number: int = 12, **options: object) -> list[int]:
    now = city.parts.clock.now()
    return add_tickets(city.parts, MIXER, spread(days_ago(now, 6), days_ago(now, 1), number), **options)  # type: ignore[arg-type]


def background(city: Service) -> None:
    now = city.parts.clock.now()
    add_tickets(city.parts, OTHERS, spread(days_ago(now, 70), days_ago(now, 1), 160), region="990102")
    add_tickets(city.parts, OTHERS, spread(days_ago(now, 70), days_ago(now, 1), 160), region="990101")
    add_tickets(city.parts, OTHERS, spread(days_ago(now, 70), days_ago(now, 1), 40), region="990101001")


def test_tickets_alike_become_a_matter_marked_by_their_words(city: Service) -> None:
    mixer(city)
    background(city)
    jobs.MATTERS.by_hand(city.parts)
    found = next(each for each in matters(city) if "搅拌站" in each.words)
    assert found.tickets == 12
    assert "丽景花园" in found.name


def test_a_second_night_changes_nothing_and_new_tickets_join(city: Service) -> None:
    mixer(city)
    background(city)
    jobs.MATTERS.by_hand(city.parts)
    before = matters(city)
    jobs.MATTERS.by_hand(city.parts)
    assert matters(city) == before
    mixer(city, 3)
    jobs.MATTERS.by_hand(city.parts)
    after = next(each for each in matters(city) if "搅拌站" in each.words)
    assert after.tickets == 15
    assert len(matters(city)) == len(before)


def test_many_letters_of_one_person_are_no_matter(city: Service) -> None:
    ids = mixer(city)
    with city.parts.database.write() as session:
        tickets = session.execute(select(Ticket).where(Ticket.id.in_(ids))).scalars().all()
        for ticket in tickets:
            ticket.requester_id = tickets[0].requester_id
    jobs.MATTERS.by_hand(city.parts)
    assert matters(city) == []


def test_confidential_tickets_are_in_no_matter(city: Service) -> None:
    mixer(city, confidential=True)
    jobs.MATTERS.by_hand(city.parts)
    with city.parts.database.read() as session:
        assert session.execute(select(MatterTicket)).first() is None


def test_neither_texts_nor_personal_data_are_kept_with_a_matter(city: Service) -> None:
    now = city.parts.clock.now()
    texts = [(title, f"{text}联系电话13987654321，身份证110101199003078515。") for title, text in MIXER]
    add_tickets(city.parts, texts, spread(days_ago(now, 6), days_ago(now, 1), 12))
    jobs.MATTERS.by_hand(city.parts)
    with city.parts.database.read() as session:
        (matter,) = session.execute(select(HotMatter)).scalars()
        kept = " ".join([matter.name, *matter.words])
    assert "139" not in kept
    assert not any(text[:12] in kept for _, text in texts)


def test_a_rise_is_told_with_its_place_and_numbers(city: Service) -> None:
    mixer(city, 20, region="990101001")
    background(city)
    jobs.MATTERS.by_hand(city.parts)
    found = next(each for each in matters(city) if "搅拌站" in each.words)
    assert {trend.region_name for trend in found.trends} == {"云溪市", "东湖区", "湖滨街道"}
    assert all(trend.kind == "new" and trend.evidence["tickets"] == 20 for trend in found.trends)
    assert [each.id for each in matters(city, trend="new")] == [found.id]
    assert matters(city, trend="foreseen") == []


@pytest.mark.clause("TA-25")
def test_heating_is_foreseen_from_last_year(city: Service) -> None:
    now = city.parts.clock.now()
    add_tickets(city.parts, HEATING, spread(days_ago(now, 360), days_ago(now, 338), 40))
    add_tickets(city.parts, OTHERS, spread(days_ago(now, 372), days_ago(now, 1), 600))
    jobs.MATTERS.by_hand(city.parts)
    (found,) = matters(city, trend="foreseen")
    assert "暖气" in "".join(found.words)
    assert found.trends[0].evidence["tickets"] == 40
    assert (found.tickets, found.before) == (0, 0)


@pytest.mark.clause("TA-26")
def test_a_street_sees_what_its_own_place_asks_for_whoever_handles_it(city: Service) -> None:
    mixer(city, 9, region="990101001", unit="U-GAJ")
    mixer(city, 6, region="990102", unit="U-GAJ")
    jobs.MATTERS.by_hand(city.parts)
    assert [each.tickets for each in matters(city)] == [15]
    assert [each.tickets for each in matters(city, by="street")] == [9]
    assert [each.tickets for each in matters(city, by="district")] == [9]
    assert [each.tickets for each in matters(city, by="police")] == [15]
    assert matters(city, by="labour") == []


def test_a_matter_of_another_place_cannot_be_opened(city: Service) -> None:
    mixer(city, 9, region="990102")
    jobs.MATTERS.by_hand(city.parts)
    (found,) = matters(city)
    with city.parts.database.read() as session, pytest.raises(NotFound):
        reading.get_matter(session, as_(city, "street"), found.id)


def test_a_person_names_dismisses_and_watches_again(city: Service) -> None:
    mixer(city)
    jobs.MATTERS.by_hand(city.parts)
    (found,) = matters(city)
    with city.parts.database.write() as session:
        steering.rename(session, as_(city, "chief"), found.id, "丽景花园搅拌站扰民")
        with pytest.raises(Invalid):
            steering.dismiss(session, as_(city, "chief"), found.id, " ")
        steering.dismiss(session, as_(city, "chief"), found.id, "已经搬走")
    assert matters(city) == []
    mixer(city, 8)
    jobs.MATTERS.by_hand(city.parts)
    assert matters(city) == []
    with city.parts.database.write() as session:
        steering.watch_again(session, as_(city, "chief"), found.id)
    assert [(each.name, each.tickets) for each in matters(city)] == [("丽景花园搅拌站扰民", 20)]


def test_two_matters_become_one_with_all_tickets(city: Service) -> None:
    mixer(city)
    now = city.parts.clock.now()
    add_tickets(city.parts, HEATING, spread(days_ago(now, 6), days_ago(now, 1), 8))
    jobs.MATTERS.by_hand(city.parts)
    first, second = matters(city)
    with city.parts.database.write() as session:
        with pytest.raises(Invalid):
            steering.merge(session, as_(city, "chief"), first.id, first.id)
        steering.merge(session, as_(city, "chief"), second.id, first.id)
    (left,) = matters(city)
    assert (left.id, left.tickets) == (first.id, 20)
    with city.parts.database.write() as session, pytest.raises(Conflict):
        steering.rename(session, as_(city, "chief"), second.id, "别的名称")


def test_who_only_reads_decides_nothing(city: Service) -> None:
    mixer(city)
    jobs.MATTERS.by_hand(city.parts)
    (found,) = matters(city)
    with city.parts.database.write() as session, pytest.raises(Forbidden):
        steering.rename(session, as_(city, "police"), found.id, "换个名称")


@pytest.mark.clause("TA-23")
def test_units_consult_and_what_they_agree_is_recorded(city: Service) -> None:
    mixer(city, 24)
    jobs.MATTERS.by_hand(city.parts)
    (found,) = matters(city)
    day = date(2026, 11, 30)
    with city.parts.database.write() as session:
        opened = consulting.open_consultation(
            session, as_(city, "chief"), found.id,
            question="搅拌站选址和夜间生产怎样治理", lead="U-DHQ", units=["U-GAJ", "U-RSJ"], due_day=day,
        )  # fmt: skip
        told = set(
            session.execute(select(Notice.account_id).where(Notice.kind == consulting.NOTICE)).scalars()
        )
        assert told == {as_(city, each).actor.account_id for each in ("police", "labour", "district")}
        with pytest.raises(Conflict):
            consulting.open_consultation(
                session, as_(city, "chief"), found.id,
                question="再来一次会商", lead="U-DHQ", units=[], due_day=day,
            )  # fmt: skip
        consulting.say(session, as_(city, "police"), opened.id, "夜间由派出所联合执法。")
        with pytest.raises(Forbidden):
            consulting.say(session, as_(city, "street"), opened.id, "没有请我们。")
        closed = consulting.close(
            session, as_(city, "chief"), opened.id, "governed", "限期搬迁，年底前完成。"
        )
    assert (closed.lead_name, closed.due_day, closed.outcome_name) == ("东湖区人民政府", day, "源头治理")
    assert [each.text for each in closed.units if each.unit == "U-GAJ"] == ["夜间由派出所联合执法。"]
    assert closed.measures == "限期搬迁，年底前完成。"


def test_a_consultation_past_its_day_is_told_once(city: Service) -> None:
    mixer(city, 24)
    jobs.MATTERS.by_hand(city.parts)
    (found,) = matters(city)
    with city.parts.database.write() as session:
        consulting.open_consultation(
            session, as_(city, "chief"), found.id,
            question="怎样治理搅拌站", lead="U-DHQ", units=["U-GAJ"], due_day=date(2026, 11, 20),
        )  # fmt: skip
    assert consulting.remind(city.parts) == 0
    city.parts.clock.advance(timedelta(days=1))  # type: ignore[attr-defined]
    assert (consulting.remind(city.parts), consulting.remind(city.parts)) == (1, 0)
    with city.parts.database.read() as session:
        titles = (
            session.execute(select(Notice.title).where(Notice.title.contains("已过截止日"))).scalars().all()
        )
    assert titles
