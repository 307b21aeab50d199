"""Tries a query as somebody of an audience, under one or two configurations; nothing is recorded."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.knowledge.golden.service.trying import actor_of
from kb_service.knowledge.guiding.rules import without_hand
from kb_service.knowledge.laboratory.schemas import CandidateOut, SetupIn, SideOut, TriedOut, TryIn
from kb_service.knowledge.service.searching import PointHits, Reshape, SearchParams, search_points
from search.guide import Guide
from search.lexicon.lexicon import Lexicon
from search.ports import SearchEngine
from search.ranking.features import FEATURES
from search.ranking.model import EARNING, RankingModel

PERMISSION = "search.manage"


def try_query(session: ReadSession, ctx: Context, engine: SearchEngine, data: TryIn) -> TriedOut:
    ctx.actor.require(PERMISSION)
    left = _search(session, ctx, engine, data, data.left)
    if data.right is None:
        return TriedOut(left=_side(data.left, left, {}), right=None)
    right = _search(session, ctx, engine, data, data.right)
    return TriedOut(
        left=_side(data.left, left, _places(right)), right=_side(data.right, right, _places(left))
    )


def _search(
    session: ReadSession, ctx: Context, engine: SearchEngine, data: TryIn, setup: SetupIn
) -> PointHits:
    params = SearchParams(data.query, limit=data.limit, region=data.region, mode=setup.mode)
    return search_points(session, Context(actor_of(data.audience), ctx.now), engine, params, reshape(setup))


def reshape(setup: SetupIn) -> Reshape:
    """What a configuration makes of the guide in force. Raises Invalid for weights of no feature."""
    model_of(setup.weights, RankingModel())

    def reshaped(guide: Guide) -> Guide:
        kept = guide if setup.hand else without_hand(guide)
        lexicon = {"city": kept.lexicon, "shipped": None, "none": _silent()}[setup.lexicon]
        model = model_of(setup.weights, kept.model or RankingModel())
        return replace(kept, lexicon=lexicon, model=model)

    return reshaped


def model_of(weights: Mapping[str, float], model: RankingModel) -> RankingModel:
    """The ranking with other weights for some features."""
    wrong = sorted(set(weights) - set(FEATURES))
    if wrong:
        raise Invalid(
            f"没有名为 {'、'.join(wrong)} 的特征，可用：{'、'.join(sorted(FEATURES))}。",
            code="unknown_feature",
        )
    earned: dict[str, Any] = {name: weights[name] for name in EARNING if name in weights}
    summed = {name: value for name, value in weights.items() if name not in earned}
    return replace(model, weights={**model.weights, **summed}, **earned)


@cache
def _silent() -> Lexicon:
    return Lexicon(())


def _places(found: PointHits) -> dict[str, int]:
    return {hit.code: place for place, hit in enumerate(found.hits, 1)}


def _side(setup: SetupIn, found: PointHits, other: Mapping[str, int]) -> SideOut:
    return SideOut(
        setup=setup,
        took_ms=found.took_ms,
        total=found.total,
        degraded=found.degraded,
        terms=list(found.terms),
        candidates=[
            CandidateOut(
                place=place,
                other=other.get(hit.code),
                code=hit.code,
                version=hit.version,
                title=hit.title,
                unit_name=hit.unit_name,
                type=hit.type,
                article=hit.article,
                score=hit.score,
                keyword_score=hit.keyword_score,
                vector_score=hit.vector_score,
                confidence=hit.confidence,
                matched=list(hit.matched),
                features=dict(hit.features),
                contributions=dict(sorted(hit.parts.items(), key=lambda part: -abs(part[1]))),
            )
            for place, hit in enumerate(found.hits, 1)
        ],
    )
