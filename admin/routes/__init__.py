"""Routes of the console: each checks, makes one call of a service, and renders what came back."""

from fastapi import FastAPI

from admin.assets import FOLDERS
from admin.rendering import render_problem
from admin.routes import (
    auditing,
    desk,
    directory,
    home,
    imports,
    inbox,
    knowledge,
    registering,
    review,
    session,
    tickets,
    writing,
)
from kb_service.identity.auth import public

ROUTERS = (
    session.router,
    home.router,
    desk.router,
    registering.router,
    # Before the pages of one point: their addresses begin alike.
    writing.router,
    knowledge.router,
    review.router,
    tickets.router,
    imports.router,
    inbox.router,
    directory.router,
    auditing.router,
)


def mount_static(app: FastAPI) -> None:
    for folder in FOLDERS.values():
        app.include_router(folder.router([public()]))


__all__ = ["ROUTERS", "mount_static", "render_problem"]
