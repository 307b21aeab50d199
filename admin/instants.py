"""What a person types as a day or a local time, as the service means it."""

from datetime import date, datetime

from kb_service.core.clock import CITY
from kb_service.core.errors import Invalid


def instant_of(text: str, field: str, label: str) -> datetime:
    """A `datetime-local` control's value, in the city's time; raises Invalid that points to its field."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=CITY)
    except ValueError:
        raise _wrong(field, f"{label}须如 2026-01-31 09:00") from None


def day_of(text: str, field: str, label: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wrong(field, f"{label}须如 2026-01-31") from None


def _wrong(field: str, detail: str) -> Invalid:
    return Invalid(f"{detail}。", code="bad_time", pointers=[{"pointer": f"/{field}", "detail": detail}])
