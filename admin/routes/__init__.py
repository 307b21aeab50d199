"""Routes of the console: each checks, makes one call of a service, and renders what came back."""

from fastapi import FastAPI

from admin.assets import FOLDERS
from admin.rendering import render_problem
from admin.routes import (
    assisting,
    attachments,
    auditing,
    audits,
    bulletins,
    calendar,
    candidates,
    corrections,
    desk,
    directory,
    duties,
    exports,
    feeds,
    findings,
    gaps,
    golden,
    guidance,
    home,
    hot_matters,
    imports,
    inbox,
    knowledge,
    lexicon,
    looking_back,
    moving_in,
    notice_settings,
    recalls,
    registering,
    review,
    reviewing,
    roster,
    seats,
    session,
    staff,
    statistics,
    supervision,
    tasks,
    ticket_bulk,
    ticket_imports,
    ticket_reply,
    ticket_tasks,
    ticket_templates,
    tickets,
    unit_changes,
    verification,
    warnings,
    webhooks,
    writing,
)
from kb_service.identity.auth import public

ROUTERS = (
    session.router,
    home.router,
    desk.router,
    assisting.router,
    registering.router,
    corrections.router,
    candidates.router,
    exports.router,
    recalls.router,
    supervision.router,
    tasks.router,
    # Before the pages of one point: their addresses begin alike.
    looking_back.router,
    moving_in.router,
    guidance.router,
    attachments.router,
    writing.router,
    knowledge.router,
    # Before the page of one version in review: their addresses begin alike.
    reviewing.router,
    review.router,
    # Before the page of one ticket: their addresses begin alike.
    ticket_bulk.router,
    ticket_tasks.router,
    ticket_imports.router,
    ticket_templates.router,
    ticket_reply.router,
    lexicon.router,
    golden.router,
    tickets.router,
    seats.router,
    calendar.router,
    verification.router,
    statistics.router,
    hot_matters.router,
    warnings.router,
    gaps.router,
    bulletins.router,
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
    webhooks.router,
    auditing.router,
)


def mount_static(app: FastAPI) -> None:
    for folder in FOLDERS.values():
        app.include_router(folder.router([public()]))


__all__ = ["ROUTERS", "mount_static", "render_problem"]
