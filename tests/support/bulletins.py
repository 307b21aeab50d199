"""Figures of a month as a city has them, for tests of what is written from them."""

from datetime import UTC, datetime

from kb_service.insight.bulletins.sections import Hot, Month, Told
from kb_service.insight.statistics import periods
from kb_service.insight.statistics.rules import DIMENSIONS, KINDS, Figure, Figures, Row, Scope, Table, Value

OCTOBER = periods.month(2026, 10)
SHARES = {
    "instant_rate": (7_812, 12_408),
    "completion_rate": (12_001, 12_308),
    "sign_in_time": (4_510, 4_596),
    "reply_in_time": (4_402, 4_511),
    "reply_rate": (4_480, 4_511),
    "completion_in_time": (4_398, 4_500),
    "satisfaction": (2_780, 2_911),
    "solved_rate": (2_544, 2_911),
    "knowledge_in_time": (212, 220),
}
COUNTS = {"volume": 12_408, "returns": 96, "late_returns": 7, "extensions": 41, "redos": 12, "urgings": 88,
          "supervisions": 9, "yellow_cards": 6, "red_cards": 2}  # fmt: skip
UNITS = (
    ("U-GAJ", "市公安局", 812, 98, 100), ("U-RSJ", "市人力资源和社会保障局", 744, 97, 100),
    ("U-CGJ", "市城市管理和综合执法局", 690, 91, 100), ("U-ZJJ", "市住房和城乡建设局", 655, 84, 100),
    ("U-DHQ", "东湖区人民政府", 612, 95, 100), ("U-XLX", "西岭县人民政府", 404, 88, 100),
    ("U-SWJ", "市水务集团有限公司", 233, 99, 100), ("U-JYJ", "市教育局", 51, 100, 100),
)  # fmt: skip
TABLES = {
    "class": (("consultation", "咨询", 8_120), ("complaint", "投诉", 2_404), ("help", "求助", 1_310),
              ("report", "举报", 402), ("suggestion", "建议", 172)),
    "field": (("社会保障", "社会保障", 3_010), ("住房保障", "住房保障", 1_980), ("城乡建设", "城乡建设", 1_702)),
    "region": (("990101", "东湖区", 6_120), ("990102", "西岭县", 4_004)),
    "channel": (("phone", "电话", 9_900), ("wechat", "微信", 1_600), ("web", "网站", 908)),
}  # fmt: skip


def value(name: str, factor: float = 1.0) -> Value:
    if name in SHARES:
        number, of = SHARES[name]
        return Value(int(number * factor), of, 31 if name == "satisfaction" else 0)
    return Value(int(COUNTS[name] * factor))


def figures() -> Figures:
    found = {
        name: Figure(kind, value(name), value(name, 0.97), value(name, 0.88)) for name, kind in KINDS.items()
    }
    tables = {
        dimension: Table(dimension, DIMENSIONS[dimension], ("volume", "instant_rate", "completion_rate"), tuple(
            Row(key, label, {"volume": Value(number), "instant_rate": Value(number // 2, number),
                             "completion_rate": Value(number * 9 // 10, number)})
            for key, label, number in rows
        ))
        for dimension, rows in TABLES.items()
    }  # fmt: skip
    units = tuple(
        Row(code, name, {
            "volume": Value(number), "completion_rate": Value(good, of), "sign_in_time": Value(good, of),
            "reply_in_time": Value(good, of), "satisfaction": Value(good, of),
        })
        for code, name, number, good, of in UNITS
    )  # fmt: skip
    return Figures(
        OCTOBER, Scope(), datetime(2026, 11, 3, 2, tzinfo=UTC), found,
        tables | {"unit": Table("unit", "承办单位", ("volume",), units)},
    )  # fmt: skip


def told() -> Told:
    months = [
        Month(f"{25 + (9 + at) // 12}年{(9 + at) % 12 + 1}月", 9_000 + at * 270 % 3_000) for at in range(13)
    ]
    hot = [
        Hot("搅拌站夜间施工噪音", 214, 61, ["市城管局", "东湖区"], ["东湖区"]),
        Hot("暖气不热、温度不达标", 187, 0, ["市水务集团"], ["东湖区", "西岭县"]),
        Hot("楼盘延期交房", 96, 88, ["市住建局"], ["西岭县"]),
    ]
    return Told(figures(), hot, ["暖气不热、温度不达标"], months, 17)
