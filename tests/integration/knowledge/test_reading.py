"""Reading: who sees which version, then and now."""

from datetime import timedelta
from typing import Any

import pytest

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Forbidden, NotFound, Unauthenticated
from kb_service.knowledge.duties.service import telling as duties
from kb_service.knowledge.service import compare, history, listing, reading, release
from kb_service.knowledge.service.listing import PointFilter
from kb_service.knowledge.service.views import VersionView
from tests.support.knowledge import World, agency, faq

DAY = timedelta(days=1)


def read(world: World, login: str, code: str, number: int | None = None) -> VersionView:
    with world.database.read() as session:
        return reading.get_version(session, world.as_(login), code, number)


def listed(world: World, login: str, **wanted: str) -> list[str]:
    with world.database.read() as session:
        page = listing.list_points(session, world.as_(login), PointFilter(**wanted))
        return [row.title for row in page.items]


def test_a_draft_is_read_by_those_who_work_on_it_alone(world: World) -> None:
    code = world.draft(faq()).code
    assert read(world, "rsj_second", code).status == "draft"
    assert read(world, "zx_reviewer", code).status == "draft"
    for other in ("gaj_editor", "agent", "public"):
        with pytest.raises(NotFound):
            read(world, other, code)


def test_an_embargoed_version_is_not_read_by_number_either(world: World, clock: FixedClock) -> None:
    first = world.publish(faq(answer="旧"))
    world.publish(faq(answer="新", release_at=clock.now() + DAY), code=first.code)
    assert read(world, "agent", first.code).answer == "旧"
    for other in ("agent", "public"):
        with pytest.raises(NotFound):
            read(world, other, first.code, 2)
    assert read(world, "rsj_editor", first.code, 2).answer == "新"


def test_restricted_knowledge_is_read_by_its_roles(world: World) -> None:
    code = world.publish(faq(audience="restricted", roles=["confidential_handler"])).code
    assert read(world, "confidant", code).number == 1
    with pytest.raises(Forbidden):
        read(world, "agent", code)
    with pytest.raises(NotFound):
        read(world, "public", code)


def test_internal_knowledge_does_not_exist_for_the_public(world: World) -> None:
    code = world.publish(faq(audience="agents")).code
    assert read(world, "agent", code).number == 1
    with pytest.raises(NotFound):
        read(world, "public", code)


def test_a_point_is_read_as_of_any_instant(world: World, clock: FixedClock) -> None:
    start = clock.now()
    code = world.publish(faq(answer="一")).code
    clock.advance(DAY)
    world.publish(faq(answer="二"), code=code)
    clock.advance(DAY)
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), code, "有误")
    clock.advance(DAY)

    def at(days: float, login: str = "agent") -> str:
        with world.database.read() as session:
            return reading.as_of(session, world.as_(login), code, start + days * DAY).answer

    assert [at(0), at(0.9), at(1), at(1.9)] == ["一", "一", "二", "二"]
    for nothing in (-1, 2, 2.5, 9):
        with pytest.raises(NotFound):
            at(nothing)
    with pytest.raises(Unauthenticated):
        at(0, "public")


def test_the_future_is_not_told_as_of_its_day(world: World, clock: FixedClock) -> None:
    code = world.publish(faq(release_at=clock.now() + DAY)).code
    with world.database.read() as session:
        with pytest.raises(NotFound):
            reading.as_of(session, world.as_("agent"), code, clock.now() + 2 * DAY)
        assert reading.as_of(session, world.as_("rsj_editor"), code, clock.now() + 2 * DAY).number == 1


def test_the_timeline_tells_the_whole_life(world: World, clock: FixedClock) -> None:
    code = world.publish(faq()).code
    clock.advance(DAY)
    world.publish(faq(answer="二", note="更正地址"), code=code)
    clock.advance(DAY)
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), code, "有误")
    with world.database.read() as session:
        entries = history.timeline(session, world.as_("rsj_editor"), code)
        seen_by_agent = history.timeline(session, world.as_("agent"), code)
    assert [(entry.number, entry.kind) for entry in entries] == [
        (1, "created"),
        (1, "filed"),
        (1, "approve"),
        (1, "approve"),
        (1, "published"),
        (1, "ended"),
        (2, "created"),
        (2, "filed"),
        (2, "approve"),
        (2, "approve"),
        (2, "published"),
        (2, "withdrawn"),
    ]
    assert next(entry.text for entry in entries if entry.number == 2) == "更正地址"
    assert len(seen_by_agent) == len(entries)


