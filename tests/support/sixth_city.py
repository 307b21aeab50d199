"""A city nobody has, with numbers nobody has: a whole profile that extends no other."""

import json
from pathlib import Path

import yaml


def rule(article: int, **values: object) -> dict[str, object]:
    return {**values, "clause": f"LU-{article}", "article": f"第{article}条"}


def limit(article: int, starts: str, **period: int) -> dict[str, object]:
    return rule(article, within=period, starts=starts)


CITY: dict[str, object] = {
    "id": "luhe-2026",
    "city": "陆河口市",
    "title": "陆河口市热线条例",
    "validity": rule(40, **{"from": "2026-01-01"}),
    "periods": {"day_ends": "17:30", "basis": "条例第三十九条", "reading": "以工作时间结束为准。"},
    "intake": {"channels": rule(1, open=["phone", "video"], around_the_clock=False)},
    "classes": {
        "consultation": rule(
            2,
            label="问询",
            answer_at_once=rule(2, allowed=True),
            limit=limit(3, "received", hours=36),
        ),
        "complaint": rule(
            2,
            label="诉怨",
            covers=["report", "appeal"],
            answer_at_once=rule(2, allowed=False),
            limit=limit(4, "signed", working_days=13),
            first_contact=rule(5, within={"hours": 5}),
        ),
        "help": rule(
            2,
            label="求援",
            answer_at_once=rule(2, allowed=True),
            limit=limit(6, "received", calendar_days=17),
        ),
    },
    "acceptance": {
        "grounds": {
            "sea": rule(
                7, label="海上事务", told="{city}不管海，请找{channel}。", channel="海事局", cues=["海上"]
            )
        }
    },
    "emergency": {"numbers": {"12395": rule(8, label="海上遇险", told="请拨12395。", cues=["翻船"])}},
    "dispatch": {
        "routes": {"river": rule(9, label="河务", within={"hours": 7}, to="unit")},
        "urgent": {"dyke": rule(9, label="堤防", to="河务局", cues=["堤…漏水"])},
    },
    "sign": {
        **rule(10, within={"working_days": 4}),
        "unsigned": rule(10, signed_at="return_window"),
    },
    "returns": {
        "not_ours": rule(11, within={"working_days": 6}, starts="signed", needs=["reason"]),
        "decided": rule(11, approved="restarts", refused="goes_on"),
        "late": rule(11, outcome="marked"),
    },
    "extension": {
        **rule(12, times=3),
        "first": {
            "ask": rule(12, working_days_before=3, needs=["reason"], requester_told=False, approved=True),
            "grant": rule(12, length="up_to", at_most={"working_days": 8}),
        },
    },
    "completion": {"unreachable": rule(13, days=4)},
    "repeats": {"again": rule(14, label="再来", done=True, new_facts=True, outcome="merged", limit="none")},
    "callback": rule(15, within={"working_days": 9}, of="all", asks="solved"),
    "ratings": {"window": rule(16, within={"hours": 60}, deemed="satisfied", phases="handling")},
    "redo": rule(
        17, times=5, within="period", period={"working_days": 11}, extension_allowed=True, rating="first"
    ),
    "cards": rule(18, yellow_after=4, red_after=7),
    "supervision": {
        "kinds": {"boat": rule(19, label="乘船督办", within={"working_days": 14})},
        "extension": rule(19, times=2, at_most={"working_days": 12}),
    },
    "access": {"restriction": rule(20, within={"calendar_days": 45}, channel="all")},
    "document_number": "陆府令第9号",
    "contact": rule(21, needs=["details"], classes=["help"]),
    "sudden": {
        **rule(22, record={"hours": 9}, complete={"working_days": 16}),
        "matters": {"wreck": rule(22, label="沉船", cues=["沉船"])},
    },
    "special_limits": rule(23, effect="shortest", classes=["complaint"]),
    "endings": {"drained": rule(24, label="河道已改", needs=["documents"], reviewed=True)},
    "objection": rule(25, to="河务局"),
    "confidentiality": {"path": rule(26, separate_path=True)},
    "knowledge": {
        "filing": rule(
            27, at_least={"working_days": 17}, at_most={"working_days": 19}, document={"calendar_days": 3}
        ),
        "correction": rule(28, general={"working_days": 18}, serious={"hours": 11}),
    },
    "seats": {"bridge": rule(29, label="桥头专席", rota=True)},
    "reports": {"ebb": rule(30, label="汛情通报", every="month", figures=["sign_in_time"])},
}


def city_file(folder: Path) -> Path:
    file = folder / "luhe-2026.yaml"
    # Through JSON, so that no part is written as a reference to another.
    text = yaml.safe_dump(json.loads(json.dumps(CITY)), allow_unicode=True, sort_keys=False)
    file.write_text(text.replace("'2026-01-01'", "2026-01-01"), encoding="utf-8")
    return file
