"""Units, categories and accounts."""

from collections import defaultdict
from typing import Any

from fastapi import APIRouter, Response

from admin import choices
from admin.forms import Correcting, SentDep
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import KbError
from kb_service.core.web import Reader, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.identity.model import Unit
from kb_service.identity.schemas import AccountIn, UnitIn
from kb_service.identity.service import people
from kb_service.knowledge.duties.service import telling
from kb_service.knowledge.handover import service as handover
from kb_service.knowledge.service import catalogue
from kb_service.knowledge.service.catalogue import CategoryIn, CategoryView

router = APIRouter(include_in_schema=False)
UNIT_READERS = ("knowledge.read_internal", "identity.manage")
CATEGORY_READERS = ("knowledge.read_internal", "catalogue.manage")
ROWS = 50


@router.get("/units", dependencies=[requires_any(*UNIT_READERS)])
def units(page: PageDep, session: Reader, ctx: Ctx, edit: str = "") -> Response:
    """The tree of units; with it, what agencies still owe of their public information."""
    editing = None
    if edit and ctx.actor.may("identity.manage"):
        unit = people.unit_by_code(session, edit)
        parent = session.get(Unit, unit.parent_id) if unit.parent_id else None
        names = ("code", "name", "short_name", "region_code", "level", "kind", "phone")
        editing = {name: str(getattr(unit, name)) for name in names}
        editing |= {"parent_code": parent.code if parent else "", "active": "1" if unit.active else "0"}
    return _units(page, session, ctx, editing=editing)


def _units(page: Page, session: ReadSession, ctx: Ctx, **values: Any) -> Response:
    below: dict[int | None, list[Unit]] = defaultdict(list)
    for unit in people.all_units(session):
        below[unit.parent_id].append(unit)
    lacking = {}
    if ctx.actor.may("knowledge.read_internal"):
        lacking = {report.unit_code: report.missing for report in telling.units_lacking(session, ctx)}
    shown = {"wrong": None, "kept": {}, "editing": None} | values
    return page.show(
        session,
        "directory/units.html",
        422 if shown["wrong"] else 200,
        below=below,
        lacking=lacking,
        region_names=dict(choices.regions(session)),
        regions=choices.regions(session),
        parents=[(unit.code, unit.name) for unit in people.all_units(session)],
        **shown,
    )


@router.post("/units", dependencies=[requires("identity.manage")])
def save_unit(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    """A new unit, or with `known` a changed one."""
    known = sent.text("known")
    with Correcting(session) as wrong:
        former = [unit.former_names for unit in people.all_units(session) if unit.code == known]
        data = UnitIn.model_validate(
            {
                **{
                    name: sent.text(name)
                    for name in ("code", "name", "short_name", "region_code", "kind", "phone")
                },
                "parent_code": sent.text("parent_code") or None,
                "level": int(sent.text("level")) if sent.text("level").isdigit() else 0,
                "former_names": former[0] if former else [],
                "active": sent.flag("active"),
            }
        )
        unit = people.save_unit(session, ctx, data, code=known or None)
        return page.go(f"/units#u-{unit.code}", strings("directory.unit_saved", name=unit.name))
    return _units(page, session, ctx, wrong=wrong, kept=sent.kept)


@router.get("/categories", dependencies=[requires_any(*CATEGORY_READERS)])
def categories(page: PageDep, session: Reader) -> Response:
    return _categories(page, session)


def _categories(page: Page, session: ReadSession, **values: Any) -> Response:
    found = catalogue.categories(session)
    below: dict[str | None, list[CategoryView]] = defaultdict(list)
    for category in found:
        below[category.parent_code].append(category)
    shown = {"wrong": None, "kept": {}} | values
    return page.show(
        session,
        "directory/categories.html",
        422 if shown["wrong"] else 200,
        below=below,
        unit_names={unit.code: unit.short_name or unit.name for unit in people.all_units(session)},
        parents=[(category.code, category.path) for category in found],
        matters=catalogue.matters(session),
        **shown,
    )


@router.post("/categories", dependencies=[requires("catalogue.manage")])
def save_category(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        data = CategoryIn.model_validate(
            {
                "code": sent.text("code"),
                "name": sent.text("name"),
                "parent": sent.text("parent") or None,
                "units": [code for code in sent.text("units").replace("，", ",").split(",") if code.strip()],
            }
        )
        saved = catalogue.save_category(session, ctx, data)
        return page.go("/categories", strings("directory.category_saved", name=saved.name))
    return _categories(page, session, wrong=wrong, kept=sent.kept)


@router.get("/accounts", dependencies=[requires_any("identity.manage", "roles.manage")])
def accounts(page: PageDep, session: Reader, cursor: str = "") -> Response:
    return _accounts(page, session, cursor=cursor)


def _accounts(page: Page, session: ReadSession, *, cursor: str = "", **values: Any) -> Response:
    found = people.accounts(session, cursor=cursor, limit=ROWS)
    shown = {"wrong": None, "kept": {}, "chosen": []} | values
    return page.show(
        session,
        "directory/accounts.html",
        422 if shown["wrong"] else 200,
        found=found,
        cursor=cursor,
        codes=people.role_codes(session, [account.id for account in found.items]),
        roles=[(role.code, role.name) for role in people.roles(session)],
        unit_names={unit.id: unit.name for unit in people.all_units(session)},
        units=choices.units(session),
        **shown,
    )


@router.post("/accounts", dependencies=[requires("identity.manage")])
def add_account(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        data = AccountIn.model_validate(
            {
                **{name: sent.text(name) for name in ("login", "name", "unit_code")},
                "password": sent.kept.get("password", ""),
                "roles": sent.many("roles"),
            }
        )
        account = people.add_account(session, ctx, data)
        return page.go("/accounts", strings("directory.account_added", name=account.name))
    kept = {name: value for name, value in sent.kept.items() if name != "password"}
    return _accounts(page, session, wrong=wrong, kept=kept, chosen=sent.many("roles"))


@router.post("/accounts/{login}/active", dependencies=[requires("identity.manage")])
def set_active(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, login: str) -> Response:
    active = sent.flag("active")
    try:
        account = handover.set_active(session, ctx, login, active)
    except KbError as error:
        session.rollback()
        if error.code == "open_work":
            return page.go(f"/accounts/{login}/handover", error.detail, tone="bad")
        return page.go("/accounts", error.detail, tone="bad")
    return page.go(
        "/accounts", strings("directory.opened" if active else "directory.closed", name=account.name)
    )


@router.post("/accounts/{login}/roles", dependencies=[requires("roles.manage")])
def set_roles(page: PageDep, session: Writer, ctx: Ctx, sent: SentDep, login: str) -> Response:
    try:
        account = people.set_roles(session, ctx, login, sent.many("roles"))
    except KbError as error:
        session.rollback()
        return page.go("/accounts", error.detail, tone="bad")
    return page.go("/accounts", strings("directory.roles_set", name=account.name))
