"""Routes of webhooks."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from kb_service.core.paging import MAX_LIMIT
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut
from kb_service.notices.webhooks import rules, schemas
from kb_service.notices.webhooks.service import sending, subscribing

router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])
MANAGE = [requires("webhook.manage")]


@router.get("", dependencies=MANAGE)
def webhooks(session: Reader, ctx: Ctx) -> ListOut[schemas.WebhookOut]:
    found = [schemas.WebhookOut.model_validate(each) for each in subscribing.webhooks(session, ctx)]
    return ListOut(items=found, next=None)


@router.post("", dependencies=MANAGE, status_code=201)
def register(session: Writer, ctx: Ctx, parts: RuntimeDep, data: schemas.WebhookIn) -> schemas.WebhookMadeOut:
    """The answer is the only place where the secret is told."""
    return _made(subscribing.register(session, ctx, parts.cipher, parts.settings, data))


def _made(made: subscribing.Made) -> schemas.WebhookMadeOut:
    shown = schemas.WebhookOut.model_validate(made.webhook).model_dump()
    return schemas.WebhookMadeOut(**shown, secret=made.secret)


@router.get("/event-types", dependencies=MANAGE)
def event_types() -> ListOut[schemas.WebhookTypeOut]:
    found = [schemas.WebhookTypeOut(type=name, label=label) for name, label in rules.types().items()]
    return ListOut(items=found, next=None)


@router.post("/deliveries/{number}/resend", dependencies=MANAGE)
def resend(session: Writer, ctx: Ctx, number: int) -> schemas.WebhookDeliveryOut:
    return schemas.WebhookDeliveryOut.model_validate(sending.resend(session, ctx, number))


@router.patch("/{code}", dependencies=MANAGE)
def change(
    session: Writer, ctx: Ctx, parts: RuntimeDep, code: str, data: schemas.WebhookPatch
) -> schemas.WebhookOut:
    return schemas.WebhookOut.model_validate(subscribing.change(session, ctx, parts.settings, code, data))


@router.post("/{code}/secret", dependencies=MANAGE)
def renew_secret(session: Writer, ctx: Ctx, parts: RuntimeDep, code: str) -> schemas.WebhookMadeOut:
    """A new secret; for a day messages carry the signatures of both."""
    return _made(subscribing.renew_secret(session, ctx, parts.cipher, code))


@router.post("/{code}/test", dependencies=MANAGE)
def test(session: Writer, ctx: Ctx, code: str) -> Done:
    subscribing.test(session, ctx, code)
    return Done()


@router.get("/{code}/deliveries", dependencies=MANAGE)
def deliveries(
    session: Reader,
    ctx: Ctx,
    code: str,
    status: Literal["", "waiting", "sent", "dropped", "dead"] = "",
    cursor: str = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> ListOut[schemas.WebhookDeliveryOut]:
    page = sending.deliveries(session, ctx, code, status=status, cursor=cursor, limit=limit)
    found = [schemas.WebhookDeliveryOut.model_validate(each) for each in page.items]
    return ListOut(items=found, next=page.next)
