"""Files of a zip that rows name come in with the versions, and go with drafts that are taken back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import ingestion.service as imports
from ingestion.service import keeping
from ingestion.views import BatchView
from kb_service.core.audit import AuditRow
from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict
from kb_service.knowledge.attachments import jobs
from kb_service.knowledge.attachments import service as attachments
from kb_service.knowledge.attachments.model import StoredFile, VersionAttachment
from kb_service.knowledge.attachments.store import AttachmentStore
from kb_service.knowledge.content import Replacement
from kb_service.knowledge.incoming.model import IncomingFile
from kb_service.knowledge.model import Point, Version
from kb_service.knowledge.service import reading
from tests.support.documents import pdf, zipped
from tests.support.imports import apply, approve, bring_in, csv_file, found, row, stage, undo
from tests.support.knowledge import World, faq, policy
from tests.support.service import Service

GUIDE = pdf([["填表说明"]])
PICTURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def store(service: Service) -> imports.FileStore:
    return imports.FileStore.of(service.parts.settings)


def send(world: World, store: imports.FileStore, members: dict[str, bytes], **how: Any) -> BatchView:
    """Staged on the service's clock, by which unused files are cleared away."""
    return stage(world, zipped(members), "一批.zip", store=store, clock=world.clock, **how)


def written(world: World, batch_id: str) -> dict[str, tuple[str, list[str], str]]:
    """By title of the batch's versions: code, names of what is attached, status."""
    with world.database.read() as session:
        rows = select(Version.id, Version.title, Point.code, Version.status).join(
            Point, Point.id == Version.point_id
        )
        of_batch = session.execute(rows.where(Version.batch_id == batch_id)).all()
        held = attachments.of_versions(session, [each.id for each in of_batch])
        return {
            each.title: (each.code, [file.name for file in held[each.id]], each.status) for each in of_batch
        }


def test_files_that_rows_name_are_attached_to_the_versions_they_make(
    world: World, service: Service, store: imports.FileStore
) -> None:
    table = csv_file(row("甲", 附件="说明.pdf|表/申请表.pdf"), row("乙", 附件="说明.pdf"), row("丙"))
    staged = send(world, store, {"表.csv": table, "说明.pdf": GUIDE, "表/申请表.pdf": pdf([["申请表"]])})
    assert (staged.counts.new, staged.counts.error, staged.counts.warning) == (3, 0, 0)
    apply(world, staged.id)
    made = written(world, staged.id)
    assert made["甲"][1:] == (["说明.pdf", "申请表.pdf"], "unit_review")
    assert made["乙"][1:] == (["说明.pdf"], "unit_review")
    assert made["丙"][1:] == ([], "unit_review")
    approve(world, staged.id)
    with world.database.read() as session:
        assert session.execute(select(func.count()).select_from(StoredFile)).scalar_one() == 2
        told = select(func.count()).where(AuditRow.action == "attachment.added")
        assert session.execute(told).scalar_one() == 3
        agent, code = world.as_("agent"), made["乙"][0]
        [one] = attachments.attachments(session, agent, code, 1)
        files = AttachmentStore.of(service.parts.settings)
        with attachments.open_attachment(session, agent, files, code, 1, one.id).file as opened:
            assert opened.read() == GUIDE


def test_a_row_that_names_no_files_keeps_those_of_the_version_before_and_one_that_does_replaces_them(
    world: World, store: imports.FileStore
) -> None:
    first = send(
        world,
        store,
        {"表.csv": csv_file(row("甲", 附件="说明.pdf"), row("乙", 附件="说明.pdf")), "说明.pdf": GUIDE},
    )
    apply(world, first.id)
    approve(world, first.id)
    known = {title: made[0] for title, made in written(world, first.id).items()}
    table = csv_file(
        row("甲", 知识编码=known["甲"], 答案="换了说法"),
        row("乙", 知识编码=known["乙"], 答案="换了说法", 附件="新表.pdf"),
        row("丙"),
    )
    second = send(world, store, {"表.csv": table, "新表.pdf": pdf([["新表"]])})
    apply(world, second.id)
    made = written(world, second.id)
    assert {title: each[1:] for title, each in made.items()} == {
        "甲": (["说明.pdf"], "unit_review"),
        "乙": (["新表.pdf"], "unit_review"),
        "丙": ([], "unit_review"),
    }
    with world.database.read() as session:
        carried = select(VersionAttachment.carried).join(Version, Version.id == VersionAttachment.version_id)
        assert session.execute(carried.where(Version.title == "甲", Version.number == 2)).scalar_one()


def test_a_row_whose_file_is_missing_or_not_what_it_says_is_wrong_and_nothing_comes_in(
    world: World, store: imports.FileStore
) -> None:
    table = csv_file(row("甲", 附件="没有.pdf"), row("乙", 附件="坏.pdf"), row("丙", 附件="两处.png"))
    packed = {"表.csv": table, "坏.pdf": b"MZ", "一/两处.png": PICTURE, "二/两处.png": PICTURE}
    staged = send(world, store, packed)
    assert (staged.counts.new, staged.counts.error) == (0, 3)
    codes = [each.problems[0].code for each in found(world, staged.id)]
    assert codes == ["attachment_missing", "content_mismatch", "attachment_missing"]
    again = imports.recheck(world.database, world.as_("rsj_editor"), staged.id, clock=world.clock)
    assert again.counts.error == 3


