"""Another model of vectors or of ranking, tried on the golden set before it serves."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kb_service.core import audit, live
from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.engines import engine_choice
from kb_service.core.errors import Invalid
from kb_service.core.runtime import Runtime
from kb_service.identity.service import actors, people
from kb_service.knowledge import indexing
from kb_service.knowledge.golden.service import gating, running, trying
from kb_service.knowledge.golden.service.gating import Broken
from kb_service.knowledge.guiding.model import ServedRanking
from kb_service.knowledge.guiding.service import ranking
from kb_service.knowledge.service.lookups import require_account
from search.embedding.factory import make_encoder
from search.embedding.transformers import EncoderUnavailable
from search.engines.errors import EngineError
from search.guide import Guide
from search.ports import SearchEngine
from search.ranking.confidence import ranking_mark
from search.ranking.learned import LEARNT, LearnedRanker
from search.ranking.model import RankingModel


def try_encoder(parts: Runtime, name: str, say: Callable[[str], None]) -> list[Broken]:
    """Cases that held in the last good run and would not with another model of vectors. The whole base is put into
    an index of its own for it, which is gone afterwards."""
    with TemporaryDirectory(prefix="kb-golden-") as folder:
        choice = engine_choice(parts.settings).for_measuring(Path(folder))
        try:
            engine = choice.open(Path(folder), make_encoder(name))
        except (EncoderUnavailable, EngineError) as error:
            raise Invalid(str(error), code="cannot_try") from error
        try:
            say("用这个模型建立临时索引…")
            indexing.rebuild(parts.database, engine, parts.clock)
            with parts.database.read() as session:
                now = parts.clock.now()
                outcomes = trying.try_all(session, now, engine, trying.standing(session))
                held = running.held_in_last_good(session)
        finally:
            engine.close()
            choice.discard()
    return [
        Broken(each.case_id, each.query, each.problem)
        for each in outcomes
        if not each.ok and held.get(each.case_id)
    ]


def require_encoder(parts: Runtime, override: str, login: str, say: Callable[[str], None]) -> None:
    """Where the index was made with another model than the settings name: raises Conflict if that breaks cases
    and nobody answers for it by name."""
    health = parts.engine.health()
    if not health.ready or not health.points or health.problem is None:
        return
    broken = try_encoder(parts, parts.settings.encoder, say)
    with parts.database.write() as session:
        now = parts.clock.now()
        ctx = acting_as(session, login, now) if login else Context(SYSTEM, now)
        gating.let_through(session, ctx, f"向量模型：{parts.settings.encoder}", broken, override)


def serve_ranking(
    session: WriteSession,
    ctx: Context,
    engine: SearchEngine,
    learnt: LearnedRanker | None,
    reason: str,
    override: str = "",
) -> ServedRanking:
    """Ranks with learnt weights from the next search on in every process, or again with those that ship.

    Raises Conflict where that breaks golden cases and nobody answers for it.
    """
    ctx.actor.require(gating.OVERRIDES)
    if not reason.strip():
        raise Invalid("请说明为什么换用这组排序权重。", code="reason_needed")
    model = learnt.model() if learnt else RankingModel()

    def with_it(guide: Guide) -> Guide:
        return replace(guide, model=model)

    broken = gating.broken_by(session, ctx, engine, trying.standing(session), with_it)
    what = f"排序权重：{ranking_mark(model) if learnt else '随产品提供'}"
    gating.let_through(session, ctx, what, broken, override)
    row = ServedRanking(
        at=ctx.now,
        account_id=require_account(ctx),
        weights=dict(learnt.weights) if learnt else {},
        about=dict(learnt.about) if learnt else {},
        reason=reason.strip()[:300],
    )
    session.add(row)
    session.flush()
    live.touch(session, ranking.LIVE.name)
    audit.record(
        session, ctx, "ranking.served", f"ranking:{row.id}", after={"weights": row.weights}, reason=row.reason
    )
    return row


def learnt_of(weights: Mapping[str, float], about: Mapping[str, Any]) -> LearnedRanker | None:
    """None where there are no weights. Raises Invalid for weights of what is not learnt."""
    unknown = sorted(set(weights) - set(LEARNT))
    if unknown:
        raise Invalid(
            f"没有名为 {'、'.join(unknown)} 的可学特征，可用：{'、'.join(LEARNT)}。", code="unknown_feature"
        )
    return LearnedRanker(dict(weights), dict(about)) if weights else None


def acting_as(session: ReadSession, login: str, now: datetime) -> Context:
    """Who gives a command on this machine and answers for it by name."""
    return Context(actors.of_account(session, people.account_by_login(session, login), "cli"), now)
