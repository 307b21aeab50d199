"""From the request to a ticket: registering, answering at once, promising, not accepting, putting through."""

from dataclasses import replace

from pydantic import Field

from kb_service.core import clauses
from kb_service.core.clock import local_day
from kb_service.core.errors import Invalid
from kb_service.regulations import rules as regulation
from kb_service.regulations.deployment import check_supplied
from kb_service.regulations.schema import Profile, Rule
from kb_service.regulations.schema.parts import Essential
from kb_service.tickets.rules.life.facts import KnownPoint, Mark, Promise, State
from kb_service.tickets.rules.life.intake_data import (
    Code,
    Data,
    Loose,
    Name,
    Point,
    RegisterData,
    Text,
)
from kb_service.tickets.rules.life.registry import (
    Case,
    Refusal,
    clause_of,
    event,
    first,
    from_invalid,
    no,
)
from kb_service.tickets.rules.life.words import OPEN, REGISTERED

_ANYHOW = frozenset({"api"})


class AnswerData(Data):
    code: Code = Field(description="Code of the knowledge point that answers.")
    version: int = Field(ge=1, description="Number of the version used.")
    text: Loose = Field("", description="What was told.")


class NotAcceptData(Data):
    ground: Code = Field(
        description="Id of the ground in the profile, or `essentials` where the requester refuses to give them."
    )
    told: bool = Field(description="Whether the requester was told ground and channel.")
    transferred_to: Loose = Field("", description="Whom the call was put through to instead.")


class PutThroughData(Data):
    number: Code = Field(description="The emergency number.")


class LineData(Data):
    way: Code = Field(description="`three_way_call`, `remote_seat`, `call_back` or `transfer`.")
    unit: Code | None = Field(None, description="The unit on the line.")
    consent: bool = Field(False, description="Whether the requester agreed.")
    answered: bool = Field(description="Whether the requester was answered on the line.")
    text: Loose = Field("", description="What was told.")


class PromiseData(Data):
    way: Code = Field(description="`three_way_call` or `call_back`.")
    consent: bool = Field(description="Whether the requester agreed.")


class PromisedData(Data):
    answered: bool = Field(description="Whether the requester has the answer; otherwise it is dispatched.")
    text: Loose = Field("", description="What was told.")


class SupplementData(Data):
    text: Text = Field(description="What the requester adds.")
    essentials: tuple[Essential, ...] = Field((), description="Essentials that are given with it.")


class PointData(Data):
    point: Point = Field(description="The knowledge point that applies.")


class ConfidentialData(Data):
    staff: tuple[Name, ...] = Field(min_length=1, description="Names of those who may handle it.")


def _registration(case: Case, data: RegisterData) -> Refusal | None:
    profile = case.profile
    try:
        check_supplied(profile)
        regulation.check_in_force(profile, local_day(case.at), case.rules.continued_until)
        regulation.request_class_of(profile, data.request_class)
    except Invalid as error:
        return from_invalid(error, next(iter(profile.classes.values())))
    return first(_channel(case, data), _paths(case, data), _special(profile, data))


def _channel(case: Case, data: RegisterData) -> Refusal | None:
    rule = case.profile.intake.channels
    if rule is not None and data.channel not in rule.open and data.channel not in _ANYHOW:
        return no("channel_closed", "本市没有开通这一渠道", rule)
    seats = case.profile.seats
    if data.seat is not None and data.seat not in seats:
        known = next(iter(seats.values()), None)
        return no("seat_unknown", f"没有“{data.seat}”这种接听日或专席", known, case.profile.validity)
    return None


def _paths(case: Case, data: RegisterData) -> Refusal | None:
    dispatch, profile = case.profile.dispatch, case.profile
    if data.urgent is not None and data.urgent not in dispatch.urgent:
        return no(
            "urgent_path_unknown", f"没有“{data.urgent}”这一紧急转办", _any_urgent(profile), profile.validity
        )
    if data.route is not None and data.route not in dispatch.routes:
        return no("route_unknown", f"没有“{data.route}”这一转办途径", _any_route(profile), profile.validity)
    if data.sudden and profile.sudden is None:
        return no("sudden_none", "本市规则没有突发事项清单", profile.validity)
    return None


def _special(profile: Profile, data: RegisterData) -> Refusal | None:
    rule = profile.special_limits
    code = regulation.code_of(profile, data.request_class)
    if data.special is None or (rule is not None and (not rule.classes or code in rule.classes)):
        return None
    return no("special_limit_none", "这类事项不适用另行规定的期限", rule, profile.validity)


def _any_urgent(profile: Profile) -> Rule | None:
    return next(iter(profile.dispatch.urgent.values()), None)


