"""Finding points: the index proposes, the database decides what is shown."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from time import perf_counter
from typing import Any

from sqlalchemy import select

from kb_service.core import paging
from kb_service.core.clock import epoch
from kb_service.core.context import Context
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.live import Marks, marks
from kb_service.identity.model import Region, Unit
from kb_service.identity.rules import ancestors
from kb_service.identity.service.actors import region_parents
from kb_service.knowledge.corrections.rules import Held
from kb_service.knowledge.corrections.service import standing
from kb_service.knowledge.guiding.service import guides
from kb_service.knowledge.model import Category
from kb_service.knowledge.service import fallback, mentions, plain_search
from kb_service.knowledge.service.lookups import access_tokens, past_instant
from kb_service.knowledge.service.mentions import Mention
from kb_service.knowledge.service.reading import live_versions
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.supersession.service import PartNote, part_notes, with_warning
from search.analysis.query import analyse_query
from search.engines.errors import EngineError
from search.guide import Guide
from search.ports import Hit, Mode, Query, SearchEngine, SearchResult
from search.ranking.confidence import confidence
from search.ranking.guided import NOT_THIS, PINNED

log = logging.getLogger(__name__)
FARTHEST = 1_000
_FAILURES = (EngineError, OSError, RuntimeError, ValueError)
Reshape = Callable[[Guide], Guide]


@dataclass(frozen=True)
class SearchParams:
    """`unit` and `category` by code or name; `region` also finds what holds for the regions above it.

    `as_of`: what would have been found at an instant that has passed.
    """

    q: str
    limit: int = 10
    type: str | None = None
    unit: str | None = None
    region: str | None = None
    category: str | None = None
    cursor: str | None = None
    include_lapsed: bool = False
    as_you_type: bool = False
    mode: Mode = "hybrid"
    as_of: datetime | None = None


@dataclass(frozen=True)
class PointHit:
    """The best passage of a point's live version. `body` is the whole passage, `confidence` that it answers.

    `features` are what ranking measured, `parts` what each adds to the score. `held`: `warn` or `suspend` where a
    correction stands on the version, else empty. `notes`: articles of it
    that another point has replaced.
    """

    view: VersionView = field(repr=False)
    passage: int
    article: str
    body: str = field(repr=False)
    snippet: str
    snippet_spans: list[tuple[int, int]]
    title_spans: list[tuple[int, int]]
    score: float
    keyword_score: float
    vector_score: float
    confidence: float
    matched: tuple[str, ...]
    features: Mapping[str, float] = field(default_factory=dict, repr=False)
    parts: Mapping[str, float] = field(default_factory=dict, repr=False)
    held: str = ""
    notes: tuple[PartNote, ...] = ()

    @property
    def code(self) -> str:
        return self.view.code

    @property
    def version(self) -> int:
        return self.view.number

    @property
    def title(self) -> str:
        return self.view.title

    @property
    def type(self) -> str:
        return self.view.type

    @property
    def unit(self) -> str:
        return self.view.unit_code

    @property
    def unit_name(self) -> str:
        return self.view.unit_name

    @property
    def source(self) -> str:
        return self.view.source

    @property
    def uploaded_at(self) -> datetime | None:
        return self.view.uploaded_at

    @property
    def effective_from(self) -> date | None:
        return self.view.effective_from

    @property
    def effective_to(self) -> date | None:
        return self.view.effective_to

    @property
    def state(self) -> str:
        return self.view.state

    @property
    def category_path(self) -> str:
        return self.view.category_path

    @property
    def audience(self) -> str:
        return self.view.audience

    @property
    def pinned(self) -> bool:
        """An editor put it first for these words."""
        return PINNED in self.features

    @property
    def not_this(self) -> bool:
        """A question that the point is said not to answer is closer to what was asked than those it answers."""
        return NOT_THIS in self.features

    @property
    def answer(self) -> str:
        """The passage of a policy, the whole of anything shorter; what is replaced in it is told first."""
        said = self.body if self.view.type == "policy" else self.view.answer
        return with_warning(said, self.article, self.notes)


@dataclass(frozen=True)
class PointHits:
    """`degraded`: None, `keyword` (no vectors) or `database` (no index; always so for an earlier instant).

    `asks` is the kind of answer asked for, empty where the question does not tell; `named` are the units and places
    that it names; `instead` is what was looked for where nothing at all was found for the question itself.
    """

    hits: list[PointHit]
    took_ms: float
    degraded: str | None
    next: str | None
    total: int
    terms: Sequence[str]
    as_of: datetime | None = None
    asks: str = ""
    named: tuple[Mention, ...] = ()
    instead: str = ""


def search_points(
    session: ReadSession,
    ctx: Context,
    engine: SearchEngine,
    params: SearchParams,
    reshape: Reshape | None = None,
) -> PointHits:
    """What the actor may see, best first. A broken index is replaced by a plain search of the database.

    `reshape` makes another guide of the one in force, for who tries something out.
    """
    began = perf_counter()
    if params.as_of:
        ctx = replace(ctx, now=past_instant(ctx, params.as_of))
    known = marks(session)
    query = _query(session, ctx, params, known)
    if reshape is not None:
        query = replace(query, guide=reshape(query.guide))
    named = mentions.mentioned(session, params.q, known)
    query = replace(query, guide=_leaning(query.guide, named))
    find = partial(_find, session, ctx, engine, in_past=params.as_of is not None)
    result, instead = find(query), ""
    if not result.total:
        repaired = fallback.search_instead(session, params.q, lambda text: find(replace(query, text=text)))
        result, instead = repaired or (result, "")
    live = live_versions(session, [hit.document.code for hit in result.hits], ctx.now)
    held = {} if params.as_of else standing.held(session, list(live))
    notes = part_notes(session, list(live), query.access, ctx.now)
    hits = [
        _point_hit(
            live[hit.document.code],
            hit,
            min(confidence(hit, len(result.terms)), fallback.SUREST if instead else 1.0),
            held,
            notes.get(hit.document.code, ()),
        )
        for hit in result.hits
        if hit.document.code in live and _may_show(live[hit.document.code], hit, query, ctx.now)
    ]
    reached = query.offset + len(result.hits)
    more = len(result.hits) == query.limit and reached < min(result.total, FARTHEST)
    return PointHits(
        hits=hits,
        took_ms=round((perf_counter() - began) * 1_000, 3),
        degraded=result.degraded,
        next=paging.encode_cursor([reached]) if more else None,
        total=result.total,
        terms=result.terms,
        as_of=params.as_of,
        asks=analyse_query(instead or params.q).asks or "",
        named=named,
        instead=instead,
    )


def _leaning(guide: Guide, named: Sequence[Mention]) -> Guide:
    """What the question names goes a little before the rest."""
    units = frozenset(code for each in named if each.kind == "unit" for code in each.near)
    regions: dict[str, float] = {}
    for each in named:
        if each.kind == "region":
            regions |= {code: max(near, regions.get(code, 0.0)) for code, near in each.near.items()}
    return replace(guide, near_units=units, near_regions=regions)


def _find(
    session: ReadSession, ctx: Context, engine: SearchEngine, query: Query, *, in_past: bool
) -> SearchResult:
    """The index knows what is and will be live; what was, the database alone."""
    if in_past:
        return plain_search.search(session, ctx, query)
    try:
        return engine.search(query)
    except _FAILURES as error:
        log.error("search engine failed, searching the database: %s", error)  # noqa: TRY400 - its text says enough
        return plain_search.search(session, ctx, query)


def _may_show(view: VersionView, hit: Hit, query: Query, now: datetime) -> bool:
    """The index may lag behind by a moment; what it found must still be the live version and meant for them."""
    same = view.number == hit.document.version and view.code not in query.guide.stops
    return same and view.visible_to(query.access, now, include_lapsed=query.include_lapsed)


def _point_hit(
    view: VersionView,
    hit: Hit,
    sure: float,
    held: Mapping[tuple[str, int], Held],
    notes: tuple[PartNote, ...],
) -> PointHit:
    document = hit.document
    correction = held.get((view.code, view.number))
    return PointHit(
        view=view,
        passage=document.passage,
        article=document.article,
        body=document.body,
        snippet=hit.snippet,
        snippet_spans=hit.snippet_spans,
        title_spans=hit.title_spans,
        score=round(hit.score, 6),
        keyword_score=hit.keyword_score,
        vector_score=hit.vector_score,
        confidence=round(sure, 4),
        matched=hit.matched,
        features=hit.features,
        parts=hit.parts,
        held=correction.hold if correction else "",
        notes=notes,
    )


def _query(session: ReadSession, ctx: Context, params: SearchParams, known: Marks) -> Query:
    offset = paging.decode_cursor(params.cursor, [int])[0] if params.cursor else 0
    if not 0 <= offset <= FARTHEST:
        raise Invalid("翻页位置（cursor）无效，请从第一页重新查询。", code="bad_cursor")
    return Query(
        text=params.q,
        access=access_tokens(ctx.actor),
        now=epoch(ctx.now),
        limit=params.limit,
        offset=offset,
        types=frozenset(filter(None, [params.type])),
        units=_named(session, Unit, (Unit.code, Unit.name), params.unit, "单位"),
        regions=_regions(session, params.region),
        categories=_named(session, Category, (Category.code, Category.path), params.category, "类目"),
        # What has lapsed is told inside the hotline alone.
        include_lapsed=params.include_lapsed and ctx.actor.may("knowledge.read_internal"),
        mode=params.mode,
        as_you_type=params.as_you_type,
        guide=guides.past_guide(session, params.q, ctx.now)
        if params.as_of
        else guides.guide_of(session, params.q, ctx.now, known),
    )


def _named(
    session: ReadSession, table: Any, columns: tuple[Any, Any], wanted: str | None, kind: str
) -> frozenset[str]:
    if not wanted:
        return frozenset()
    code, name = columns
    found = session.execute(select(code).where((code == wanted) | (name == wanted))).scalars().first()
    if found is None:
        raise Invalid(
            f"没有名称或编码为“{wanted}”的{kind}。", code=f"unknown_{table.__tablename__.split('_')[1]}"
        )
    return frozenset({found})


def _regions(session: ReadSession, wanted: str | None) -> frozenset[str]:
    """The region and those above it: what holds for the city holds in its counties."""
    found = _named(session, Region, (Region.code, Region.name), wanted, "行政区划")
    return frozenset(above for code in found for above in ancestors(code, region_parents(session)))


def suggest(
    session: ReadSession, ctx: Context, engine: SearchEngine, prefix: str, limit: int = 8
) -> list[str]:
    """Titles and questions that go on from what was typed, of points the actor may see."""
    tokens = access_tokens(ctx.actor)
    try:
        return engine.suggest(prefix, tokens, epoch(ctx.now), limit)
    except _FAILURES as error:
        log.error("search engine failed, suggesting from the database: %s", error)  # noqa: TRY400 - as above
        return plain_search.titles(session, ctx, prefix, limit)
