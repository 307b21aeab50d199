"""The steps from a question to a decision, in their order. Each tells in a sentence what it found."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from kb_service.answering import following, rules
from kb_service.answering.inquiry import Inquiry
from kb_service.answering.routing import suggesting
from kb_service.core import personal
from kb_service.core.shipped import shipped_yaml
from kb_service.knowledge.checks.service.disputes import disputes
from kb_service.knowledge.corrections.service import standing
from kb_service.knowledge.guiding.service import guides
from kb_service.knowledge.service import lookups, reading, searching
from kb_service.knowledge.service.views import VersionView
from kb_service.regulations import rules as regulation
from kb_service.regulations.words import CLASS_NAMES

CANDIDATES = 8
# What is left of the confidence where a point does not speak of what a follow-up asks about its subject.
UNSPOKEN = 0.5


@dataclass(frozen=True)
class Step:
    """`run` tells what it found, `given` what it goes by: both are kept with the decision."""

    name: str
    label: str
    run: Callable[[Inquiry], str]
    given: Callable[[Inquiry], str]


@cache
def class_cues() -> rules.Cues:
    return {
        name: [(re.compile(pattern), float(weight)) for pattern, weight in rows]
        for name, rows in shipped_yaml("kb_service.answering", "cues.yaml").items()
    }


@cache
def abuse_cues() -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in shipped_yaml("kb_service.answering", "abuse.yaml")]


def safety(inquiry: Inquiry) -> str:
    """Danger to life or property goes to the emergency number at once (SG-23). Abuse is noted and refuses nothing."""
    told = [_danger(inquiry)]
    if inquiry.masked:
        told.append(f"已隐去{'、'.join(personal.KIND_NAMES[kind] for kind in inquiry.masked)}")
    if abuse := rules.abuse_in(inquiry.question, abuse_cues()):
        told.append(f"有辱骂或威胁（{abuse}）")
        if not inquiry.public:
            inquiry.reasons.append("话语中有辱骂或威胁，可以劝导并记录；诉求照常办理。")
    return "；".join(told)


def _danger(inquiry: Inquiry) -> str:
    inquiry.sudden = regulation.sudden_match(inquiry.profile, inquiry.question)
    inquiry.emergency = regulation.emergency_match(inquiry.profile, inquiry.question)
    if inquiry.emergency is None:
        return f"突发事项：{inquiry.sudden.label}" if inquiry.sudden else "没有紧急情况"
    match = inquiry.emergency
    inquiry.verdict = rules.Verdict(
        "emergency", 1.0, (f"提到“{match.cue}”，属于{match.number}受理的紧急情况。",)
    )
    return f"紧急：{match.number}（{match.cue}）"


def subject(inquiry: Inquiry) -> str:
    """A question without a subject of its own goes on from the one before."""
    if inquiry.subject is None or inquiry.clarified:
        return "没有上文" if inquiry.subject is None else "选择了上一问给出的选项"
    inquiry.follow = following.follow(
        inquiry.question, inquiry.subject, _nearest(inquiry), inquiry.region_names.values()
    )
    if inquiry.follow.kind == "subject":
        return f"接着问：{inquiry.subject.title}（{inquiry.follow.reason}）"
    return inquiry.follow.reason


def _nearest(inquiry: Inquiry) -> following.Nearest | None:
    """What the question would find by itself."""
    asked = searching.SearchParams(q=inquiry.question, limit=1)
    hits = searching.search_points(inquiry.session, inquiry.ctx, inquiry.parts.engine, asked).hits
    if not hits:
        return None
    return following.Nearest(hits[0].title, tuple(hits[0].view.keywords), hits[0].confidence)


def classify(inquiry: Inquiry) -> str:
    guess = rules.class_of(inquiry.question, class_cues())
    learnt = suggesting.trained(inquiry.parts.settings.routing_dir, "class")
    # Half a sentence is unlike anything the model has learnt from.
    if learnt is not None and not inquiry.inherits:
        guesses = learnt.guess(inquiry.question, len(learnt.labels))
        guess = rules.with_learnt(guess, {each.label: each.probability for each in guesses})
    if guess.request_class == "human":
        inquiry.verdict = inquiry.verdict or rules.Verdict(
            "human", guess.confidence, ("诉求人要求与工作人员通话。",)
        )
        guess = rules.ClassGuess("consultation", 0.5)
    code = regulation.code_of(inquiry.profile, guess.request_class) or "help"
    guess = rules.ClassGuess(code, guess.confidence, guess.cues)
    inquiry.guess = guess
    cues = f"（{'、'.join(guess.cues)}）" if guess.cues else ""
    return f"{CLASS_NAMES[guess.request_class]}{cues}"


def acceptance(inquiry: Inquiry) -> str:
    """Grounds for non-acceptance are named, never enforced: a person decides (design, decision 17)."""
    inquiry.grounds = regulation.acceptance_grounds(inquiry.profile, inquiry.question)
    if not inquiry.grounds:
        return "没有不予受理的情形"
    ground = inquiry.grounds[0]
    inquiry.reasons.append(f"提到“{ground.cue}”，可能属于{ground.article}：{ground.label}。")
    return f"可能不予受理：{ground.label}"


def place(inquiry: Inquiry) -> str:
    """What is named now counts before what was said earlier in the conversation."""
    if inquiry.region is None:
        named = rules.mentioned_regions(inquiry.question, inquiry.region_names)
        inquiry.region = named[0] if named else inquiry.earlier_region
    return inquiry.region_names[inquiry.region] if inquiry.region else "未提到具体地区"


def retrieve(inquiry: Inquiry) -> str:
    params = searching.SearchParams(q=inquiry.wanted, limit=CANDIDATES, region=inquiry.region or None)
    found = searching.search_points(inquiry.session, inquiry.ctx, inquiry.parts.engine, params)
    inquiry.hits, inquiry.degraded = found.hits, found.degraded
    inquiry.views = {hit.code: hit.view for hit in found.hits}
    # What says of itself that this is not its question is shown to people, and never told by itself.
    inquiry.candidates = [
        _candidate(hit.view, hit.confidence, hit.held) for hit in found.hits if not hit.not_this
    ]
    _doubt_silent(inquiry)
    _promote_chosen(inquiry)
    if not inquiry.candidates:
        return "知识库没有相关内容"
    best = inquiry.candidates[0]
    return f"最接近：{best.title}（把握 {best.confidence:.0%}），共 {len(inquiry.candidates)} 条"


def _doubt_silent(inquiry: Inquiry) -> None:
    """A follow-up brings its subject with it, so the subject is found surely; whether that answers is another matter."""
    if inquiry.inherits:
        inquiry.candidates = [
            replace(each, confidence=each.confidence * UNSPOKEN)
            if following.unspoken(inquiry.question, inquiry.views[each.code].answer)
            else each
            for each in inquiry.candidates
        ]
        inquiry.candidates.sort(key=lambda each: -each.confidence)


def _candidate(view: VersionView, confidence: float, held: str) -> rules.Candidate:
    return rules.Candidate(
        code=view.code,
        version=view.number,
        title=view.title,
        confidence=confidence,
        risk=view.matter_risk or "normal",
        region=view.region_code,
        region_name=view.region_name,
        state=view.state,
        public=view.audience == "public",
        unit=view.unit_code,
        category=view.category_code,
        matter=view.matter_code,
        held=held,
    )


def _promote_chosen(inquiry: Inquiry) -> None:
    """What the citizen chose in a clarification is what they ask for."""
    if inquiry.chosen_point is None:
        return
    view = inquiry.views.get(inquiry.chosen_point)
    if inquiry.chosen_point in guides.guide_of(inquiry.session, inquiry.wanted, inquiry.ctx.now).stops:
        return
    if view is None:
        tokens = lookups.access_tokens(inquiry.ctx.actor)
        live = reading.live_versions(inquiry.session, [inquiry.chosen_point], inquiry.ctx.now)
        view = live.get(inquiry.chosen_point)
        if view is None or not view.visible_to(tokens, inquiry.ctx.now):
            return
    inquiry.views[view.code] = view
    others = [each for each in inquiry.candidates if each.code != view.code]
    held = standing.held(inquiry.session, [view.code]).get((view.code, view.number))
    inquiry.candidates = [_candidate(view, 1.0, held.hold if held else ""), *others]


def agreement(inquiry: Inquiry) -> str:
    """Do near points say different things of one matter? Then no machine tells either until people have settled it."""
    best = max((hit.score for hit in inquiry.hits), default=0.0)
    near = {hit.view.version_id: hit for hit in inquiry.hits if hit.score >= best * rules.NEAR}
    found = disputes(inquiry.session, near) if len(near) > 1 else []
    at_odds: dict[str, str] = {}
    for each in found:
        for one, other in ((each.one, each.other), (each.other, each.one)):
            at_odds.setdefault(near[one].code, f"与“{near[other].title}”{each.detail}")
    inquiry.candidates = [replace(each, disputed=at_odds.get(each.code, "")) for each in inquiry.candidates]
    return "；".join(f"{code} {told}" for code, told in at_odds.items()) or "没有发现互相矛盾"


def sufficiency(inquiry: Inquiry) -> str:
    """Is this answered: valid today, for this place, for whoever hears it, with enough confidence?"""
    good = rules.usable(inquiry.candidates, public_only=inquiry.public)
    choice = rules.choose(
        good,
        ordinary=inquiry.parts.settings.answer_precision,
        region_known=inquiry.region is not None,
        clarified=inquiry.clarified,
    )
    _warn_of_disputes(inquiry, choice)
    answerable = choice is not None and choice.decision == "answer"
    disposal = regulation.initial_disposal(inquiry.profile, inquiry.guess.request_class, answerable)
    clarify = (
        choice is not None and choice.decision == "clarify" and inquiry.guess.request_class == "consultation"
    )
    if inquiry.verdict is not None:
        return "已有结论，不再判断"
    if inquiry.grounds and not answerable:
        ground = inquiry.grounds[0]
        inquiry.verdict = rules.Verdict("not_accept", 0.5, (f"{ground.label}，可告知{ground.channel}。",))
    elif disposal.action == "answer" or clarify:
        inquiry.verdict = choice
    if disposal.action == "dispatch" and not clarify:
        inquiry.reasons.append(disposal.reason)
    best = good[0].confidence if good else 0.0
    paused = sum(candidate.suspended for candidate in inquiry.candidates)
    said = f"，{paused} 条正在纠错、暂停自动答复" if paused else ""
    return f"可用知识 {len(good)} 条，最高把握 {best:.0%}{said}"


def _warn_of_disputes(inquiry: Inquiry, choice: rules.Verdict | None) -> None:
    disputed = [each for each in inquiry.candidates if each.disputed]
    if inquiry.public and disputed:
        inquiry.reasons.append("知识库里对这件事有不一致的内容，由工作人员核实后答复。")
    elif choice is not None and choice.answered_by is not None and choice.answered_by.disputed:
        inquiry.reasons.append(f"{choice.answered_by.disputed}，请核实后再答复。")


def route(inquiry: Inquiry) -> str:
    """Suggests who is responsible, with what speaks for it, and the field and matter."""
    found = suggesting.suggest(inquiry)
    inquiry.units, inquiry.field_name, inquiry.matter = found.units, found.field, found.matter
    return "、".join(unit.name for unit in inquiry.units) or "没有可建议的单位"


def clocks(inquiry: Inquiry) -> str:
    """When it would be due, if it were registered and dispatched now."""
    inquiry.due = regulation.handling_due(
        inquiry.profile,
        inquiry.calendar,
        inquiry.guess.request_class,
        inquiry.ctx.now,
        sudden=inquiry.sudden is not None,
    )
    return "、".join(f"{due.label} {due.shown}" for due in inquiry.due) or "无"


def conclude(inquiry: Inquiry) -> str:
    """What is neither answered, clarified nor refused becomes a ticket."""
    if inquiry.verdict is None:
        best = inquiry.candidates[0].confidence if inquiry.candidates else 0.0
        consultation = inquiry.guess.request_class == "consultation"
        confidence = 1 - best if consultation else inquiry.guess.confidence
        inquiry.verdict = rules.Verdict("dispatch", confidence, ("登记为工单，转承办单位办理。",))
    inquiry.reasons += inquiry.verdict.reasons
    return inquiry.verdict.decision


def _question(inquiry: Inquiry) -> str:
    return inquiry.question


def _wanted(inquiry: Inquiry) -> str:
    return inquiry.wanted


def _before(inquiry: Inquiry) -> str:
    return f"上文：{inquiry.subject.asked}" if inquiry.subject else ""


def _place_before(inquiry: Inquiry) -> str:
    known = inquiry.region or inquiry.earlier_region
    return f"{inquiry.question}（已知地区：{inquiry.region_names.get(known or '', '无')}）"


def _found(inquiry: Inquiry) -> str:
    return "、".join(f"{each.code} {each.confidence:.2f}" for each in inquiry.candidates)


def _class(inquiry: Inquiry) -> str:
    return CLASS_NAMES[inquiry.guess.request_class]


def _so_far(inquiry: Inquiry) -> str:
    return inquiry.verdict.decision if inquiry.verdict else "尚无结论"


STEPS = (
    Step("safety", "安全检查", safety, _question),
    Step("subject", "承接上文", subject, _before),
    Step("classify", "诉求类型", classify, _question),
    Step("acceptance", "受理判断", acceptance, _question),
    Step("place", "所在地区", place, _place_before),
    Step("retrieve", "检索知识", retrieve, _wanted),
    Step("agreement", "内容是否一致", agreement, _found),
    Step("sufficiency", "能否答复", sufficiency, _found),
    Step("route", "责任单位", route, _wanted),
    Step("clocks", "办理期限", clocks, _class),
    Step("conclude", "处置决定", conclude, _so_far),
)
