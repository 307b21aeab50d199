"""Routes of statistics: figures of a period, the tickets behind each, files, and how units stand now."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response

from kb_service.core.clock import local_day
from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import ListOut
from kb_service.insight.statistics import periods, schemas
from kb_service.insight.statistics.periods import Period
from kb_service.insight.statistics.rules import Figure, Figures, Scope
from kb_service.insight.statistics.service import exporting, figures, listing, monitoring

router = APIRouter(prefix="/api/v1/statistics", tags=["statistics"])
_FORMS = "`2026-03`, `2026Q1`, `2026` or `2026-03-05/2026-03-20`; without one, the present month"


def period_of(ctx: Ctx, period: Annotated[str, Query(description=_FORMS, max_length=21)] = "") -> Period:
    """The period asked for, in any of its forms."""
    if period:
        return periods.parse(period)
    today = local_day(ctx.now)
    return periods.month(today.year, today.month)


def scope_of(unit: str = "", region: str = "") -> Scope:
    """Codes of a unit (with its subordinates) and of a region (with those inside it)."""
    return Scope(unit or None, region or None)


PeriodDep = Annotated[Period, Depends(period_of)]
ScopeDep = Annotated[Scope, Depends(scope_of)]


@router.get("", dependencies=[requires("stats.read")])
def statistics(session: Reader, ctx: Ctx, period: PeriodDep, scope: ScopeDep) -> schemas.FiguresOut:
    return _out(figures(session, ctx, period, scope))


def _out(found: Figures) -> schemas.FiguresOut:
    return schemas.FiguresOut(
        period=period_out(found.period),
        before=period_out(periods.before(found.period)),
        year_ago=period_out(periods.year_ago(found.period)),
        unit=found.scope.unit,
        region=found.scope.region,
        known_at=found.known_at,
        over=found.over,
        figures=[_figure(each) for each in found.figures.values()],
        tables=[schemas.TableOut.model_validate(each) for each in found.tables.values()],
    )


def period_out(period: Period) -> schemas.PeriodOut:
    return schemas.PeriodOut(first=period.first, last=period.last, label=periods.label(period))


def _figure(each: Figure) -> schemas.FigureOut:
    kind = each.kind
    return schemas.FigureOut(
        name=kind.name,
        label=kind.label,
        share=kind.share,
        how=kind.how,
        better=kind.better,
        clauses=list(kind.clauses),
        value=schemas.ValueOut.model_validate(each.value),
        before=schemas.ValueOut.model_validate(each.before),
        year_ago=schemas.ValueOut.model_validate(each.year_ago),
    )


@router.get("/figures/{figure}/tickets", dependencies=[requires("stats.read")])
def tickets_behind(
    figure: str,
    session: Reader,
    ctx: Ctx,
    period: PeriodDep,
    scope: ScopeDep,
    side: listing.Side = "all",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 20,
) -> ListOut[listing.Behind]:
    page = listing.behind(session, ctx, period, scope, figure, side, cursor, limit)
    return ListOut(items=page.items, next=page.next)


@router.get("/monitoring", dependencies=[requires("stats.read")])
def now(session: Reader, ctx: Ctx, scope: ScopeDep) -> schemas.MonitoringOut:
    found = monitoring.monitoring(session, ctx, scope)
    return schemas.MonitoringOut(
        now=found.now,
        period=period_out(found.period),
        watched=list(found.watched),
        whole={name: schemas.ValueOut.model_validate(each) for name, each in found.whole.items()},
        units=[schemas.UnitNowOut.model_validate(each) for each in found.units],
    )


@router.get("/export", dependencies=[requires("stats.read")])
def export(
    session: Reader,
    ctx: Ctx,
    period: PeriodDep,
    scope: ScopeDep,
    form: Annotated[Literal["xlsx", "csv"], Query(alias="format")] = "xlsx",
    table: str = "",
) -> Response:
    """A workbook of everything, or one table (by dimension; without one, the figures) as CSV."""
    return file_of(figures(session, ctx, period, scope), form, table)


def file_of(found: Figures, form: str, table: str) -> Response:
    body = exporting.workbook(found) if form == "xlsx" else exporting.text(found, table)
    name = f"statistics-{found.period.first}-{found.period.last}{'-' + table if table else ''}.{form}"
    kind = exporting.XLSX if form == "xlsx" else exporting.CSV
    return Response(body, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
