"""The service on a port of its own, and people in front of it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.sync_api import Page

import admin.routes.gallery
from kb_service.core.clock import FixedClock
from kb_service.core.db import Database
from kb_service.identity.auth import COOKIE
from tests.support.console import visiting_cookie
from tests.support.databases import Databases
from tests.support.knowledge import World, agency, build_world, faq, script
from tests.support.service import Service, make_runtime, serve

STARTS_WITHIN_S = 30


@dataclass
class Site:
    """`enter` logs a page in as one of the people of the small city."""

    address: str
    service: Service
    app: FastAPI

    def enter(self, page: Page, login: str, path: str = "/") -> Page:
        cookie = visiting_cookie(self.service, login)
        page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": self.address}])
        page.goto(self.address + path)
        return page


Enter = Callable[[str, str], Page]


def listens(page: Page) -> None:
    """Wait for the scripts of a page reached by a key or a click: its words stand there before they do."""
    page.wait_for_load_state()


def _fill(service: Service) -> None:
    world = service.world
    world.publish(
        faq(
            "怎样办理退休",
            "达到法定年龄前一个月，本人带身份证到市民之家三楼办理。",
            similar=["退休手续怎么办"],
        )
    )
    world.publish(faq("退休人员体检安排", "每年三月起由社区通知。"))
    world.publish(faq("失业金怎么领", "在掌上12333申请，次月起发放。", category="C12"))
    world.publish(agency("市人社局", functions="管养老、失业、工伤。", phone="0700-8210001"))
    world.publish(script("供水抢修口径", audience="agents"))
    service.index()


@pytest.fixture
def site(databases: Databases, clock: FixedClock, tmp_path: Path) -> Iterator[Site]:
    if not databases.has("knowledge"):
        databases.build("knowledge", build_world, start="empty")
    url = databases.copy("knowledge")
    database = Database(url)
    service = Service(World(database, clock), make_runtime(database, clock, tmp_path))
    _fill(service)
    app = serve(service.parts, admin.routes.gallery.router)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not server.started and time.monotonic() < deadline:
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Site(f"http://127.0.0.1:{port}", service, app)
    server.should_exit = True
    thread.join()
    service.parts.engine.close()
    database.dispose()
    databases.drop(url)


@pytest.fixture
def enter(site: Site, page: Page) -> Enter:
    return lambda login, path: site.enter(page, login, path)
