"""Collecting: a question or an answer from a call, a search or a ticket joins what asks the same."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from kb_service.core.clock import local_day
from kb_service.core.context import Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.errors import Invalid, Pointer
from kb_service.core.ids import next_number
from kb_service.knowledge.candidates import rules
from kb_service.knowledge.candidates.model import (
    Candidate,
    CandidateBand,
    CandidateSource,
    CandidateWording,
)
from kb_service.knowledge.candidates.rules import Status, Way
from kb_service.knowledge.candidates.service import placing, records
from kb_service.knowledge.checks import similar

_LOOKED_AT = 300
_QUESTION: Pointer = {"pointer": "/question", "detail": "请写明问的是什么"}


def capture(
    session: WriteSession,
    ctx: Context,
    *,
    source: Way,
    question: str,
    answer: str = "",
    unit_hint: str | None = None,
    evidence: Mapping[str, Any] | None = None,
    key: str | None = None,
    ticket_code: str | None = None,
    hits: Sequence[str] = (),
    times: int = 1,
) -> Candidate:
    """Keeps what was met, without personal data, and gives the candidate it belongs to.

    Met again under the same `key` it is kept once. `unit_hint` is the code of the unit that seems
    responsible, `hits` the codes of the points nearest to the question. Raises Invalid without a question.
    """
    asked, said = rules.scrub(" ".join(question.split())), rules.scrub(answer.strip())
    text = asked.text[: rules.LONGEST_QUESTION]
    words = said.text[: rules.LONGEST_ANSWER]
    if len(similar.letters(text)) < 2:
        raise Invalid("请写明问的是什么。", code="question_required", pointers=[_QUESTION])
    # Two who report the same at the same instant wait for each other here, so that they find each other.
    next_number(session, "candidate.joining")
    known = _known(session, key)
    if known is not None:
        return known
    candidate = joined(session, ctx, text, hits, new_answer=bool(words))
    fresh = candidate is None
    if candidate is None:
        candidate = _begin(session, ctx, text, words, hits)
    masked = {
        kind: asked.masked.get(kind, 0) + said.masked.get(kind, 0) for kind in {*asked.masked, *said.masked}
    }
    session.add(
        CandidateSource(
            candidate_id=candidate.id,
            way=source,
            key=key,
            at=ctx.now,
            account_id=ctx.actor.account_id,
            reporter=ctx.actor.name,
            ticket_code=ticket_code,
            question=text,
            answer=words,
            times=times,
            masked=masked,
            evidence=dict(evidence or {}),
        )
    )
    count(session, ctx, candidate, text, times)
    if fresh:
        records.note(session, ctx, candidate, "collected", text, way=source)
        placing.place_first(session, ctx, candidate, unit_hint)
    else:
        _take_answer(session, ctx, candidate, words)
    return candidate


def _known(session: ReadSession, key: str | None) -> Candidate | None:
    if key is None:
        return None
    rows = select(Candidate).join(CandidateSource, CandidateSource.candidate_id == Candidate.id)
    return session.execute(rows.where(CandidateSource.key == key)).scalars().first()


def joined(
    session: ReadSession, ctx: Context, text: str, hits: Sequence[str], *, new_answer: bool = False
) -> Candidate | None:
    """The candidate that asks the same: an open one, else one settled lately."""
    core = rules.core(text)
    keys = similar.bands(similar.fingerprint(core))
    near = select(CandidateBand.candidate_id).where(CandidateBand.key.in_(keys)).distinct()
    rows = (
        select(Candidate, CandidateWording.text)
        .join(CandidateWording, CandidateWording.candidate_id == Candidate.id)
        .where(Candidate.id.in_(near))
        .order_by(Candidate.closed_at.is_not(None), Candidate.last_at.desc(), Candidate.id.desc())
        .limit(_LOOKED_AT)
    )
    for candidate, wording in session.execute(rows):
        other = rules.core(wording)
        same = rules.same_question(
            similar.overlap(core, other),
            shared_hit=bool(hits and candidate.hits and hits[0] == candidate.hits[0]),
            shorter=min(len(similar.letters(core)), len(similar.letters(other))),
        )
        if not same:
            continue
        closed = candidate.closed_at
        if closed is None or rules.joins_closed(candidate.status, closed, ctx.now, new_answer=new_answer):
            found: Candidate = candidate
            return found
    return None


def _begin(session: WriteSession, ctx: Context, text: str, answer: str, hits: Sequence[str]) -> Candidate:
    day = local_day(ctx.now)
    candidate = Candidate(
        code=f"HX{day:%Y%m%d}-{next_number(session, f'candidate:{day}'):04d}",
        question=text,
        answer=answer,
        status=Status.UNDECIDED,
        hits=list(hits[:5]),
        times=0,
        hands=0,
        last_seq=0,
        first_at=ctx.now,
        last_at=ctx.now,
    )
    session.add(candidate)
    session.flush()
    return candidate


def count(session: WriteSession, ctx: Context, candidate: Candidate, text: str, times: int) -> None:
    """Asked so often more, in these words."""
    candidate.times += times
    candidate.last_at = ctx.now
    wording = session.execute(
        select(CandidateWording).where(
            CandidateWording.candidate_id == candidate.id, CandidateWording.text == text
        )
    ).scalar_one_or_none()
    if wording is not None:
        wording.times += times
        wording.last_at = ctx.now
        return
    session.add(CandidateWording(candidate_id=candidate.id, text=text, times=times, last_at=ctx.now))
    session.flush()
    insert: Any = postgresql_insert if session.dialect_name == "postgresql" else sqlite_insert
    keys = similar.bands(similar.fingerprint(rules.core(text)))
    rows = [{"key": key, "candidate_id": candidate.id} for key in sorted(set(keys))]
    session.execute(insert(CandidateBand).values(rows).on_conflict_do_nothing())


def _take_answer(session: WriteSession, ctx: Context, candidate: Candidate, words: str) -> None:
    """The first answer somebody wrote to an open question is what the unit is asked to confirm."""
    if not words or candidate.answer or candidate.closed_at is not None:
        return
    candidate.answer = words
    records.note(session, ctx, candidate, "answered", words)
    if candidate.unit_id is not None:
        records.give_to(session, ctx, candidate, candidate.unit_id)


def open_count(session: ReadSession) -> int:
    rows = select(func.count(Candidate.id)).where(Candidate.closed_at.is_(None))
    return session.execute(rows).scalar_one()
