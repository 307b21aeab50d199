"""Routes of logins, units, accounts, roles and tokens."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import select

from kb_service.core.paging import MAX_LIMIT, Page
from kb_service.core.web import OnceDep, Reader, RuntimeDep, Writer
from kb_service.identity import schemas
from kb_service.identity.auth import COOKIE, Ctx, public, requires, signed_in
from kb_service.identity.model import Account, ApiToken, Unit
from kb_service.identity.schemas import ListOut
from kb_service.identity.service import logins, people

router = APIRouter(prefix="/api/v1", tags=["identity"])
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


def set_cookie(response: Response, cookie: str, secure: bool) -> None:
    response.set_cookie(COOKIE, cookie, httponly=True, secure=secure, samesite="lax", path="/")


@router.post("/session", dependencies=[public()])
def log_in(data: schemas.LoginIn, parts: RuntimeDep, ctx: Ctx, response: Response) -> schemas.MeOut:
    opened = logins.log_in(parts.database, parts.settings, ctx, data.login, data.password)
    set_cookie(response, opened.cookie, parts.settings.cookie_secure)
    return schemas.MeOut(
        name=opened.account.name, unit_id=opened.account.unit_id, roles=[], permissions=[], csrf=opened.csrf
    )


@router.get("/session", dependencies=[signed_in()])
def me(request: Request, ctx: Ctx) -> schemas.MeOut:
    actor = ctx.actor
    return schemas.MeOut(
        name=actor.name, unit_id=actor.unit_id, roles=sorted(actor.roles), permissions=sorted(actor.permissions),
        csrf=getattr(request.state, "csrf", ""),
    )  # fmt: skip


@router.delete("/session", dependencies=[signed_in()])
def log_out(session: Writer, ctx: Ctx, response: Response) -> schemas.Done:
    logins.log_out(session, ctx)
    response.delete_cookie(COOKIE, path="/")
    return schemas.Done()


@router.get("/regions", dependencies=[signed_in()])
def regions(session: Reader) -> ListOut[schemas.RegionOut]:
    return ListOut(items=[schemas.RegionOut.model_validate(row) for row in people.regions(session)])


@router.post("/regions", dependencies=[requires("identity.manage")])
def add_region(data: schemas.RegionIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(
        session, ctx, lambda: schemas.RegionOut.model_validate(people.add_region(session, ctx, data))
    )


def _units(page: Page[Unit]) -> ListOut[schemas.UnitOut]:
    return ListOut(items=[schemas.UnitOut.model_validate(row) for row in page.items], next=page.next)


@router.get("/units", dependencies=[signed_in()])
def units(session: Reader, q: str = "", cursor: str = "", limit: Limit = 50) -> ListOut[schemas.UnitOut]:
    return _units(people.units(session, text=q, cursor=cursor, limit=limit))


@router.post("/units", dependencies=[requires("identity.manage")])
def add_unit(data: schemas.UnitIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(
        session, ctx, lambda: schemas.UnitOut.model_validate(people.save_unit(session, ctx, data))
    )


@router.put("/units/{code}", dependencies=[requires("identity.manage")])
def change_unit(code: str, data: schemas.UnitIn, session: Writer, ctx: Ctx) -> schemas.UnitOut:
    return schemas.UnitOut.model_validate(people.save_unit(session, ctx, data, code=code))


@router.get("/roles", dependencies=[signed_in()])
def roles(session: Reader) -> ListOut[schemas.RoleOut]:
    return ListOut(items=[schemas.RoleOut.model_validate(row) for row in people.roles(session)])


@router.put("/roles/{code}/permissions", dependencies=[requires("roles.manage")])
def set_permissions(code: str, data: schemas.PermissionsIn, session: Writer, ctx: Ctx) -> schemas.RoleOut:
    return schemas.RoleOut.model_validate(people.set_permissions(session, ctx, code, data.permissions))


def _accounts(page: Page[Account]) -> ListOut[schemas.AccountOut]:
    return ListOut(items=[schemas.AccountOut.model_validate(row) for row in page.items], next=page.next)


@router.get("/accounts", dependencies=[requires("identity.manage")])
def accounts(session: Reader, cursor: str = "", limit: Limit = 50) -> ListOut[schemas.AccountOut]:
    return _accounts(people.accounts(session, cursor=cursor, limit=limit))


@router.post("/accounts", dependencies=[requires("identity.manage")])
def add_account(data: schemas.AccountIn, session: Writer, ctx: Ctx, once: OnceDep) -> Response:
    return once.run(
        session, ctx, lambda: schemas.AccountOut.model_validate(people.add_account(session, ctx, data))
    )


@router.put("/accounts/{login}/roles", dependencies=[requires("roles.manage")])
def set_roles(login: str, data: schemas.RolesIn, session: Writer, ctx: Ctx) -> schemas.AccountOut:
    return schemas.AccountOut.model_validate(people.set_roles(session, ctx, login, data.roles))


@router.get("/tokens", dependencies=[requires("tokens.manage")])
def tokens(session: Reader) -> ListOut[schemas.TokenRowOut]:
    rows = session.execute(select(ApiToken).order_by(ApiToken.id)).scalars()
    return ListOut(items=[schemas.TokenRowOut.model_validate(row) for row in rows])


@router.post("/tokens", dependencies=[requires("tokens.manage")])
def create_token(data: schemas.TokenIn, session: Writer, ctx: Ctx) -> schemas.TokenOut:
    return schemas.TokenOut(token=logins.create_token(session, ctx, **data.model_dump()))


@router.delete("/tokens/{token_id}", dependencies=[requires("tokens.manage")])
def revoke_token(token_id: int, session: Writer, ctx: Ctx) -> schemas.Done:
    logins.revoke_token(session, ctx, token_id)
    return schemas.Done()
