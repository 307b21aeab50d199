"""Routes of the console: each checks, makes one call of a service, and renders what came back."""

from fastapi import FastAPI

from admin.assets import FOLDERS
from admin.rendering import render_problem
from admin.routes import home, inbox, session
from kb_service.identity.auth import public

ROUTERS = (session.router, home.router, inbox.router)


def mount_static(app: FastAPI) -> None:
    for folder in FOLDERS.values():
        app.include_router(folder.router([public()]))


__all__ = ["ROUTERS", "mount_static", "render_problem"]
