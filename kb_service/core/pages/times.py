"""Instants as people read them, in the city's time. Pure."""

from datetime import date, datetime, timedelta

from kb_service.core.clock import CITY, local_day

MINUTE, HOUR, DAY = 60, 3600, 86400
YEAR = 365
WEEKDAYS = "一二三四五六日"


def day(value: date | None) -> str:
    if value is None:
        return "—"
    return (local_day(value) if isinstance(value, datetime) else value).isoformat()


def minute(instant: datetime | None) -> str:
    return instant.astimezone(CITY).strftime("%Y-%m-%d %H:%M") if instant else "—"


def full(instant: datetime) -> str:
    """The whole instant, for a title: 2026-11-20 星期五 10:00:05."""
    local = instant.astimezone(CITY)
    return f"{local:%Y-%m-%d} 星期{WEEKDAYS[local.weekday()]} {local:%H:%M:%S}"


def relative(instant: datetime, now: datetime) -> str:
    """How far an instant lies from now: 3 分钟前, 2 小时后, 昨天 16:20, 5 个月前."""
    seconds = (now - instant).total_seconds()
    suffix, size = ("前", seconds) if seconds >= 0 else ("后", -seconds)
    if size < MINUTE:
        return "刚刚" if seconds >= 0 else "即将"
    if size < HOUR:
        return f"{int(size // MINUTE)} 分钟{suffix}"
    local, today = instant.astimezone(CITY), local_day(now)
    distance = (local.date() - today).days
    near = {-1: "昨天", 0: "今天", 1: "明天"}.get(distance)
    if near:
        return f"{near} {local:%H:%M}"
    days = abs(distance)
    if days <= 30:
        return f"{days} 天{suffix}"
    return f"{days // 30} 个月{suffix}" if days < YEAR else f"{days // YEAR} 年{suffix}"


def remaining(due: datetime, now: datetime) -> str:
    """Time left until a due instant, or how long it has passed: 剩 2 天 3 小时, 超 40 分钟."""
    left = due - now
    word, span = ("剩", left) if left >= timedelta(0) else ("超", -left)
    days, rest = divmod(int(span.total_seconds()), DAY)
    hours, rest = divmod(rest, HOUR)
    if days:
        return f"{word} {days} 天 {hours} 小时" if hours else f"{word} {days} 天"
    if hours:
        return f"{word} {hours} 小时 {rest // MINUTE} 分"
    return f"{word} {max(rest // MINUTE, 1)} 分钟"
