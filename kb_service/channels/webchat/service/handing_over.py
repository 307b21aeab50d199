"""From a conversation to a ticket."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from kb_service.answering.schemas import DecisionOut
from kb_service.answering.service import deciding
from kb_service.channels.webchat import rules, schemas
from kb_service.channels.webchat.service import conversations, greeting
from kb_service.core import idempotency, personal
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, Pointer
from kb_service.core.runtime import Runtime
from kb_service.tickets.schemas import RequesterIn, TicketIn
from kb_service.tickets.service import registering

# From this confidence on a citizen is told which unit will probably handle the request.
LIKELY = 0.3


@dataclass(frozen=True)
class Registered:
    """`changed`: this form had registered `ticket` before with other words, and registered nothing now."""

    ticket: str
    conversation: str
    decision: str
    phone: bool
    changed: bool = False


def prefilled(session: ReadSession, ctx: Context, data: schemas.HandOverIn) -> schemas.RequestIn:
    """The form as far as the conversation tells it; an ended one leaves it empty."""
    if not data.decision or conversations.find(session, ctx, data.conversation) is None:
        return schemas.RequestIn()
    outcome = conversations.own_decision(session, ctx, data.conversation, data.decision)
    return schemas.RequestIn(
        conversation=data.conversation,
        decision=outcome.id,
        text=deciding.in_full(deciding.find(session, outcome.id)),
        region=outcome.region or "",
    )


def register(session: WriteSession, ctx: Context, parts: Runtime, data: schemas.RequestIn) -> Registered:
    """A ticket of the citizen's own words; sent twice, the form registers once.

    Raises Invalid with a pointer to each field that must be put right.
    """
    ctx = conversations.citizen(ctx)
    wrong = list(_wrong(session, data))
    if wrong:
        raise Invalid(wrong[0]["detail"], pointers=wrong)
    words = parts.cipher.fingerprint(data.model_dump_json(exclude={"conversation", "decision"}))
    key = idempotency.scoped(ctx, f"chat-ticket:{data.once}") if data.once else ""
    stored = idempotency.claim(session, ctx, key, key) if key else None
    if stored is not None and stored.body is not None:
        first = dict(stored.body)
        changed = first.pop("words") != words
        return Registered(**first, changed=changed)
    outcome = _decided(session, ctx, parts, data)
    ticket = registering.register(session, ctx, parts, _ticket(session, data, outcome))
    conversations.say(session, ctx, outcome.conversation, "service", "ticket", ticket.code, outcome.id)
    made = Registered(ticket.code, outcome.conversation, outcome.id, bool(data.phone.strip()))
    if key:
        kept = {name: value for name, value in asdict(made).items() if name != "changed"}
        idempotency.keep(session, key, 201, kept | {"words": words})
    return made


def _wrong(session: ReadSession, data: schemas.RequestIn) -> Iterator[Pointer]:
    text, phone = data.text.strip(), data.phone.strip()
    if len(text) < rules.SHORTEST_REQUEST:
        yield {"pointer": "/text", "detail": "请写清楚发生了什么事，至少 5 个字"}
    if len(text) > rules.LONGEST_REQUEST:
        detail = f"最多 {rules.LONGEST_REQUEST} 个字，您写了 {len(text)} 个字，请精简后再提交"
        yield {"pointer": "/text", "detail": detail}
    if data.region not in {place.code for place in greeting.places(session)}:
        yield {"pointer": "/region", "detail": "请选择事情发生的地区，不清楚就选全市"}
    for name, longest in (("place", 100), ("name", 30)):
        if len(getattr(data, name).strip()) > longest:
            yield {"pointer": f"/{name}", "detail": f"最多 {longest} 个字"}
    if phone and not rules.reachable(phone):
        yield {
            "pointer": "/phone",
            "detail": "这个号码打不通，请核对，如 13800000000 或 0751-8880000；不想留可以空着",
        }


def _decided(session: WriteSession, ctx: Context, parts: Runtime, data: schemas.RequestIn) -> DecisionOut:
    """What the conversation decided on these very words, else a decision on the words of the form."""
    known = conversations.find(session, ctx, data.conversation)
    place = None if data.region == _everywhere(session) else data.region
    if data.decision and known is not None:
        before = conversations.own_decision(session, ctx, data.conversation, data.decision)
        same = deciding.find(session, before.id).question == personal.mask_said(data.text.strip())
        if same and place in {None, before.region}:
            return before
    return conversations.decide(session, ctx, parts, data.text, known, place)


def _everywhere(session: ReadSession) -> str | None:
    return next((place.code for place in greeting.places(session) if place.level == "city"), None)


def _ticket(session: ReadSession, data: schemas.RequestIn, outcome: DecisionOut) -> TicketIn:
    place = data.place.strip()
    text = data.text.strip()
    vague = data.region == _everywhere(session)
    return TicketIn.model_validate(
        {
            "class": outcome.request_class,
            "channel": conversations.CHANNEL,
            "region": (outcome.region if vague else None) or data.region,
            "title": rules.title_of(text),
            "text": f"{text}\n具体地点：{place}" if place else text,
            "requester": RequesterIn(name=data.name.strip(), phone=data.phone.strip()),
            "matter": outcome.matter,
            "unit": outcome.units[0].code if outcome.units else None,
            "decision": outcome.id,
            "sudden": outcome.sudden,
        }
    )


def likely_unit(outcome: DecisionOut) -> str:
    """The unit that will probably handle the request, or nothing where that is a guess."""
    best = outcome.units[0] if outcome.units else None
    return best.name if best and best.confidence >= LIKELY else ""
