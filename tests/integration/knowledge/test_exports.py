"""Knowledge leaves on the word of its units and of the centre, marked and registered; or it does not leave."""

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import delete, select, text
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.exports import rules
from kb_service.knowledge.exports.model import Export, ExportedVersion
from kb_service.knowledge.exports.rules import Format
from kb_service.knowledge.exports.service import authorising, taking, writing
from kb_service.knowledge.exports.service.authorising import Wanted
from kb_service.knowledge.exports.service.taking import Taken
from tests.support.corrections import titles
from tests.support.knowledge import World, faq
from tests.support.service import Service

PEOPLE = {
    "rsj_leader": ("U-RSJ", "unit_leader"),
    "gaj_leader": ("U-GAJ", "unit_leader"),
    "zx_other": ("U-ZX", "knowledge_manager"),
}


@pytest.fixture
def office(service: Service) -> Service:
    """The small city with leaders who grant, a second manager who consents, and a live point of two units."""
    for login, (unit, role) in PEOPLE.items():
        service.world.employ(login, unit, role)
    service.world.publish(faq("怎样办理退休"))
    service.world.publish(
        faq("户口怎么迁", category="C21"), by="gaj_editor", reviewers=("gaj_leader", "zx_reviewer")
    )
    return service


def wanted(world: World, **changes: object) -> Wanted:
    now = world.clock.now()
    asked = Wanted(("U-RSJ", "U-GAJ"), "训练政务大厅的导办机器人", "市数据局", now, now + timedelta(days=30))
    return replace(asked, **changes)  # type: ignore[arg-type]


def ask(world: World, by: str = "zx_manager", **changes: object) -> str:
    with world.database.write() as session:
        return authorising.ask(session, world.as_(by), wanted(world, **changes)).code


def grant(world: World, code: str, by: str, *, yes: bool = True) -> None:
    with world.database.write() as session:
        authorising.decide(session, world.as_(by), code, grant=yes, note="" if yes else "不宜外传")


def consent(world: World, code: str, by: str = "zx_other", *, yes: bool = True) -> None:
    with world.database.write() as session:
        authorising.consent(session, world.as_(by), code, grant=yes, note="" if yes else "用途不明")


def authorised(world: World, **changes: Any) -> str:
    code = ask(world, **changes)
    for leader in ("rsj_leader", "gaj_leader"):
        grant(world, code, leader)
    consent(world, code)
    return code


def take(
    office: Service, code: str = "", by: str = "zx_manager", form: Format = "csv", unit: str = ""
) -> Taken:
    return taking.take(office.parts, office.world.as_(by), form, authorisation=code, unit=unit)


def left(taken: Taken) -> list[dict[str, str]]:
    """The points of a CSV file, by the heads of its columns."""
    lines = list(csv.reader(io.StringIO(taken.path.read_text("utf-8-sig"))))
    at = lines.index([])
    return [dict(zip(lines[at + 1], line, strict=True)) for line in lines[at + 2 :]]


def refusal(office: Service, code: str = "", by: str = "zx_manager", unit: str = "") -> str:
    with pytest.raises(Forbidden) as refused:
        take(office, code, by, unit=unit)
    assert list((office.parts.settings.var_dir / taking.FOLDER).glob("*")) == []
    return refused.value.code


@pytest.mark.clause("SG-30")
def test_nothing_leaves_before_every_unit_has_granted_it(office: Service) -> None:
    code = ask(office.world)
    consent(office.world, code)
    grant(office.world, code, "rsj_leader")
    assert refusal(office, code) == "not_authorised"

    grant(office.world, code, "gaj_leader")
    assert sorted(row["标题"] for row in left(take(office, code))) == ["怎样办理退休", "户口怎么迁"]


@pytest.mark.clause("SG-30")
def test_nothing_leaves_before_the_centre_has_consented(office: Service) -> None:
    code = ask(office.world)
    grant(office.world, code, "rsj_leader")
    grant(office.world, code, "gaj_leader")
    assert refusal(office, code) == "not_authorised"

    consent(office.world, code)
    assert take(office, code).points == 2