def test_what_was_stored_is_still_there_when_the_batch_is_checked_again(
    world: World, store: imports.FileStore
) -> None:
    table = csv_file(row("甲", 附件="说明.pdf"), row("乙", 类目="没有的类目", 附件="说明.pdf"))
    staged = send(world, store, {"表.csv": table, "说明.pdf": GUIDE})
    assert (staged.counts.new, staged.counts.error) == (1, 1)
    mend = imports.Correction(2, {"category": "社会保障/养老保险"})
    mended = imports.correct(world.database, world.as_("rsj_editor"), staged.id, mend, clock=world.clock)
    assert (mended.counts.new, mended.counts.error) == (2, 0)
    apply(world, staged.id)
    assert [each[1] for each in written(world, staged.id).values()] == [["说明.pdf"], ["说明.pdf"]]


def test_drafts_that_are_taken_back_let_go_of_their_files_and_these_are_cleared_away(
    world: World, service: Service, store: imports.FileStore, clock: FixedClock
) -> None:
    table = csv_file(row("甲", 附件="说明.pdf"))
    staged = send(world, store, {"表.csv": table, "说明.pdf": GUIDE}, submit=False)
    apply(world, staged.id)
    assert written(world, staged.id)["甲"][1:] == (["说明.pdf"], "draft")
    undo(world, staged.id)
    assert written(world, staged.id)["甲"][1:] == ([], "discarded")
    while keeping.sweep(world.database, clock.now()):
        pass
    clock.advance(timedelta(days=5))
    while jobs.clear(service.parts):
        pass
    assert files_in(service) == []


def test_what_was_filed_keeps_its_files_when_it_is_taken_back(world: World, store: imports.FileStore) -> None:
    """History tells what there was: the guards of the database would refuse anything else."""
    staged = send(world, store, {"表.csv": csv_file(row("甲", 附件="说明.pdf")), "说明.pdf": GUIDE})
    apply(world, staged.id)
    approve(world, staged.id)
    undo(world, staged.id)
    assert written(world, staged.id)["甲"][1] == ["说明.pdf"]


def test_files_of_a_batch_that_waits_are_kept_until_it_is_given_up(
    world: World, service: Service, store: imports.FileStore, clock: FixedClock
) -> None:
    staged = send(world, store, {"表.csv": csv_file(row("甲", 附件="说明.pdf")), "说明.pdf": GUIDE})
    clock.advance(timedelta(days=10))
    jobs.clear(service.parts)
    assert len(files_in(service)) == 1
    with world.database.write() as session:
        imports.cancel(session, world.as_("rsj_editor"), staged.id)
    while keeping.sweep(world.database, clock.now()):
        pass
    jobs.clear(service.parts)
    assert files_in(service) == []
    with world.database.read() as session:
        assert session.execute(select(IncomingFile)).all() == []


def files_in(service: Service) -> list[Path]:
    folder = service.parts.settings.var_dir / "attachments"
    return [each for each in folder.glob("??/*") if each.is_file()]


def test_content_that_was_erased_does_not_come_back_by_an_import(
    world: World, store: imports.FileStore
) -> None:
    members = {"表.csv": csv_file(row("甲", 附件="说明.pdf")), "说明.pdf": GUIDE}
    first = send(world, store, members)
    apply(world, first.id)
    with world.database.write() as session:
        [link] = session.execute(select(VersionAttachment)).scalars()
        code = written(world, first.id)["甲"][0]
        attachments.erase(session, world.as_("zx_manager"), code, 1, link.attachment_id, "含个人信息")
    second = send(world, store, members | {"表.csv": csv_file(row("乙", 附件="说明.pdf"))})
    with pytest.raises(Conflict, match="已按规定删除") as refused:
        apply(world, second.id)
    assert refused.value.code == "file_erased"
    assert written(world, second.id) == {}


def test_a_row_names_what_it_replaces_whole_or_by_articles(world: World) -> None:
    one = world.publish(faq("旧问题"))
    other = world.publish(policy("旧办法"))
    told = f"{one.code}\n{other.code} 第二条、第三条"
    staged = bring_in(world, csv_file(row("新问题", 替代条文=told)), "导入.csv")
    code = written(world, staged.id)["新问题"][0]
    approve(world, staged.id)
    with world.database.read() as session:
        draft = reading.newest_view(session, world.clock.now(), code).draft()
        live = reading.live_versions(session, [one.code, other.code], world.clock.now())
    assert sorted(draft.replaces, key=lambda each: each.whole) == [
        Replacement(code=other.code, articles=["第二条", "第三条"]),
        Replacement(code=one.code),
    ]
    assert set(live) == {other.code}


@pytest.mark.parametrize("cell", ["K000001 全部", "旧办法", "K000001 第二条以外"])
def test_a_cell_that_does_not_say_what_is_replaced_is_refused(world: World, cell: str) -> None:
    staged = stage(world, csv_file(row("新问题", 替代条文=cell)), "导入.csv")
    assert [each.problems[0].code for each in found(world, staged.id)] == ["bad_replaces"]
