"""The whole service on a small city: database, index, people and rules, without a server."""

from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.datastructures import State

from kb_service.answering import schemas
from kb_service.answering.service import deciding
from kb_service.core.clock import Clock
from kb_service.core.context import PUBLIC, Context
from kb_service.core.crypto import KEY_BYTES, FieldCipher
from kb_service.core.db import Database
from kb_service.core.runtime import Runtime
from kb_service.core.settings import Settings
from kb_service.knowledge import indexing
from search.engines.embedded import EmbeddedEngine
from tests.support.knowledge import World

_BUILT: dict[tuple[int, ...], FastAPI] = {}


def make_runtime(database: Database, clock: Clock, folder: Path) -> Runtime:
    settings = Settings(var_dir=folder, database_url=database.url, worker=False, encoder="none")
    engine = EmbeddedEngine(settings.index_dir)
    return Runtime(settings, database, clock, FieldCipher(b"k" * KEY_BYTES), engine)


def serve(parts: Runtime, *more: APIRouter) -> FastAPI:
    """The application over these parts. It is built once, which takes half a second, and lent to one test after
    another with nothing of the last one's: a test that changes the application itself builds its own.
    """
    from kb_service.app import create_app

    key = tuple(map(id, more))
    app = _BUILT.get(key)
    if app is None:
        app = _BUILT[key] = create_app(parts)
        for router in more:
            app.include_router(router)
    app.state = State({"runtime": parts})
    return app


@dataclass
class Service:
    """A `World` with an index that follows it."""

    world: World
    parts: Runtime

    def index(self) -> None:
        while indexing.drain(self.parts.database, self.parts.engine, self.parts.clock):
            pass

    def decide(
        self,
        question: str,
        *,
        by: str = "public",
        channel: schemas.Channel = "web",
        conversation: str | None = None,
        region: str | None = None,
    ) -> schemas.DecisionOut:
        self.index()
        ctx = Context(PUBLIC, self.parts.clock.now()) if by == "public" else self.world.as_(by)
        data = schemas.DecisionIn(
            question=question, channel=channel, conversation=conversation, region=region
        )
        with self.parts.database.write() as session:
            return deciding.decide(session, ctx, self.parts, data)