def test_two_versions_are_compared_word_by_word(world: World) -> None:
    code = world.publish(faq(answer="带身份证到三楼")).code
    world.publish(faq(answer="带身份证到五楼", keywords=["退休"]), code=code)
    with world.database.read() as session:
        found = compare.compare(session, world.as_("rsj_editor"), code, 1, 2)
    changed = {field.field: [(each.op, each.text) for each in field.segments] for field in found.changed}
    assert set(changed) == {"answer", "keywords"}
    assert ("same", "带身份证到") in changed["answer"] or ("same", "带") in changed["answer"]
    assert ("added", "退休") in changed["keywords"]


def test_a_list_shows_drafts_to_their_unit_and_live_points_to_all_inside(world: World) -> None:
    world.draft(faq("草稿"))
    world.publish(faq("已发布"))
    world.publish(faq("限定", audience="restricted", roles=["confidential_handler"]))
    assert set(listed(world, "rsj_editor")) == {"草稿", "已发布", "限定"}
    assert set(listed(world, "gaj_editor")) == {"已发布"}
    assert set(listed(world, "agent")) == {"已发布"}
    assert set(listed(world, "confidant")) == {"已发布", "限定"}


def test_a_list_is_narrowed_by_what_one_asks(world: World, clock: FixedClock) -> None:
    today = clock.now().date()
    world.draft(faq("草稿"))
    world.publish(faq("现行", category="C12"))
    world.publish(faq("失效", effective_to=today - DAY))
    world.publish(faq("未来", effective_from=today + 2 * DAY))
    world.publish(faq("待发布", release_at=clock.now() + DAY))
    gone = world.publish(faq("下架"))
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), gone.code, "有误")

    def rows(**wanted: str) -> set[str]:
        return set(listed(world, "rsj_editor", **wanted))

    assert rows(status="draft") == {"草稿"}
    assert rows(category="C12") == {"现行"}
    assert rows(category="C1") == {"草稿", "现行", "失效", "未来", "待发布", "下架"}
    assert rows(validity="lapsed") == {"失效"}
    assert rows(validity="not_yet_in_force") == {"未来"}
    assert rows(live="live") == {"现行", "失效", "未来"}
    assert rows(live="waiting") == {"待发布"}
    assert rows(live="ended") == {"下架"}
    assert rows(q="现") == {"现行"}
    assert rows(unit="U-GAJ") == set()


def test_a_long_list_is_read_page_by_page(world: World, clock: FixedClock) -> None:
    for number in range(7):
        world.draft(faq(f"第{number}条"))
        clock.advance(timedelta(seconds=1))
    seen: list[str] = []
    cursor = ""
    while True:
        with world.database.read() as session:
            page = listing.list_points(
                session, world.as_("rsj_editor"), PointFilter(), cursor=cursor, limit=3
            )
        seen += [row.title for row in page.items]
        if page.next is None:
            break
        cursor = page.next
    assert seen == [f"第{number}条" for number in reversed(range(7))]


@pytest.mark.clause("SG-28.1")
def test_what_a_unit_has_not_reported_is_told(world: World) -> None:
    every = {"functions", "power_list", "service_items", "contacts", "hours"}

    def missing() -> set[str]:
        with world.database.read() as session:
            report = duties.duties_of(session, world.as_("zx_manager"), "U-RSJ")
            return {duty.code for duty in report.missing}

    assert missing() == every
    world.publish(agency("市人社局", functions="管社保", phone="0700-8000000"))
    assert missing() == {"power_list", "service_items", "hours"}
    full: dict[str, Any] = {"power_list": "权责", "service_items": ["参保"], "hours": "9:00-17:00"}
    world.publish(agency("市人社局", functions="管社保", phone="0700-8000000", **full))
    assert missing() == set()
    with world.database.read() as session:
        lacking = [report.unit_code for report in duties.units_lacking(session, world.as_("zx_manager"))]
    assert lacking == ["U-ZX", "U-GAJ", "U-DHQ", "U-HBJD"]
