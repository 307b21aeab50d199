"""Forms of the steps on a ticket, made from what each step's details are: one control for each field. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from admin.forms import Sent
from kb_service.regulations.schema import Profile
from kb_service.regulations.words import WORDS
from kb_service.tickets.rules.life import KINDS
from kb_service.tickets.rules.life.dispatching import SplitPart
from kb_service.tickets.rules.life.intake_data import Point

Control = Literal["area", "text", "number", "date", "flag", "choice", "choices", "lines", "parts", "point"]
Choice = tuple[str, str]
_UNITS: Final = frozenset({"to", "unit", "suggested_unit", "co_units", "from"})
_SHORT: Final = frozenset(
    {
        "handler",
        "handler_contact",
        "time",
        "definite_date",
        "transferred_to",
        "number",
        "title",
        "id",
        "of",
        "code",
    }
)
_SEVERAL: Final = frozenset({"co_units", "choices"})
_SHAPES: Final[Mapping[Any, Control]] = {
    SplitPart: "parts",
    Point: "point",
    bool: "flag",
    int: "number",
    date: "date",
}
# What the service looks up by itself.
_LOOKED_UP: Final = frozenset({("repeat_found", "done"), ("repeat_found", "overdue")})
# What the page on which a reply is written gives.
_WRITTEN_ASIDE: Final = frozenset({("reply", "cites"), ("reply", "template")})
_WORDS: Final[Mapping[str, str]] = {
    "very_satisfied": "非常满意",
    "unsatisfied": "不满意",
    "very_unsatisfied": "非常不满意",
    "not_ours": "不属于本单位职责",
    "wrong_record": "登记有误",
    "supplement": "材料不全，需补充",
    "survey": "踏勘后不属于本单位",
    "sms": "短信",
    "letter": "信函",
    "in_person": "当面",
    "add": "补充答复",
    "change": "修改答复",
}
RATINGS: Final[Mapping[str, str]] = {
    "very_satisfied": "非常满意",
    "satisfied": "满意",
    "basically_satisfied": "基本满意",
    "unsatisfied": "不满意",
    "very_unsatisfied": "非常不满意",
}


@dataclass(frozen=True)
class Input:
    """One control; `options` are empty where anything may be written."""

    name: str
    kind: Control
    must: bool
    options: tuple[Choice, ...] = ()


def inputs(step: str, profile: Profile, units: Sequence[Choice]) -> list[Input]:
    """The controls of a step's form, in the order in which its details are declared."""
    return [
        _input(step, name, field, profile, units)
        for name, field in _fields(step)
        if (step, name) not in _LOOKED_UP
    ]


def step_data(sent: Sent, step: str) -> dict[str, Any]:
    """What was filled in; what nobody chose is left out, so that the service asks for it."""
    found: dict[str, Any] = {}
    for name, field in _fields(step):
        value = _value(sent, name, _control(name, field))
        if value not in (None, "", []):
            found[name] = value
    return found


def _fields(step: str) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in KINDS[step].data.model_fields.items():
        if (step, name) not in _WRITTEN_ASIDE:
            yield field.alias or name, field


def _input(step: str, name: str, field: FieldInfo, profile: Profile, units: Sequence[Choice]) -> Input:
    options = _options(step, name, field, profile, units)
    control = _control(name, field)
    if options and control in {"area", "text"}:
        control = "choice"
    return Input(name, control, field.is_required(), tuple(options))


def _control(name: str, field: FieldInfo) -> Control:
    plain, many = _plain(field.annotation)
    if plain in _SHAPES:
        return _SHAPES[plain]
    one_of = get_origin(plain) is Literal
    if many:
        return "choices" if one_of or name in _SEVERAL else "lines"
    if one_of:
        return "choice"
    return "text" if name in _SHORT else "area"


def _plain(annotation: Any) -> tuple[Any, bool]:
    """The type below its constraints, its being optional, and its being a list."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return _plain(next(each for each in get_args(annotation) if each is not type(None)))
    if origin is tuple:
        return _plain(get_args(annotation)[0])[0], True
    return annotation, False


def _options(
    step: str, name: str, field: FieldInfo, profile: Profile, units: Sequence[Choice]
) -> Sequence[Choice]:
    plain, _ = _plain(field.annotation)
    if get_origin(plain) is Literal:
        return [(each, _WORDS.get(each, WORDS.get(each, each))) for each in get_args(plain)]
    if name in _UNITS:
        return units
    if (step, name) == ("rate", "choices"):
        return list(RATINGS.items())
    return _of_profile(step, name, profile)


def _of_profile(step: str, name: str, profile: Profile) -> list[Choice]:
    """What the city's rules list for a field, by id."""
    intake, supervision, returns, redo = profile.intake, profile.supervision, profile.returns, profile.redo
    listed: dict[tuple[str, str], Mapping[str, Any]] = {
        ("not_accept", "ground"): profile.acceptance.grounds,
        ("decide_acceptance", "ground"): profile.acceptance.grounds,
        ("accountability", "ground"): supervision.accountability,
        ("redo", "ground"): redo.grounds if redo else {},
        ("settle_objection", "outcome"): redo.after_last if redo else {},
        ("put_through", "number"): profile.emergency.numbers,
        ("open_coordination", "dispute"): profile.dispatch.disputes,
        ("decide_return", "not_returnable"): returns.not_returnable if returns else {},
        ("end", "ending"): profile.endings,
        ("open_supervision", "kind"): supervision.kinds,
        ("open_supervision", "trigger"): supervision.triggers,
        ("refer", "clue"): supervision.referrals,
        ("record_abuse", "abuse"): profile.access.abuses,
    }
    if name == "way":
        rule = intake.promised if step == "promise" else intake.on_the_line or intake.promised
        return [(each, WORDS.get(each, each)) for each in rule.ways] if rule else []
    found = listed.get((step, name), {})
    return [(key, getattr(rule, "label", "") or WORDS.get(key, key)) for key, rule in found.items()]


def _value(sent: Sent, name: str, control: Control) -> Any:
    if control in {"choices", "lines"}:
        return sent.many(name) if control == "choices" else sent.lines(name)
    if control == "parts":
        # Each line: the unit's code, a blank, what the part is about.
        split = (line.partition(" ") for line in sent.lines(name))
        return [{"to": to, "text": about.strip()} for to, _, about in split]
    text = sent.text(name)
    if control == "flag":
        return {"yes": True, "no": False}.get(text)
    if control == "number" and text.isdigit():
        return int(text)
    return {"code": text} if control == "point" and text else text
