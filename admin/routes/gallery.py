"""Every component on one page, for the eye and for tests; not part of the service."""

from datetime import timedelta
from types import SimpleNamespace

from fastapi import APIRouter, Response

from admin.forms import Wrong
from admin.labels import LABELS
from admin.rendering import PageDep
from kb_service.core.web import Reader
from kb_service.identity.auth import signed_in

router = APIRouter(include_in_schema=False)


@router.get("/admin/_gallery", dependencies=[signed_in()])
def gallery(page: PageDep, session: Reader) -> Response:
    now = page.ctx.now
    return page.show(
        session,
        "gallery.html",
        looks=LABELS,
        dues=[None, now - timedelta(days=2), now + timedelta(hours=5), now + timedelta(days=3)],
        instants=[now - span for span in (timedelta(seconds=5), timedelta(hours=2), timedelta(days=90))],
        bad=Wrong(fields={"title": "请填写标题"}, general=["内容有误"]),
        pieces=[SimpleNamespace(op=op, text=op) for op in ("same", "removed", "added")],
        message=SimpleNamespace(text="已保存", undo="/undo", tone=""),
    )
