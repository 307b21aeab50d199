"""Another model of vectors or of ranking, tried on the golden set before it serves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from kb_service.core.context import SYSTEM, Context
from kb_service.core.db import ReadSession, WriteSession
from kb_service.core.engines import engine_choice
from kb_service.core.errors import Invalid
from kb_service.core.runtime import Runtime
from kb_service.identity.service import actors, people
from kb_service.knowledge import indexing
from kb_service.knowledge.golden.model import GoldenCase
from kb_service.knowledge.golden.service import gating, running, trying
from kb_service.knowledge.golden.service.gating import Broken
from search.embedding.factory import make_encoder
from search.embedding.transformers import EncoderUnavailable
from search.engines.errors import EngineError
from search.guide import Guide
from search.ports import SearchEngine
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
        ctx = Context(SYSTEM, parts.clock.now())
        if login:
            account = people.account_by_login(session, login)
            ctx = Context(actors.of_account(session, account, "cli"), parts.clock.now())
        gating.let_through(session, ctx, f"向量模型：{parts.settings.encoder}", broken, override)


def broken_by_ranking(
    session: ReadSession, ctx: Context, engine: SearchEngine, model: RankingModel
) -> list[Broken]:
    """Cases that hold with the ranking that serves and would not with another."""
    cases: list[GoldenCase] = list(trying.standing(session))

    def with_it(guide: Guide) -> Guide:
        return replace(guide, model=model)

    return gating.broken_by(session, ctx, engine, cases, with_it)


def let_ranking_through(
    session: WriteSession,
    ctx: Context,
    engine: SearchEngine,
    model: RankingModel,
    what: str,
    override: str = "",
) -> None:
    """Raises Conflict where a ranking breaks cases and nobody answers for it."""
    gating.let_through(session, ctx, what, broken_by_ranking(session, ctx, engine, model), override)
