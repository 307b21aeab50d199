"""What other systems hear of a correction: codes, state and due time, and none of the words."""

import json

from sqlalchemy import select

from kb_service.core.context import SYSTEM, Context
from kb_service.notices.webhooks.model import WebhookDelivery
from kb_service.notices.webhooks.schemas import WebhookIn
from kb_service.notices.webhooks.service import subscribing
from tests.support.corrections import confirm, report
from tests.support.knowledge import faq
from tests.support.service import Service


def test_a_correction_is_told_as_it_goes_without_what_people_wrote(service: Service) -> None:
    world, parts = service.world, service.parts
    point = world.publish(faq()).code
    with parts.database.write() as session:
        data = WebhookIn(code="city-call", url="https://call.example.cn/hook", events=["correction.*"])
        subscribing.register(session, Context(SYSTEM, parts.clock.now()), parts.cipher, parts.settings, data)
    code = report(world, point, remark="窗口已搬到四楼").correction.code
    confirm(world, code)
    with parts.database.read() as session:
        rows = list(session.execute(select(WebhookDelivery).order_by(WebhookDelivery.id)).scalars())
    assert [each.type for each in rows] == ["correction.reported", "correction.confirmed"]
    told = rows[-1].body["data"]
    assert (told["code"], told["point"], told["status"]) == (code, point, "confirmed")
    assert told["due_at"].startswith("2026-11-25T00:00")
    whole = json.dumps([each.body for each in rows], ensure_ascii=False)
    assert "四楼" not in whole
    assert "核对了文件" not in whole
