"""Wires the concrete parts and builds the web application."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel

import admin.routes
from ingestion import jobs as ingestion_jobs
from ingestion.api import router as ingestion_router
from ingestion.feeds import jobs as feed_jobs
from ingestion.feeds.api import router as feeds_router
from kb_service import __version__
from kb_service.answering import jobs as answering_jobs
from kb_service.answering.api import router as answering_router
from kb_service.answering.assist.api import router as assist_router
from kb_service.channels import jobs as channel_jobs
from kb_service.channels.progress.api import router as progress_router
from kb_service.channels.webchat import api as webchat
from kb_service.channels.webchat import rendering as webchat_pages
from kb_service.core import housekeeping, migrations
from kb_service.core.clock import Clock
from kb_service.core.context import SYSTEM, Context
from kb_service.core.crypto import FieldCipher, load_key
from kb_service.core.db import Database
from kb_service.core.edge import EdgeMiddleware
from kb_service.core.engines import engine_choice
from kb_service.core.errors import NotFound, Unavailable
from kb_service.core.runtime import Runtime
from kb_service.core.settings import Settings
from kb_service.core.web import RuntimeDep, install_error_handlers
from kb_service.core.worker import Job, Worker
from kb_service.identity import audit_api, auth
from kb_service.identity.api import router as identity_router
from kb_service.identity.service import shipped
from kb_service.insight import jobs as insight_jobs
from kb_service.insight.bulletins.api import router as bulletins_router
from kb_service.insight.evaluation.api import router as evaluation_router
from kb_service.insight.gaps.api import router as gaps_router
from kb_service.insight.matters.api import router as hot_matters_router
from kb_service.insight.statistics import jobs as statistics_jobs
from kb_service.insight.statistics.api import router as statistics_router
from kb_service.insight.warnings.api import router as warnings_router
from kb_service.knowledge import jobs as knowledge_jobs
from kb_service.knowledge.api import router as knowledge_router
from kb_service.knowledge.attachments.api import router as attachments_router
from kb_service.knowledge.calendar import api as owed_api
from kb_service.knowledge.candidates import jobs as candidates_jobs
from kb_service.knowledge.candidates.api import router as candidates_router
from kb_service.knowledge.checks import api as checks_api
from kb_service.knowledge.checks import jobs as checks_jobs
from kb_service.knowledge.corrections import jobs as correction_jobs
from kb_service.knowledge.corrections.api import router as corrections_router
from kb_service.knowledge.duties import jobs as duties_jobs
from kb_service.knowledge.duties.api import router as duties_router
from kb_service.knowledge.exports import jobs as exports_jobs
from kb_service.knowledge.exports.api import router as exports_router
from kb_service.knowledge.golden import jobs as golden_jobs
from kb_service.knowledge.golden.api import router as golden_router
from kb_service.knowledge.guiding.api import router as guiding_router
from kb_service.knowledge.handover import jobs as handover_jobs
from kb_service.knowledge.handover.api import router as handover_router
from kb_service.knowledge.laboratory.api import router as laboratory_router
from kb_service.knowledge.learning.api import router as learning_router
from kb_service.knowledge.lexicon import jobs as lexicon_jobs
from kb_service.knowledge.lexicon.api import router as lexicon_router
from kb_service.knowledge.reorganising import jobs as reorganising_jobs
from kb_service.knowledge.reorganising.api import router as reorganising_router
from kb_service.knowledge.reviewing import jobs as reviewing_jobs
from kb_service.knowledge.reviewing.api import router as reviewing_router
from kb_service.knowledge.searches import jobs as searches_jobs
from kb_service.knowledge.searches.api import router as searches_router
from kb_service.knowledge.service import words
from kb_service.knowledge.tasks import jobs as task_jobs
from kb_service.knowledge.tasks.api import router as task_router
from kb_service.knowledge.training.api import router as training_router
from kb_service.knowledge.verification import jobs as verification_jobs
from kb_service.knowledge.verification.api import router as verification_router
from kb_service.notices import jobs as notices_jobs
from kb_service.notices.api import router as notices_router
from kb_service.notices.people_api import router as notices_people_router
from kb_service.notices.webhooks import jobs as webhook_jobs
from kb_service.notices.webhooks.api import router as webhooks_router
from kb_service.supervision import jobs as supervision_jobs
from kb_service.supervision.api import router as supervision_router
from kb_service.tickets import jobs as ticket_jobs
from kb_service.tickets import simulation_api
from kb_service.tickets.api import router as tickets_router
from kb_service.tickets.bulk.api import router as bulk_router
from kb_service.tickets.calendar import api as calendar_api
from kb_service.tickets.platforms import jobs as platform_jobs
from kb_service.tickets.platforms.api import router as platforms_router
from kb_service.tickets.recalls.api import router as recalls_router
from kb_service.tickets.seats.api import router as seats_router
from kb_service.tickets.tasks.api import router as tasks_router
from kb_service.tickets.templates.api import router as templates_router
from search.embedding.factory import make_encoder
from search.embedding.ports import Encoder
from search.embedding.transformers import EncoderUnavailable
from search.engines.errors import EngineError
from search.ports import Query, SearchEngine

log = logging.getLogger(__name__)
JOBS: tuple[Job, ...] = (
    *knowledge_jobs.JOBS,
    *checks_jobs.JOBS,
    *supervision_jobs.JOBS,
    *ticket_jobs.JOBS,
    *platform_jobs.JOBS,
    *correction_jobs.JOBS,
    *task_jobs.JOBS,
    *verification_jobs.JOBS,
    *duties_jobs.JOBS,
    *searches_jobs.JOBS,
    *lexicon_jobs.JOBS,
    *golden_jobs.JOBS,
    *reviewing_jobs.JOBS,
    *candidates_jobs.JOBS,
    *exports_jobs.JOBS,
    *handover_jobs.JOBS,
    *reorganising_jobs.JOBS,
    *answering_jobs.JOBS,
    *ingestion_jobs.JOBS,
    *feed_jobs.JOBS,
    *channel_jobs.JOBS,
    *statistics_jobs.JOBS,
    *insight_jobs.JOBS,
    *notices_jobs.JOBS,
    *webhook_jobs.JOBS,
    *housekeeping.JOBS,
)
ROUTERS = (
    identity_router,
    audit_api.router,
    notices_router,
    notices_people_router,
    webhooks_router,
    supervision_router,
    corrections_router,
    # Before the decisions on one version: their addresses begin alike.
    reviewing_router,
    knowledge_router,
    checks_api.router,
    verification_router,
    duties_router,
    searches_router,
    guiding_router,
    lexicon_router,
    learning_router,
    golden_router,
    laboratory_router,
    candidates_router,
    exports_router,
    attachments_router,
    training_router,
    task_router,
    handover_router,
    reorganising_router,
    answering_router,
    assist_router,
    # Before one ticket: their addresses begin alike.
    platforms_router,
    bulk_router,
    tasks_router,
    templates_router,
    tickets_router,
    simulation_api.router,
    calendar_api.router,
    owed_api.router,
    calendar_api.numbers_router,
    seats_router,
    recalls_router,
    statistics_router,
    evaluation_router,
    ingestion_router,
    feeds_router,
    progress_router,
    hot_matters_router,
    warnings_router,
    gaps_router,
    bulletins_router,
    webchat.router,
    *admin.routes.ROUTERS,
)


def build_runtime(settings: Settings, *, clock: Clock | None = None, search: bool = True) -> Runtime:
    """Opens the parts. Without `search` no embedding is loaded, for commands that do not search."""
    database = Database(settings.database, busy_timeout_s=settings.busy_timeout_s)
    cipher = FieldCipher(load_key(settings.secret_key, settings.var_dir / "secret.key"))
    try:
        engine = engine_choice(settings).open(settings.index_dir, _encoder(settings) if search else None)
    except EngineError as error:
        raise Unavailable(str(error), code="engine_not_usable") from error
    return Runtime(settings, database, clock or Clock(), cipher, engine)


def _encoder(settings: Settings) -> Encoder | None:
    """Without a working model the service searches by keywords, and every result says so."""
    try:
        return make_encoder(settings.encoder)
    except EncoderUnavailable as error:
        log.warning("%s；现在只用关键词检索", error)
        return None


def prepare_database(parts: Runtime) -> None:
    """Migrates, and gives a new base the roles it starts with."""
    if not migrations.is_current(parts.database):
        migrations.upgrade(parts.database)
    with parts.database.write() as session:
        shipped.ensure_roles(session, Context(SYSTEM, parts.clock.now()))
        words.install(session)


def require_current(parts: Runtime) -> None:
    if not migrations.is_current(parts.database):
        raise Unavailable("数据库结构不是本版本的，请先运行 kb db migrate。", code="database_not_current")


def job_named(name: str) -> Job:
    for job in JOBS:
        if job.name == name:
            return job
    known = "、".join(job.name for job in JOBS)
    raise NotFound(f"没有名为“{name}”的后台任务，可用：{known}。", code="unknown_job")


def _render_problem(request: Request, response: JSONResponse) -> Response:
    """Citizens and staff each see a problem on a page of their own."""
    if request.url.path.startswith("/chat"):
        return webchat_pages.render_problem(request, response)
    return admin.routes.render_problem(request, response)


class HealthOut(BaseModel):
    status: str
    version: str
    database: str
    index_ready: bool
    points: int
    vectors: bool


def create_app(parts: Runtime) -> FastAPI:
    app = FastAPI(
        title="12345 热线知识库与智能答复服务",
        version=__version__,
        lifespan=_life,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.runtime = parts
    app.add_middleware(EdgeMiddleware, upload_limit=parts.settings.upload_limit_mb * 2**20)
    install_error_handlers(app, _render_problem)
    for router in ROUTERS:
        # As they are: to include a router analyses each of its routes once more, which was a seventh of the start.
        app.routes.extend(router.routes)
    _add_service_routes(app)
    admin.routes.mount_static(app)
    auth.check_routes(app)
    return app


@asynccontextmanager
async def _life(app: FastAPI) -> AsyncIterator[None]:
    parts: Runtime = app.state.runtime
    worker = Worker(parts, JOBS) if parts.settings.worker else None
    if worker is not None:
        worker.start()
    # The first search loads the dictionary and the index: better now than while a citizen waits.
    threading.Thread(target=_warm, args=(parts.engine,), name="warm-up", daemon=True).start()
    yield
    if worker is not None:
        worker.stop()


def _warm(engine: SearchEngine) -> None:
    if engine.health().ready:
        engine.search(Query("办理身份证需要什么材料", frozenset({"public"}), now=0))
        engine.suggest("身份", frozenset({"public"}), now=0)


def _add_service_routes(app: FastAPI) -> None:
    @app.get("/healthz", dependencies=[auth.public()], tags=["service"])
    def health(parts: RuntimeDep) -> HealthOut:
        with parts.database.read() as session:
            session.connection()
        index = parts.engine.health()
        return HealthOut(
            status="ok",
            version=__version__,
            database=parts.database.dialect_name,
            index_ready=index.ready,
            points=index.points,
            vectors=index.vectors,
        )

    @app.get("/api/v1/openapi.json", dependencies=[auth.signed_in()], include_in_schema=False)
    def openapi(_: Request) -> Response:
        return JSONResponse(app.openapi())
