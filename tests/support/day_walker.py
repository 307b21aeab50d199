"""A second, plain way to count working days: it shares no code and no data with the calendar under test.

The days are those of the State Council's notices for 2017, 2021, 2025 and 2026 (国办发明电〔2016〕17号,
〔2020〕27号, 〔2024〕12号 and 〔2025〕7号).
"""

from datetime import date, timedelta

_RESTS = {
    2017: "0101-0102 0127-0202 0402-0404 0429-0501 0528-0530 1001-1008",
    2021: "0101-0103 0211-0217 0403-0405 0501-0505 0612-0614 0919-0921 1001-1007",
    2025: "0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008",
    2026: "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007",
}
_MAKE_UP = {
    2017: "0122 0204 0401 0527 0930",
    2021: "0207 0220 0425 0508 0918 0926 1009",
    2025: "0126 0208 0427 0928 1011",
    2026: "0104 0214 0228 0509 0920 1010",
}


def _days(year: int, text: str) -> set[date]:
    found: set[date] = set()
    for part in text.split():
        first, _, last = part.partition("-")
        day = date(year, int(first[:2]), int(first[2:]))
        end = date(year, int((last or first)[:2]), int((last or first)[2:]))
        while day <= end:
            found.add(day)
            day += timedelta(days=1)
    return found


RESTS = {day for year, text in _RESTS.items() for day in _days(year, text)}
MAKE_UP = {day for year, text in _MAKE_UP.items() for day in _days(year, text)}


def works(day: date) -> bool:
    return day in MAKE_UP or (day.isoweekday() <= 5 and day not in RESTS)


def last_day(event: date, working_days: int) -> date:
    """Walks day by day from the day after the event until enough working days have gone by."""
    day, left = event, working_days
    while left:
        day += timedelta(days=1)
        left -= works(day)
    return day


def days_after(event: date, working_days: int, rests: set[date], make_up: set[date]) -> list[date]:
    """The working days themselves, from the day after the event; a city's own days come on top."""
    day, found = event, list[date]()
    while len(found) < working_days:
        day += timedelta(days=1)
        if day in make_up or (works(day) and day not in rests):
            found.append(day)
    return found


def day_before(due: date, working_days: int, rests: set[date], make_up: set[date]) -> date:
    """Walks back until enough working days have gone by."""
    day, left = due, working_days
    while left:
        day -= timedelta(days=1)
        left -= day in make_up or (works(day) and day not in rests)
    return day
