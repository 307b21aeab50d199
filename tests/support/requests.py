"""Many tickets at once, as they stand after registration, for tests of what is counted over them."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from kb_service.core.clock import local_day
from kb_service.core.ids import new_id
from kb_service.core.runtime import Runtime
from kb_service.identity.model import Requester, Unit
from kb_service.tickets.model import Ticket

MIXER = (
    ("丽景花园旁搅拌站夜间施工噪音扰民", "丽景花园小区旁边的混凝土搅拌站夜里一直生产，噪音和粉尘影响休息。"),
    ("投诉丽景花园附近搅拌站噪音粉尘污染", "搅拌站离丽景花园太近，粉尘大，夜间噪音不断。"),
    ("丽景花园搅拌站噪音何时治理", "丽景花园业主反映搅拌站噪音扰民，要求搬走。"),
    ("搅拌站粉尘噪音影响丽景花园居民", "搅拌站昼夜生产，粉尘落满阳台，丽景花园居民无法开窗。"),
)
HEATING = (
    ("暖气不热室内温度不达标", "供暖以来家里暖气不热，室温只有十四度。"),
    ("家里暖气片不热要求供热公司处理", "暖气片冰凉，供热公司一直没有上门，室温不达标。"),
    ("供暖温度不达标暖气不热", "小区暖气不热，要求供热公司提高供暖温度。"),
    ("反映暖气不热供热温度低", "今年供暖温度低，暖气不热，老人孩子受冻。"),
)
OTHERS = (
    ("咨询退休人员养老金认证", "想问退休人员养老金资格认证怎么在手机上做。"),
    ("公交站台雨棚破损", "站台的雨棚坏了，下雨没处躲。"),
    ("身份证邮寄到哪里查", "补办的身份证说是邮寄，想查到哪了。"),
    ("小学入学报名需要哪些材料", "孩子明年上小学，想了解报名材料。"),
    ("路灯不亮晚上出行不便", "巷子里三盏路灯都不亮。"),
    ("健身房关门会员卡不退钱", "健身房关门了，办的年卡不退费。"),
    ("流浪狗伤人无人管理", "公园里有流浪狗追人。"),
    ("驾驶证换证体检在哪", "驾驶证到期换证，体检去哪做。"),
)


def add_tickets(
    parts: Runtime,
    texts: Sequence[tuple[str, str]],
    at: Iterable[datetime],
    *,
    region: str = "990101",
    unit: str | None = "U-GAJ",
    status: str = "signed",
    people: bool = True,
    **columns: object,
) -> list[int]:
    """One ticket an instant, texts in turn; `people`: each of a requester of its own, else all anonymous."""
    with parts.database.write() as session:
        unit_id = session.execute(select(Unit.id).where(Unit.code == unit)).scalar_one_or_none()
        rows = []
        for number, instant in enumerate(at):
            title, text = texts[number % len(texts)]
            code = f"{local_day(instant):%Y%m%d}-{new_id()[-10:]}"[:20]
            requester = new_id() if people else None
            if requester:
                session.add(Requester(id=requester, values={}, created_at=instant))
            rows.append(
                {
                    "code": code, "request_class": "complaint", "channel": "phone", "region_code": region,
                    "title": title, "text": parts.cipher.encrypt(text, f"ticket:{code}/text"),
                    "requester_id": requester, "confidential": False, "sudden": False, "profile_id": "demo",
                    "profile_revision": "-", "registered_at": instant, "registered_by": "agent",
                    "status": status, "unit_id": unit_id, "last_seq": 0,
                }
                | columns
            )  # fmt: skip
        session.flush()
        return list(session.execute(insert(Ticket).returning(Ticket.id), rows).scalars())


def spread(begin: datetime, end: datetime, number: int) -> list[datetime]:
    """So many instants evenly between the two."""
    return [begin + (end - begin) * (at + 0.5) / number for at in range(number)]


def days_ago(now: datetime, days: float) -> datetime:
    return now - timedelta(days=days)