def _any_route(profile: Profile) -> Rule | None:
    return next(iter(profile.dispatch.routes.values()), None)


@event("register", "登记", "agent centre requester system", ["new"], check=_registration)
def register(case: Case, data: RegisterData) -> State:
    """The request becomes a ticket, under the rules in force today."""
    marks = _marks(case.profile, case, data)
    points = tuple(KnownPoint(each.code, each.uploaded_at, each.not_direct) for each in data.points)
    return replace(
        case.state,
        status="pending",
        request=data,
        registered_at=case.at,
        centre_from=case.at,
        points=points,
        marks=marks,
    )


def _marks(profile: Profile, case: Case, data: RegisterData) -> tuple[Mark, ...]:
    seat = None if data.seat is None else profile.seats[data.seat]
    urgent = None if data.urgent is None else profile.dispatch.urgent[data.urgent]
    found = [
        ("seat", data.seat, seat),
        ("urgent", None if urgent is None else urgent.to, urgent),
        ("hidden", "units" if data.hidden and _hides(profile) else None, profile.intake.anonymity),
        ("confidential", "path" if data.confidential and _path(profile) else None, _path(profile)),
    ]
    return tuple(Mark(kind, value, case.at, clause_of(rule)) for kind, value, rule in found if value)


def _hides(profile: Profile) -> bool:
    rule = profile.intake.anonymity
    return rule is not None and rule.hidden_from_units


def _left(case: Case, status: str, **changes: object) -> State:
    """Done without a unit: the centre's clock ends here."""
    return replace(case.state, status=status, left_pending_at=case.at, **changes)  # type: ignore[arg-type]


def _answerable(case: Case) -> Refusal | None:
    found = regulation.request_class_of(case.profile, case.request.request_class).answer_at_once
    return (
        None if found.allowed else no("not_answered_at_once", "这类事项不即时答复，应转承办单位办理", found)
    )


@event("answer", "即时答复", "agent centre", ["pending", "promised"], offer=_answerable)
def answer(case: Case, _: AnswerData) -> State:
    """Answered at once from the knowledge base, with the version used."""
    return _left(case, "answered")


def _ground(case: Case, data: NotAcceptData) -> Refusal | None:
    grounds, essentials = case.profile.acceptance.grounds, case.profile.acceptance.essentials
    some = next(iter(grounds.values()))
    if data.ground == "essentials":
        if essentials is None or not essentials.refusable:
            return no("essentials_not_refusable", "不能因诉求人没有提供信息而不予受理", essentials, some)
        if not case.request.withheld:
            return no("essentials_not_withheld", "诉求人没有拒绝提供必要信息", essentials)
    elif data.ground not in grounds:
        return no("ground_unknown", f"没有“{data.ground}”这一不予受理情形", some)
    rule: Rule | None = grounds.get(data.ground, essentials)
    if (untold := _untold(data, rule)) is not None:
        return untold
    if data.transferred_to and case.profile.acceptance.transfer is None:
        return no("transfer_none", "本市规则没有转接其他单位", rule)
    return None


@clauses.rule("XT-14.1", "ST-8.3", "SG-13", neutral=None)
def _untold(data: NotAcceptData, ground: Rule | None) -> Refusal | None:
    """Nobody is turned away without reason and basis."""
    if data.told:
        return None
    return no("requester_not_told", "不予受理须告知诉求人理由和其他法定渠道", ground)


def _grounds(profile: Profile) -> Rule | None:
    return next(iter(profile.acceptance.grounds.values()))


@event("not_accept", "不予受理", "centre", ["pending", "promised"], rule=_grounds, check=_ground)
def not_accept(case: Case, data: NotAcceptData) -> State:
    """An authorised person records a ground for non-acceptance; the requester was told it and the channel."""
    rule: Rule | None = case.profile.acceptance.grounds.get(data.ground, case.profile.acceptance.essentials)
    mark = Mark("not_accepted", data.ground, case.at, clause_of(rule))
    return _left(case, "refused", marks=(*case.state.marks, mark))


def _number(case: Case, data: PutThroughData) -> Refusal | None:
    numbers = case.profile.emergency.numbers
    if data.number in numbers:
        return None
    return no("number_unknown", f"没有“{data.number}”这个紧急电话", next(iter(numbers.values())))


def _emergency(profile: Profile) -> Rule | None:
    return next(iter(profile.emergency.numbers.values()))


@event("put_through", "转紧急热线", "agent centre", ["pending"], rule=_emergency, check=_number)
def put_through(case: Case, data: PutThroughData) -> State:
    """An emergency is put through at once."""
    rule = case.profile.emergency.numbers[data.number]
    mark = Mark("put_through", data.number, case.at, clause_of(rule))
    return _left(case, "put_through", marks=(*case.state.marks, mark))


