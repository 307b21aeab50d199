"""What a conversation amounts to so far: read from the base, kept nowhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Final

from kb_service.answering import steps
from kb_service.answering.assist import extracting, rules, schemas
from kb_service.answering.assist.extracting import Gazetteer
from kb_service.answering.assist.rules import Utterance
from kb_service.answering.following import Subject
from kb_service.answering.inquiry import Inquiry
from kb_service.answering.service.deciding import due_of, emergency_of, units_of
from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.runtime import Runtime
from kb_service.identity.service import people
from kb_service.knowledge.service import catalogue, words
from kb_service.regulations import rules as regulation
from kb_service.regulations import service as regulations
from kb_service.regulations.schema import Profile

HITS: Final = 5
ANSWER: Final = 400
TITLE: Final = 40
# From this on what was found is what the conversation is about.
SUBJECT: Final = 0.3
OF_QUESTION = (steps.subject, steps.place, steps.retrieve)
OF_TICKET = (
    steps.safety,
    steps.classify,
    steps.acceptance,
    steps.place,
    steps.retrieve,
    steps.route,
    steps.clocks,
)


@dataclass(frozen=True)
class Heard:
    """What is told, and the subject that the next utterance may go on from."""

    told: schemas.HeardOut
    subject: Subject | None


def urgent(profile: Profile, said: Utterance) -> schemas.UrgentOut | None:
    """Danger in one utterance, by its words alone; an agent who repeats the question raises no alarm."""
    match = regulation.emergency_match(profile, said.text) if said.who == "caller" else None
    told = emergency_of(match)
    return schemas.UrgentOut(seq=said.seq, cue=match.cue, emergency=told) if match and told else None


def hear(
    session: ReadSession,
    ctx: Context,
    parts: Runtime,
    said: Sequence[Utterance],
    *,
    region: str | None = None,
    subject: Subject | None = None,
) -> Heard:
    """`said` are the utterances so far, oldest first."""
    began = perf_counter()
    profile = regulations.current_profile(session, ctx, parts.settings.profile)
    known, today = gazetteer(session), local_day(ctx.now)
    question = rules.likely_question(said, lambda text: extracting.without_details(text, known, today))
    asked = _inquiry(session, ctx, parts, profile, question, region, subject)
    told = _inquiry(session, ctx, parts, profile, rules.facts_of(said), region, None)
    for step in OF_QUESTION if question else ():
        step(asked)
    for step in OF_TICKET if told.question else ():
        step(told)
    heard = [extracting.extract(each.text, known, today) for each in said if each.who == "caller"]
    fields = _fields(session, said, heard, asked, told)
    out = schemas.HeardOut(
        seq=max((each.seq for each in said), default=0),
        question=question,
        inherits=asked.subject.title if asked.subject and asked.inherits else "",
        hits=_hits(asked),
        fields=fields,
        missing=[
            schemas.MissingOut.model_validate(each)
            for each in rules.missing(profile, fields.request_class, _given(fields))
        ],
        emergency=emergency_of(told.emergency),
        ground=told.grounds[0].label if told.grounds else "",
        degraded=asked.degraded,
        ms=round((perf_counter() - began) * 1000, 2),
    )
    return Heard(out, _subject(asked) or subject)


def _inquiry(
    session: ReadSession,
    ctx: Context,
    parts: Runtime,
    profile: Profile,
    text: str,
    region: str | None,
    subject: Subject | None,
) -> Inquiry:
    return Inquiry(
        session=session,
        ctx=ctx,
        parts=parts,
        profile=profile,
        calendar=regulations.calendar(session),
        channel="phone",
        question=text,
        region=None,
        earlier_region=region,
        region_names={each.code: each.name for each in people.regions(session)},
        subject=subject,
    )


def _hits(asked: Inquiry) -> list[schemas.HitOut]:
    return [
        schemas.HitOut(
            code=hit.code,
            version=hit.version,
            title=hit.title,
            unit_name=hit.unit_name,
            snippet=hit.snippet,
            answer=hit.answer[:ANSWER],
            confidence=hit.confidence,
            state=hit.state,
            uploaded_at=hit.uploaded_at,
            held=hit.held,
        )
        for hit in asked.hits[:HITS]
    ]


def _subject(asked: Inquiry) -> Subject | None:
    best = asked.candidates[0] if asked.candidates else None
    if best is None or best.confidence < SUBJECT:
        return None
    kept = asked.subject if asked.inherits and asked.subject else None
    view = asked.views[best.code]
    return Subject(kept.asked if kept else asked.wanted, view.title, view.code, tuple(view.keywords))


def _fields(
    session: ReadSession,
    said: Sequence[Utterance],
    heard: Sequence[extracting.Heard],
    asked: Inquiry,
    told: Inquiry,
) -> schemas.FieldsOut:
    personal = [
        schemas.PersonalOut(
            kind=span.kind,
            seq=each.seq,
            start=span.start,
            end=span.end,
            masked=each.text[span.start : span.end],
        )
        for each in said
        if each.who == "caller"
        for span in each.personal
    ]
    matters = {each.code: each.name for each in catalogue.matters(session)} if told.matter else {}
    return schemas.FieldsOut(
        request_class=told.guess.request_class,
        title=(told.question or asked.question)[:TITLE],
        text=told.question,
        region=_named(told.region, told.region_names),
        places=list(dict.fromkeys(each.text for one in heard for each in one.places)),
        times=list(
            {
                each.text: schemas.WhenOut(text=each.text, day=each.day)
                for one in heard
                for each in one.times
            }.values()
        ),
        parties=list(dict.fromkeys(each.text for one in heard for each in one.parties)),
        matter=_named(told.matter, matters),
        field=told.field_name,
        name=rules.name_of(said),
        phone=next((each.masked for each in reversed(personal) if each.kind == "phone"), ""),
        personal=personal,
        units=units_of(told),
        due=due_of(told),
        sudden=told.sudden is not None,
    )


def _named(code: str | None, names: Mapping[str, str]) -> schemas.NamedOut | None:
    return schemas.NamedOut(code=code, name=names[code]) if code is not None and code in names else None


def _given(fields: schemas.FieldsOut) -> frozenset[str]:
    said = {
        "time": fields.times,
        "place": fields.places,
        "address": fields.places,
        "facts": fields.text,
        "parties": fields.parties,
        "name": fields.name,
        "phone": fields.phone,
    }
    return frozenset(name for name, value in said.items() if value)


def gazetteer(session: ReadSession) -> Gazetteer:
    """Places are the regions and the city's own words; what a unit is called is a party."""
    units = {
        name
        for unit in people.all_units(session)
        for name in (unit.name, unit.short_name, *unit.former_names)
        if name
    }
    regions = [each.name for each in people.regions(session)]
    return Gazetteer(regions, [word for word in words.own(session) if word not in units], units)
