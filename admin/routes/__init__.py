"""Routes of the console: each checks, makes one call of a service, and renders what came back."""

from fastapi import FastAPI

from admin.assets import FOLDERS
from admin.rendering import render_problem
from admin.routes import (
    attachments,
    auditing,
    audits,
    calendar,
    candidates,
    corrections,
    desk,
    directory,
    duties,
    exports,
    feeds,
    findings,
    home,
    imports,
    inbox,
    knowledge,
    looking_back,
    notice_settings,
    recalls,
    registering,
    review,
    reviewing,
    roster,
    seats,
    session,
    staff,
    supervision,
    tickets,
    unit_changes,
    verification,
    writing,
)
from kb_service.identity.auth import public

ROUTERS = (
    session.router,
    home.router,
    desk.router,
    registering.router,
    corrections.router,
    candidates.router,
    exports.router,
    recalls.router,
    supervision.router,
    # Before the pages of one point: their addresses begin alike.
    looking_back.router,
    attachments.router,
    writing.router,
    knowledge.router,
    # Before the page of one version in review: their addresses begin alike.
    reviewing.router,
    review.router,
    tickets.router,
    seats.router,
    calendar.router,
    verification.router,
    audits.router,
    duties.router,
    findings.router,
    feeds.router,
    imports.router,
    # Before the page of one notice: its address takes any number.
    notice_settings.router,
    inbox.router,
    roster.router,
    unit_changes.router,
    staff.router,
    directory.router,
    auditing.router,
)


def mount_static(app: FastAPI) -> None:
    for folder in FOLDERS.values():
        app.include_router(folder.router([public()]))


__all__ = ["ROUTERS", "mount_static", "render_problem"]