def _line_rule(profile: Profile) -> Rule | None:
    return profile.intake.on_the_line or profile.intake.promised


def _on_line(case: Case, data: LineData) -> Refusal | None:
    intake = case.profile.intake
    rule = intake.on_the_line or intake.promised
    if rule is None or data.way not in rule.ways:
        return no("way_unknown", f"本市规则没有“{data.way}”这种方式", rule)
    if rule is intake.promised and rule.consent and not data.consent:
        return no("consent_missing", "须取得诉求人同意", rule)
    return None


@event(
    "line_answer",
    "通话中由单位答复",
    "agent centre unit",
    ["pending"],
    rule=_line_rule,
    own_rule=True,
    check=_on_line,
)
def line_answer(case: Case, data: LineData) -> State:
    """A three-way call or a remote seat: answered on the line, or to be dispatched."""
    mark = Mark(data.way, data.unit or "", case.at, clause_of(_line_rule(case.profile)))
    marks = (*case.state.marks, mark)
    return _left(case, "answered", marks=marks) if data.answered else replace(case.state, marks=marks)


def _promised_rule(profile: Profile) -> Rule | None:
    return profile.intake.promised


def _promise(case: Case, data: PromiseData) -> Refusal | None:
    rule = case.profile.intake.promised
    if rule is None or data.way not in rule.ways:
        return no("way_unknown", f"本市规则没有“{data.way}”这种答复方式", rule)
    if rule.consent and not data.consent:
        return no("consent_missing", "须取得诉求人同意", rule)
    return None


@event("promise", "承诺答复", "agent centre", ["pending"], rule=_promised_rule, own_rule=True, check=_promise)
def promise(case: Case, data: PromiseData) -> State:
    """An answer is promised where the base has none."""
    return case.with_status("promised", promise=Promise(data.way, case.at))


@event("promised_answer", "兑现承诺答复", "agent centre", ["promised"], rule=_promised_rule, own_rule=True)
def promised_answer(case: Case, data: PromisedData) -> State:
    """The promised answer is given, or the matter goes to a unit after all."""
    kept = case.state.promise and replace(case.state.promise, answered_at=case.at)
    if data.answered:
        return _left(case, "answered", promise=kept)
    return case.with_status("pending", promise=kept)


@event("supplement", "诉求人补充", "requester agent centre", OPEN)
def supplement(case: Case, data: SupplementData) -> State:
    """The requester adds something; what was returned for it can be dispatched again."""
    essentials = tuple(dict.fromkeys((*case.request.essentials, *data.essentials)))
    request = case.request.model_copy(update={"essentials": essentials})
    status = "pending" if case.state.status == "supplementing" else case.state.status
    return case.with_status(status, request=request)


def _applies(profile: Profile) -> Rule | None:
    return None if profile.returns is None else profile.returns.not_returnable.get("knowledge")


@event("confirm_point", "确认适用知识点", "centre", OPEN, rule=_applies)
def confirm_point(case: Case, data: PointData) -> State:
    """A person confirms that a knowledge point applies to the request."""
    point = KnownPoint(data.point.code, data.point.uploaded_at, data.point.not_direct)
    return replace(case.state, points=(*case.state.points, point))


def _path(profile: Profile) -> Rule | None:
    """Only where confidential tickets go by a path of their own."""
    rule = profile.confidentiality.path
    return rule if rule is not None and rule.separate_path else None


def _lacking_path(case: Case) -> Refusal | None:
    return (
        None
        if case.request.confidential
        else no("not_confidential", "工单登记时没有列为保密件", _path(case.profile))
    )


@event(
    "confidential_staff",
    "指定保密专办人员",
    "centre",
    OPEN,
    rule=_path,
    own_rule=True,
    offer=_lacking_path,
)
def confidential_staff(case: Case, data: ConfidentialData) -> State:
    """Names who alone may handle a confidential ticket."""
    return replace(case.state, confidential_staff=data.staff)


class SeatData(Data):
    result: Text = Field(description="What came of the matter.")


def _seat(case: Case) -> Refusal | None:
    if case.request.seat is not None:
        return None
    known = next(iter(case.profile.seats.values()), None)
    return no("not_a_seat_call", "这件工单不是接听日或专席受理的", known, case.profile.validity)


@event("seat_result", "接听日、专席事项跟踪结果", "centre agent", REGISTERED, offer=_seat)
def seat_result(case: Case, data: SeatData) -> State:
    """What came of a call taken on a leader's day or at a special seat."""
    rule = case.profile.seats[case.request.seat or ""]
    mark = Mark("seat_result", data.result, case.at, clause_of(rule))
    return replace(case.state, marks=(*case.state.marks, mark))
