"""What leaves the inbox: through real servers, by each person's wishes, once, and without a title."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import func, select

from kb_service.core.clock import FixedClock
from kb_service.core.runtime import Runtime
from kb_service.core.worker import Worker
from kb_service.notices import delivery, digests, jobs, preferences
from kb_service.notices import service as notices
from kb_service.notices.model import Delivery, DigestItem, Notice, Preference
from kb_service.notices.outlets import MailOutlet, Message, NotDelivered
from kb_service.notices.preferences import Wishes
from kb_service.notices.rules import MOST_ATTEMPTS
from tests.conftest import MORNING
from tests.support.knowledge import World
from tests.support.service import Service

TITLE = "张建国来电说门牌登记错了"


@dataclass
class MailServer:
    """Speaks enough of RFC 5321 to take mails; `refuse` is what it says to a recipient."""

    port: int = 0
    refuse: str = ""
    mails: list[str] = field(default_factory=list)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    kept = MailServer()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().decode().strip():
                verb = line.split()[0].upper()
                if verb == "DATA":
                    self.say("354 go on")
                    body = []
                    while (text := self.rfile.readline().decode()) != ".\r\n":
                        body.append(text)
                    kept.mails.append("".join(body))
                    self.say("250 taken")
                elif verb == "RCPT" and kept.refuse:
                    self.say(kept.refuse)
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield kept
        server.shutdown()
        thread.join()


@dataclass
class WebServer:
    """Keeps what is posted; answers with `status` and `answer`."""

    url: str = ""
    status: int = 200
    answer: dict[str, Any] = field(default_factory=lambda: {"errcode": 0})
    posted: list[tuple[str, dict[str, Any]]] = field(default_factory=list)


@pytest.fixture
def web_server() -> Iterator[WebServer]:
    kept = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            kept.posted.append((self.headers.get("authorization", ""), json.loads(body)))
            answer = json.dumps(kept.answer).encode()
            self.send_response(kept.status)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_address[1]}/send"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def parts(service: Service, mail_server: MailServer, web_server: WebServer) -> Runtime:
    settings = service.parts.settings.model_copy(
        update={
            "notice_outlets": "mail,sms,wecom", "smtp_host": "127.0.0.1", "smtp_port": mail_server.port,
            "smtp_from": "kb@city.example", "sms_url": web_server.url, "sms_token": "t0ken",
            "wecom_webhook": web_server.url,
        }
    )  # fmt: skip
    return replace(service.parts, settings=settings)


@pytest.fixture
def wish(world: World, parts: Runtime) -> Callable[..., None]:
    def save(login: str, **given: Any) -> None:
        with world.database.write() as session:
            preferences.save(session, world.as_(login), parts.cipher, Wishes(**given))

    return save


def statuses(world: World) -> list[tuple[str, str]]:
    with world.database.read() as session:
        return list(session.execute(select(Delivery.outlet, Delivery.status).order_by(Delivery.id)).tuples())


NOW_BY_MAIL = {"addresses": {"mail": "an@city.example"}, "modes": {("knowledge.approved", "mail"): "now"}}


def test_a_notice_wanted_at_once_arrives_by_mail_without_its_title(
    world: World,
    parts: Runtime,
    mail_server: MailServer,
    wish: Callable[..., None],
    tell: Callable[..., None],
) -> None:
    wish("rsj_editor", **NOW_BY_MAIL)
    tell(["rsj_editor"], "knowledge.approved", TITLE, "point:K000007")
    assert (delivery.route(parts), delivery.deliver(parts)) == (1, 1)
    assert statuses(world) == [("mail", "sent")]
    (mail,) = mail_server.mails
    assert "an@city.example" in mail and "Message-ID: <notice-" in mail
    with world.database.read() as session:
        sent = session.execute(select(Delivery)).scalar_one()
    assert "K000007" in sent.body and "审核通过 1 条" in sent.body
    assert "张建国" not in sent.heading + sent.body
    assert (delivery.route(parts), delivery.deliver(parts)) == (0, 0)


def test_sms_and_wecom_are_posted_as_their_gateways_take_them(
    parts: Runtime, web_server: WebServer, wish: Callable[..., None], tell: Callable[..., None]
) -> None:
    addresses = {"sms": "13900001234", "wecom": "editor01"}
    wish("rsj_editor", addresses=addresses)
    tell(["rsj_editor"], "knowledge.task_due", TITLE, "task:3")
    delivery.route(parts)
    assert delivery.deliver(parts) == 2
    posted = dict(web_server.posted)
    sms, wecom = posted["Bearer t0ken"], posted[""]
    assert sms["to"] == "13900001234" and sms["id"].startswith("notice-") and "任务到期提醒" in sms["text"]
    assert wecom["msgtype"] == "text" and wecom["text"]["mentioned_list"] == ["editor01"]


def test_addresses_are_not_readable_in_the_database(world: World, wish: Callable[..., None]) -> None:
    wish("rsj_editor", **NOW_BY_MAIL)
    with world.database.read() as session:
        stored = session.execute(select(Preference)).scalar_one()
    assert "an@city.example" not in json.dumps(stored.addresses)


def test_a_failed_message_is_tried_again_later_and_given_up_at_last(
    world: World, parts: Runtime, clock: FixedClock, web_server: WebServer,
    wish: Callable[..., None], tell: Callable[..., None],
) -> None:  # fmt: skip
    web_server.status = 503
    wish("rsj_editor", addresses={"sms": "13900001234"})
    tell(["rsj_editor"], "knowledge.task_due", TITLE, "task:3")
    delivery.route(parts)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        assert statuses(world) == [("sms", "waiting")]
        assert (delivery.deliver(parts), delivery.deliver(parts)) == (0, 0)
        assert len(web_server.posted) == attempt
        clock.advance(timedelta(hours=3))
    assert statuses(world) == [("sms", "dead")]
    web_server.status = 200
    clock.advance(timedelta(days=1))
    assert delivery.deliver(parts) == 0
    with world.database.write() as session:
        row = delivery.deliveries(session, status="dead").items[0]
        assert row.problem == "对方接口返回 503"
        ctx = world.as_("zx_manager")
        officer = replace(ctx, actor=replace(ctx.actor, permissions=frozenset({"system.manage"})))
        delivery.retry(session, officer, row.id)
    assert delivery.deliver(parts) == 1


def test_what_the_other_side_calls_wrong_is_given_up_at_once(
    world: World, parts: Runtime, web_server: WebServer, wish: Callable[..., None], tell: Callable[..., None]
) -> None:
    web_server.answer = {"errcode": 93000, "errmsg": "invalid webhook url"}
    wish("rsj_editor", addresses={"wecom": "editor01"})
    tell(["rsj_editor"], "knowledge.task_due", TITLE, "task:3")
    delivery.route(parts)
    delivery.deliver(parts)
    assert statuses(world) == [("wecom", "dead")]


@pytest.mark.parametrize(("said", "for_good"), [("550 unknown", True), ("451 later", False)])
def test_a_refused_recipient_is_for_good_only_where_the_server_says_so(
    mail_server: MailServer, said: str, for_good: bool
) -> None:
    mail_server.refuse = said
    outlet = MailOutlet("127.0.0.1", mail_server.port, "none", "", "", "kb@city.example")
    with pytest.raises(NotDelivered) as caught:
        outlet.send(Message("k", "an@city.example", "h", "b", MORNING))
    assert caught.value.for_good is for_good
    assert "an@city.example" not in caught.value.problem


def test_a_mail_server_that_is_not_there_is_tried_again() -> None:
    outlet = MailOutlet("127.0.0.1", 9, "none", "", "", "kb@city.example")
    with pytest.raises(NotDelivered) as caught:
        outlet.send(Message("k", "an@city.example", "h", "b", MORNING))
    assert not caught.value.for_good


def test_quiet_hours_hold_a_notice_but_not_a_script_to_review(
    world: World, parts: Runtime, clock: FixedClock, wish: Callable[..., None], tell: Callable[..., None]
) -> None:
    wish("zx_reviewer", addresses={"sms": "13900001234"}, quiet_from=22 * 60, quiet_to=7 * 60)
    clock.advance(timedelta(hours=13))
    tell(["zx_reviewer"], "ticket.assigned", TITLE, "ticket:T1")
    tell(["zx_reviewer"], "knowledge.script", TITLE, "point:K000009")
    delivery.route(parts)
    assert delivery.deliver(parts) == 1
    clock.advance(timedelta(hours=8))
    assert delivery.deliver(parts) == 1


def test_without_an_outlet_notices_go_to_a_file_of_their_own_and_name_what_people_know_them_by(
    world: World, service: Service, tell: Callable[..., None]
) -> None:
    tell(["rsj_editor"], "ticket", TITLE, "ticket:20261120-00001")
    tell(["rsj_editor"], "knowledge.task", TITLE, "task:31")
    delivery.route(service.parts)
    assert delivery.deliver(service.parts) == 2
    lines = (service.parts.settings.var_dir / "notices.log").read_text("utf-8").splitlines()
    assert ["工单 1 条（20261120-00001）。" in lines[0], "限时任务 1 条。" in lines[1]] == [True, True]
    assert all(line.startswith("2026-11-20 ") and TITLE not in line for line in lines)


def test_what_was_read_meanwhile_is_not_sent(
    world: World, parts: Runtime, clock: FixedClock, web_server: WebServer,
    wish: Callable[..., None], tell: Callable[..., None],
) -> None:  # fmt: skip
    wish("zx_reviewer", addresses={"sms": "13900001234"}, quiet_from=9 * 60, quiet_to=11 * 60)
    tell(["zx_reviewer"], "ticket.assigned", TITLE, "ticket:T1")
    delivery.route(parts)
    with world.database.write() as session:
        notices.mark_read(session, world.as_("zx_reviewer"), None)
    clock.advance(timedelta(hours=2))
    assert delivery.deliver(parts) == 0
    assert statuses(world) == [("sms", "dropped")]
    assert web_server.posted == []


def test_a_statutory_kind_cannot_be_switched_off(wish: Callable[..., None]) -> None:
    from kb_service.core.errors import Invalid

    with pytest.raises(Invalid, match="法定时限"):
        wish("rsj_editor", modes={("ticket", "sms"): "off"})


def test_a_digest_comes_at_the_chosen_time_grouped_by_kind(
    world: World, parts: Runtime, clock: FixedClock, mail_server: MailServer,
    wish: Callable[..., None], tell: Callable[..., None],
) -> None:  # fmt: skip
    wish("rsj_editor", addresses={"mail": "an@city.example"}, digest_minute=16 * 60)
    for number in range(3):
        tell(["rsj_editor"], "knowledge.approved", TITLE, f"point:K00000{number}")
    tell(["rsj_editor"], "knowledge.returned", TITLE, "point:K000009")
    assert digests.build(parts) == 0
    clock.advance(timedelta(hours=6))
    assert digests.build(parts) == 1
    assert delivery.deliver(parts) == 1
    with world.database.read() as session:
        sent = session.execute(select(Delivery)).scalar_one()
    assert sent.heading.endswith("今日未读提醒 4 条")
    assert "审核通过 3 条（K000000、K000001、K000002）；被退回的知识 1 条（K000009）" in sent.body
    assert digests.build(parts) == 0


def test_a_digest_for_working_days_waits_over_the_weekend_and_loses_nothing(
    world: World, parts: Runtime, clock: FixedClock, wish: Callable[..., None], tell: Callable[..., None]
) -> None:
    wish("rsj_editor", addresses={"mail": "an@city.example"}, working_days_only=True)
    tell(["rsj_editor"], "knowledge.approved", TITLE, "point:K000001")
    for _ in range(2):
        clock.advance(timedelta(days=1))
        assert digests.build(parts) == 0
    clock.advance(timedelta(days=1))
    assert digests.build(parts) == 1
    with world.database.read() as session:
        assert session.execute(select(func.count()).select_from(DigestItem)).scalar_one() == 1


def test_no_digest_loses_or_repeats_a_notice(
    world: World, parts: Runtime, clock: FixedClock, wish: Callable[..., None], tell: Callable[..., None]
) -> None:
    """Ten days of notices at odd hours, some read before their digest, jobs at odd hours too."""
    wish("rsj_editor", addresses={"mail": "an@city.example"}, digest_minute=9 * 60)
    read: set[int] = set()
    for step in range(60):
        clock.advance(timedelta(hours=4, minutes=7))
        if step % 3:
            tell(["rsj_editor"], "knowledge.approved", f"{step}", f"point:K{step:06d}")
        if step % 7 == 0:
            with world.database.write() as session:
                mine = notices.inbox(session, world.as_("rsj_editor"), unread=True, limit=1).items
                notices.mark_read(session, world.as_("rsj_editor"), [row.id for row in mine])
                read |= {row.id for row in mine}
        digests.build(parts)
    clock.advance(timedelta(days=1))
    digests.build(parts)
    with world.database.read() as session:
        told = session.execute(select(DigestItem.notice_id)).scalars().all()
        everything = set(session.execute(select(Notice.id)).scalars())
    assert len(told) == len(set(told))
    assert everything - set(told) <= read


def test_a_leader_is_told_once_of_what_was_left_undone(
    world: World, service: Service, clock: FixedClock, tell: Callable[..., None]
) -> None:
    leader = world.employ("rsj_leader", "U-RSJ", "unit_leader")
    tell(["rsj_reviewer"], "knowledge.review", "待单位审核：退休", "point:K000001")
    tell(["rsj_reviewer"], "knowledge.review", "待单位审核：失业", "point:K000002")
    with world.database.write() as session:
        notices.settle(session, world.as_("rsj_reviewer"), "point:K000002", "knowledge.review")
    clock.advance(timedelta(hours=47))
    assert jobs.watch(service.parts) == 0
    clock.advance(timedelta(hours=2))
    assert (jobs.watch(service.parts), jobs.watch(service.parts)) == (1, 0)
    with world.database.read() as session:
        rows = session.execute(select(Notice).where(Notice.account_id == leader)).scalars().all()
    assert [row.title for row in rows] == ["超过 48 小时未办：待单位审核：退休"]


def test_an_outlet_that_hangs_does_not_hold_up_the_other_jobs(service: Service) -> None:
    from kb_service.core.worker import Job

    hanging, done = threading.Event(), threading.Event()

    def hang(_: Runtime) -> int:
        hanging.set()
        done.wait(30)
        return 0

    def quick(_: Runtime) -> int:
        if hanging.is_set():
            done.set()
        return 0

    worker = Worker(service.parts, [Job("slow", "", 0.01, hang, aside=True), Job("quick", "", 0.01, quick)])
    worker.start()
    assert done.wait(30)
    worker.stop()
