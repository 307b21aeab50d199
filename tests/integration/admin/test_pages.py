"""Every page for every role: it renders for those it is for, and is refused to the others in words."""

import pytest

from admin.navigation import GROUPS, groups_for, place_of
from kb_service.tickets.schemas import TicketIn
from kb_service.tickets.service import registering
from tests.integration.admin.conftest import Visit
from tests.support.console import account_for_each_role, text_of
from tests.support.knowledge import agency, faq, script
from tests.support.service import Service

TICKET = TicketIn.model_validate(
    {
        "class": "help",
        "region": "990101",
        "title": "路灯不亮",
        "text": "湖滨路路灯坏了三天。",
        "unit": "U-RSJ",
    }
)


@pytest.fixture
def lived_in(service: Service) -> str:
    """A base with live, waiting and returned points, and a ticket; the ticket's code."""
    world = service.world
    live = world.publish(faq("怎样办理退休"))
    world.submit(world.draft(faq("怎样办理退休", "改了。"), code=live.code))
    world.publish(agency("市人社局", functions="管养老", phone="0700-1"))
    world.publish(script("停水口径"), reviewers=("rsj_reviewer", "zx_reviewer"))
    returned = world.submit(world.draft(faq("社保卡挂失")))
    world.decide(returned, "rsj_reviewer", "return", "写清地点")
    service.index()
    with service.parts.database.write() as session:
        return registering.register(session, world.as_("agent"), service.parts, TICKET).code


def test_each_place_opens_for_those_whom_the_navigation_leads_there(
    visit: Visit, service: Service, lived_in: str
) -> None:
    places = [place for group in GROUPS for place in group.places]
    wrong = []
    for role in account_for_each_role(service):
        visitor, actor = visit(f"role.{role}"), service.world.as_(f"role.{role}").actor
        led_to = {place.path for group in groups_for(actor) for place in group.places}
        for place in places:
            answer = visitor.get(place.path)
            opened = answer.status_code == 200 and 'aria-current="page"' in answer.text
            refused = answer.status_code == 403 and "没有权限" in text_of(answer)
            if not (opened if place.path in led_to else refused):
                wrong.append((role, place.path, answer.status_code))
    assert wrong == []


@pytest.mark.parametrize(
    ("login", "path"),
    [
        ("agent", "/desk?q=退休"),
        ("agent", "/desk?q=退休&lapsed=1&type=faq&unit=U-RSJ&region=990000&category=C11"),
        ("agent", "/desk?q=没有这种事情"),
        ("agent", "/desk/points/{point}/1?passage=0"),
        ("agent", "/knowledge?q=退休&status=approved&validity=in_force&live=live"),
        ("rsj_editor", "/knowledge?status=returned"),
        ("rsj_editor", "/knowledge/{point}"),
        ("rsj_editor", "/knowledge/{point}?version=2"),
        ("rsj_editor", "/knowledge/{point}?at=2026-11-20T10:00"),
        ("rsj_editor", "/knowledge/{point}/compare?old=1&new=2"),
        ("rsj_editor", "/knowledge/new"),
        *(("rsj_editor", f"/knowledge/new?type={type_}") for type_ in ("faq", "procedure", "policy", "agency", "script")),
        ("rsj_reviewer", "/review?stage=unit_review&type=faq"),
        ("rsj_reviewer", "/review/{point}/2"),
        ("zx_manager", "/import"),
        ("agent", "/tickets?status=pending&request_class=help&region=990101"),
        ("agent", "/tickets/{ticket}"),
        ("agent", "/inbox?unread=1"),
    ],
)  # fmt: skip
def test_each_page_renders(visit: Visit, service: Service, lived_in: str, login: str, path: str) -> None:
    with service.parts.database.read() as session:
        from kb_service.knowledge.service import listing

        point = next(
            row.code
            for row in listing.list_points(
                session, service.world.as_("zx_manager"), listing.PointFilter()
            ).items
            if row.title == "怎样办理退休"
        )
    answer = visit(login).get(path.format(point=point, ticket=lived_in))
    assert answer.status_code == 200
    assert "<h1" in answer.text or "<h2" in answer.text


def test_whoever_is_not_logged_in_is_led_to_the_login_and_back(
    client: object, visit: Visit, service: Service
) -> None:
    visitor = visit("agent")
    visitor.client.cookies.clear()
    answer = visitor.get("/tickets", status="open")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=/tickets%3Fstatus%3Dopen"


def test_a_problem_is_a_page_for_people_and_json_for_htmx(visit: Visit) -> None:
    visitor = visit("agent")
    page, piece = visitor.get("/knowledge/K999999"), visitor.get("/knowledge/K999999", htmx=True)
    assert (page.status_code, piece.status_code) == (404, 404)
    assert "没有编码为 K999999 的知识点" in text_of(page)
    assert piece.json()["code"] == "unknown_point"


def test_places_are_found_from_paths() -> None:
    assert [place_of(path) for path in ("/", "/desk", "/knowledge/K1/edit", "/knowledges", "/nowhere")] == [
        "home", "desk", "knowledge", "", "",
    ]  # fmt: skip


def test_a_notice_leads_to_its_subject_and_is_read_then(visit: Visit, service: Service) -> None:
    world = service.world
    world.submit(world.draft(faq("社保卡挂失")))
    reviewer = visit("rsj_reviewer")
    page = reviewer.get("/")
    assert 'class="bar-count"' in page.text
    link = page.text.split('href="/inbox/')[1].split('"')[0]
    assert reviewer.get(f"/inbox/{link}").headers["location"].startswith("/")
    assert 'class="bar-count"' not in reviewer.get("/").text
    assert visit("agent").get(f"/inbox/{link}").status_code == 404


def test_an_emergency_is_told_while_the_agent_types(visit: Visit, service: Service) -> None:
    page = visit("agent").get("/desk", htmx=True, q="楼下着火了快来人")
    assert "请立即告知拨打 119" in text_of(page)


def test_a_degraded_search_says_so(visit: Visit, service: Service, lived_in: str) -> None:
    """The service of the tests has no vectors."""
    assert "语义检索暂不可用，已使用关键词检索" in text_of(visit("agent").get("/desk", htmx=True, q="退休"))