@pytest.mark.clause("SG-30")
def test_who_asks_cannot_decide_and_a_unit_is_spoken_for_by_its_own_people(office: Service) -> None:
    own = ask(office.world, by="rsj_leader", units=("U-RSJ",))
    with pytest.raises(Forbidden) as self_granted:
        grant(office.world, own, "rsj_leader")
    assert self_granted.value.code == "same_person"
    code = ask(office.world)
    with pytest.raises(Forbidden) as same:
        consent(office.world, code, by="zx_manager")
    with pytest.raises(Forbidden):
        grant(office.world, code, "rsj_reviewer")
    assert same.value.code == "same_person"
    with pytest.raises(Forbidden) as other:
        grant(office.world, own, "gaj_leader")
    assert other.value.code == "other_unit"


@pytest.mark.clause("SG-30")
def test_a_unit_takes_its_own_freely_and_nothing_else(office: Service) -> None:
    taken = take(office, by="rsj_editor")

    assert [row["标题"] for row in left(taken)] == ["怎样办理退休"]
    assert refusal_of_other_unit(office) == "not_authorised"
    with office.parts.database.read() as session:
        assert session.execute(select(Export.basis, Export.points)).tuples().all() == [("own", 1)]


def refusal_of_other_unit(office: Service) -> str:
    with pytest.raises(Forbidden) as refused:
        take(office, by="rsj_editor", unit="U-GAJ")
    return refused.value.code


@pytest.mark.clause("SG-30")
def test_what_is_for_certain_roles_waits_or_has_ended_never_leaves(office: Service) -> None:
    world = office.world
    world.publish(faq("限定的口径", audience="restricted", roles=["agent"]))
    world.publish(faq("内部的口径", audience="agents"))
    world.publish(faq("明天公布", release_at=world.clock.now() + timedelta(days=1)))
    world.publish(faq("已经失效", effective_to="2026-01-31"))
    world.publish(faq("尚未施行", effective_from="2027-01-01"))
    world.draft(faq("还是草稿"))

    with pytest.raises(Invalid):
        ask(world, audiences=("restricted",))
    public = {row["标题"] for row in left(take(office, authorised(world)))}
    assert public == {"怎样办理退休", "户口怎么迁"}
    inside = left(take(office, authorised(world, audiences=("public", "agents"))))
    assert {row["标题"] for row in inside} == public | {"内部的口径"}


def test_the_scope_holds_by_type_and_category(office: Service) -> None:
    world = office.world

    assert take(office, authorised(world, types=("policy",))).points == 0
    assert [row["单位"] for row in left(take(office, authorised(world, categories=("C2",))))] == ["市公安局"]


def test_an_authorisation_ends_with_its_term_and_with_its_revocation(office: Service) -> None:
    world = office.world
    assert isinstance(world.clock, FixedClock)
    early = authorised(world, valid_from=world.clock.now() + timedelta(days=1))
    assert refusal(office, early) == "not_authorised"
    code, other = authorised(world), authorised(world)
    with world.database.write() as session:
        authorising.revoke(session, world.as_("gaj_leader"), code, "已另行签约")
    assert refusal(office, code) == "not_authorised"
    assert any("已撤销" in title for title in titles(world, "zx_manager"))

    world.clock.advance(timedelta(days=31))
    assert refusal(office, other) == "not_authorised"
    with pytest.raises(Conflict), world.database.write() as session:
        authorising.revoke(session, world.as_("gaj_leader"), code, "再撤一次")


def test_a_unit_that_says_no_ends_it_and_nobody_changes_the_word(office: Service) -> None:
    code = ask(office.world)
    grant(office.world, code, "rsj_leader", yes=False)

    assert refusal(office, code) == "not_authorised"
    with pytest.raises(Conflict):
        grant(office.world, code, "rsj_leader")
    with pytest.raises(DBAPIError), office.parts.database.write() as session:
        session.execute(text("UPDATE knowledge_export_grant SET decision = 'granted', account_id = 1"))


