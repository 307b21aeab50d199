"""From the request to the unit: classes, acceptance, emergencies, dispatch, signing."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from kb_service.regulations.schema.parts import (
    Classes,
    Given,
    Listed,
    Needing,
    Needs,
    Part,
    Period,
    Recognised,
    Rule,
    Start,
    Text,
    Texts,
    Timed,
    Told,
    as_tuple,
)

Channel = Literal["phone", "web", "app", "wechat", "mail", "voice", "text", "picture", "video"]
Way = Literal["three_way_call", "call_back", "remote_seat", "transfer"]
Several = Literal["main_responsible", "lead_and_co", "separate"]


class AnswerAtOnce(Rule):
    allowed: bool = Field(
        title="可即时答复",
        description="Whether what the base can answer is answered at once; otherwise dispatched.",
    )


class Limit(Rule):
    within: Period = Field(title="办理期限", description="How long the unit has to handle and reply.")
    starts: Start = Field(
        title="起算",
        description="`received`: the first receiving body gets the ticket; `signed`: the unit signs; "
        "`accepted`: the unit decides to accept.",
    )
    met_by: Literal["reply", "completion"] = Field(
        "reply",
        title="期限内须",
        description="What must be done within it: the reply to the requester, or asking for completion.",
    )


class Reply(Needing):
    written: bool = Field(
        False, title="书面答复", description="Whether the reply is written, in the centre's form."
    )


class RequestClass(Rule):
    label: Text = Field(title="名称", description="The class as the regulation calls it.")
    covers: Classes = Field(
        (), title="包括", description="Codes of classes that the regulation puts together with this one."
    )
    answer_at_once: AnswerAtOnce = Field(title="处置", description="Answer at once, or dispatch.")
    limit: Limit = Field(title="时限", description="The handling limit.")
    first_contact: Timed | None = Field(
        None, title="首次沟通", description="By when the unit speaks with the requester, from receipt."
    )
    decision: Timed | None = Field(
        None, title="受理决定", description="By when the unit decides whether it accepts, from receipt."
    )
    reply: Reply | None = Field(None, title="答复要求", description="What the reply must be and say.")
    essentials: Given = Field(
        (),
        title="该类必要信息",
        description="What the requester must give with such a request, in place of what `acceptance.essentials` "
        "asks of any.",
    )


class SpecialLimits(Rule):
    """Limits set elsewhere, by the province or the nation or another rule."""

    effect: Literal["prevails", "shortest"] = Field(
        title="另有规定时",
        description="`prevails`: the other limit stands in place of the class's; `shortest`: the earlier due.",
    )
    classes: Classes = Field(
        (), title="适用类型", description="Codes of the classes it is said of; absent: all."
    )


class Recognition(Part):
    """How cues are looked for; a help to the intake and no part of the regulation."""

    like: Text | None = Field(
        None,
        title="识别词同",
        description="Id of a profile whose cues are used for cases of the same id that have none here.",
    )
    look_at: int = Field(
        120,
        ge=20,
        title="只看开头多少字",
        description="Emergencies and sudden matters are looked for in the first so many characters: "
        "who is in need says so first, a long letter speaks of it as a risk.",
    )
    supposed: Texts = Field(
        (),
        title="假设、经常、过去的说法",
        description="A cue is passed over where one of these stands up to 10 characters before it in the same clause.",
    )


class Ground(Recognised):
    told: Told = Field(
        title="告知用语", description="What the requester is told; may use {city} and {channel}. Chinese."
    )
    channel: Text = Field(title="其他渠道", description="The lawful channel that can help instead.")
    disposal: Literal["not_accepted", "put_through", "channel_told", "explained", "progress_told"] = Field(
        "not_accepted",
        title="处置方式",
        description="What is done with such a request, where the regulation tells several ways apart.",
    )


class Essentials(Needing):
    refusable: bool = Field(
        title="拒绝提供的可不予受理",
        description="Whether a requester who will not give them may be refused with the reason.",
    )


class UnitJudged(Needing):
    """Non-acceptance found by the unit after dispatch."""

    requester_told: bool = Field(title="须告知诉求人", description="Whether the unit tells the requester.")
    reported_back: bool = Field(title="须反馈热线", description="Whether the unit reports it to the hotline.")


class Transfer(Rule):
    offered: bool = Field(
        title="可转接", description="Whether the call may be put through to the body that can help."
    )


class Acceptance(Part):
    grounds: dict[str, Ground] = Field(
        title="不予受理情形",
        description="By id, in the order of the text.",
        json_schema_extra={"listed": True},
    )
    scope: dict[str, Listed] = Field(
        default_factory=dict,
        title="受理范围",
        description="What is accepted, where the regulation lists it, by id.",
        json_schema_extra={"listed": True},
    )
    essentials: Essentials | None = Field(None, title="必要信息", description="What the requester must give.")
    transfer: Transfer | None = Field(None, title="转接", description="Putting a call through instead.")
    by_unit: UnitJudged | None = Field(
        None, title="承办单位判断不予受理", description="What the unit does that finds it cannot be accepted."
    )
    in_procedure: Needing | None = Field(
        None,
        title="已进入法定程序",
        description="What the unit gives the hotline about matters already before a court or the like.",
    )


class EmergencyNumber(Recognised):
    told: Told = Field(title="告知用语", description="What the requester is told while being put through.")


class Emergency(Part):
    numbers: dict[Annotated[str, Field(pattern=r"^\d{3,5}$")], EmergencyNumber] = Field(
        title="紧急电话", description="By number, most urgent first.", json_schema_extra={"listed": True}
    )


class Sudden(Rule):
    record: Period = Field(
        title="处理记录", description="By when a handling record must exist, from receipt."
    )
    complete: Period = Field(title="办结期限", description="By when the matter is completed, from receipt.")
    matters: dict[str, Recognised] = Field(
        title="突发事项清单", description="The adjustable list, by id.", json_schema_extra={"listed": True}
    )


class UrgentPath(Recognised):
    to: Text = Field(title="转交", description="The body that gets it, as the regulation names it.")


class Answering(Timed):
    """What can be done on the line where the base has no answer."""

    ways: Annotated[tuple[Way, ...], BeforeValidator(as_tuple)] = Field(
        title="方式", description="How the answer is given."
    )
    consent: bool = Field(title="须诉求人同意", description="Whether the requester must agree first.")


class OnTheLine(Rule):
    ways: Annotated[tuple[Way, ...], BeforeValidator(as_tuple)] = Field(
        title="方式", description="How a unit answers while the requester is on the line."
    )


class Channels(Rule):
    open: Annotated[tuple[Channel, ...], BeforeValidator(as_tuple)] = Field(
        title="渠道", description="The channels or forms that are accepted."
    )
    around_the_clock: bool = Field(title="全天候", description="Whether staffed day and night, every day.")
    in_person: bool = Field(False, title="现场受理来访", description="Whether visitors are received.")


class Anonymity(Rule):
    hidden_from_units: bool = Field(title="对承办单位隐匿", description="Whether units do not see who asked.")


class ProgressLookUp(Rule):
    offered: bool = Field(title="提供自助查询", description="Whether the look-up is offered.")


class Intake(Part):
    channels: Channels | None = Field(None, title="受理渠道", description="Where requests come in.")
    anonymity: Anonymity | None = Field(
        None, title="隐匿个人信息", description="What is done when the requester asks not to be shown."
    )
    promised: Answering | None = Field(
        None,
        title="承诺答复",
        description="An answer promised where the base has none, from the promise.",
    )
    on_the_line: OnTheLine | None = Field(
        None, title="远端座席", description="Answers by the unit during the call."
    )
    progress: ProgressLookUp | None = Field(
        None, title="进度查询", description="Whether requesters look up the progress themselves."
    )


class Route(Timed):
    """A way from the centre to the body that answers for it, timed from registration."""

    label: Text = Field(title="名称", description="Which tickets go this way.")
    to: Literal["unit", "district_body", "centre_office"] = Field(
        title="转给", description="Who gets the ticket."
    )


class SeveralUnits(Rule):
    ways: Annotated[tuple[Several, ...], BeforeValidator(as_tuple)] = Field(
        title="多单位事项", description="How a matter of several units is dispatched."
    )


class Direct(Rule):
    to: Texts = Field(title="直接转派至", description="Who gets what is clear, without a step between.")


class Levels(Rule):
    names: Texts = Field(title="层级", description="The levels a ticket is passed down, from the top.")


class Dispute(Listed):
    decided_by: Texts = Field(
        title="确定承办单位", description="Who settles which unit handles it, in turn, the last one finally."
    )
    designated_may_return: bool = Field(
        True, title="被指定单位可退回", description="Whether the designated unit may return the ticket."
    )


class Dispatch(Part):
    routes: dict[str, Route] = Field(
        default_factory=dict, title="转办", description="The centre's own periods, by id."
    )
    direct: Direct | None = Field(None, title="直接派单", description="What is clear goes straight there.")
    levels: Levels | None = Field(None, title="分级平台", description="The levels of the city's bodies.")
    several_units: SeveralUnits | None = Field(
        None, title="多单位事项", description="Matters of several units."
    )
    disputes: dict[str, Dispute] = Field(
        default_factory=dict, title="争议协调", description="Who settles a disputed duty, by id."
    )
    urgent: dict[str, UrgentPath] = Field(
        default_factory=dict,
        title="紧急转办",
        description="Matters that go by an urgent path, by id.",
        json_schema_extra={"listed": True},
    )


class Unsigned(Rule):
    signed_at: Literal["sign_window", "return_window"] = Field(
        title="逾期未签收，视为签收于",
        description="The end of which window counts as the signing of a ticket nobody signed.",
    )


class Sign(Timed):
    """Timed from receipt."""

    needs: Needs = Field(
        (), title="须告知", description="What the unit tells requester and centre on signing."
    )
    unsigned: Unsigned | None = Field(
        None, title="未签收", description="What is deemed where nobody signs; absent: nothing."
    )