def test_only_who_asked_takes_it(office: Service) -> None:
    code = authorised(office.world)

    assert refusal(office, code, by="rsj_editor") == "not_the_requester"


def test_each_file_says_whose_it_is_and_its_register_finds_it_again(office: Service) -> None:
    code = authorised(office.world)
    taken = take(office, code)
    head = taken.path.read_text("utf-8-sig")
    for said in (taken.code, code, "训练政务大厅的导办机器人", "市数据局", "zx_manager", "未经所属单位授权"):
        assert said in head
    assert {row["文件编号"] for row in left(taken)} == {taken.code}

    digest = hashlib.sha256(taken.path.read_bytes()).hexdigest()
    with office.parts.database.read() as session:
        found = taking.register(session, office.world.as_("zx_other"), sha256=digest).items
        assert [(each.code, each.points, each.size) for each in found] == [
            (taken.code, 2, taken.path.stat().st_size)
        ]
        versions = session.execute(select(ExportedVersion.version_id)).scalars().all()
        assert len(versions) == 2
        assert taking.register(session, office.world.as_("gaj_leader")).items != []
        assert taking.register(session, office.world.as_("rsj_editor")).items == []


def test_the_register_is_never_changed(office: Service) -> None:
    take(office, by="rsj_editor")
    for statement in (delete(Export), text("UPDATE knowledge_export SET points = 0")):
        with pytest.raises(DBAPIError), office.parts.database.write() as session:
            session.execute(statement)


FORMULA = '=HYPERLINK("http://example.com","点我")'


def formula() -> PointDraft:
    return faq("=1+1", FORMULA, keywords=["+cmd", "@x"], source="-2")


def test_no_cell_of_a_file_is_a_formula(office: Service) -> None:
    office.world.publish(formula())
    cells = [cell for row in left(take(office, by="rsj_editor")) for cell in row.values()]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []

    book = load_workbook(take(office, by="rsj_editor", form="xlsx").path)
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row if cell.value}
    assert kinds == {"s"}
    assert book["导出说明"]["B1"].value is not None


def test_a_file_of_lines_carries_every_field_and_the_mark(office: Service) -> None:
    taken = take(office, authorised(office.world), form="jsonl")
    lines = [json.loads(line) for line in taken.path.read_text("utf-8").splitlines()]

    assert lines[0]["export"]["code"] == taken.code
    assert {line["content"]["type"] for line in lines[1:]} == {"faq"}
    assert all(line["export"] == taken.code for line in lines[1:])


def test_a_scope_too_large_is_refused_and_leaves_nothing_behind(
    office: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_POINTS", 1)
    code = authorised(office.world)

    with pytest.raises(Exception, match="一次最多"):
        take(office, code)
    assert list(folder(office).glob("*")) == []
    with office.parts.database.read() as session:
        assert session.execute(select(Export.id)).first() is None


def folder(office: Service) -> Path:
    return office.parts.settings.var_dir / taking.FOLDER


def test_an_authorisation_revoked_while_its_file_is_written_lets_nothing_out(
    office: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = authorised(office.world)
    write = writing.write

    def revoked_meanwhile(*args: Any) -> None:
        write(*args)
        with office.parts.database.write() as session:
            authorising.revoke(session, office.world.as_("rsj_leader"), code, "不再合作")

    monkeypatch.setattr(writing, "write", revoked_meanwhile)
    assert refusal(office, code) == "not_authorised"


def test_asking_too_little_says_where(office: Service) -> None:
    with pytest.raises(Invalid) as refused:
        ask(office.world, purpose="", recipient="", units=(), valid_to=office.world.clock.now())

    named = {each["pointer"] for each in refused.value.pointers}
    assert named == {"/units", "/purpose", "/recipient", "/valid_to"}


def test_numbers_alone_need_no_leave(office: Service) -> None:
    with office.parts.database.read() as session:
        found = taking.statistics(session, office.world.as_("zx_manager"))

    assert [(each.unit_code, each.points) for each in found] == [("U-GAJ", 1), ("U-RSJ", 1)]
