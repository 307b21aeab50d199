"""Files of a version: kept once, fixed with it, handed out to whom it is meant for."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import DBAPIError

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, KbError, NotFound, TooLarge
from kb_service.knowledge.attachments import jobs, service
from kb_service.knowledge.attachments.model import Attachment, StoredFile, VersionAttachment
from kb_service.knowledge.attachments.rules import Kind
from kb_service.knowledge.attachments.service import AttachmentView
from kb_service.knowledge.attachments.store import AttachmentStore
from kb_service.knowledge.service import drafts
from kb_service.knowledge.service.views import VersionView
from tests.support.knowledge import World, faq, policy
from tests.support.service import make_runtime

PDF = b"%PDF-1.7\n" + b"x" * 5_000
DAY = timedelta(days=1)


@pytest.fixture
def files(tmp_path: Path) -> AttachmentStore:
    return AttachmentStore(tmp_path / "attachments", 1 << 20)


def upload(
    world: World,
    files: AttachmentStore,
    version: VersionView,
    name: str = "通知.pdf",
    content: bytes = PDF,
    kind: Kind = "other",
    by: str = "rsj_editor",
) -> list[AttachmentView]:
    with world.database.write() as session:
        return service.upload_to(
            session, world.as_(by), files, version.code, version.number, name, io.BytesIO(content), kind
        )


def read(world: World, files: AttachmentStore, version: VersionView, at: int, by: str = "agent") -> bytes:
    with world.database.read() as session:
        opened = service.open_attachment(session, world.as_(by), files, version.code, version.number, at)
        with opened.file:
            return opened.file.read()


def approve(world: World, version: VersionView) -> VersionView:
    world.submit(version)
    world.decide(version, "rsj_reviewer")
    return world.decide(version, "zx_reviewer")


def kept(tmp_path: Path) -> list[Path]:
    return list((tmp_path / "attachments").glob("??/*"))


def test_an_attachment_is_read_by_those_the_version_is_meant_for_from_its_release_on(
    world: World, files: AttachmentStore, clock: FixedClock
) -> None:
    draft = world.draft(policy("停车收费办法", release_at=clock.now() + 5 * DAY))
    found = upload(world, files, draft)[0]
    approve(world, draft)
    for login in ("agent", "public", "gaj_editor"):
        with pytest.raises(KbError):
            read(world, files, draft, found.id, login)
    assert read(world, files, draft, found.id, "rsj_reviewer") == PDF
    clock.advance(5 * DAY)
    assert read(world, files, draft, found.id, "public") == PDF


def test_an_attachment_of_internal_knowledge_is_not_for_the_public(
    world: World, files: AttachmentStore
) -> None:
    draft = world.draft(faq(audience="agents"))
    found = upload(world, files, draft)[0]
    approve(world, draft)
    assert read(world, files, draft, found.id) == PDF
    with pytest.raises(NotFound):
        read(world, files, draft, found.id, "public")


def test_the_same_content_is_kept_once_under_each_of_its_names(
    world: World, files: AttachmentStore, tmp_path: Path
) -> None:
    draft = world.draft(faq())
    upload(world, files, draft, "甲.pdf")
    found = upload(world, files, draft, "乙.pdf")
    assert [each.name for each in found] == ["甲.pdf", "乙.pdf"]
    assert len({each.sha256 for each in found}) == len(kept(tmp_path)) == 1


def test_what_was_filed_keeps_its_attachments_as_they_were(world: World, files: AttachmentStore) -> None:
    draft = world.draft(faq())
    found = upload(world, files, draft)[0]
    world.submit(draft)
    with pytest.raises(Conflict, match="已报送"):
        upload(world, files, draft, "另一份.pdf", PDF + b"2")
    with pytest.raises(Conflict), world.database.write() as session:
        service.detach(session, world.as_("rsj_editor"), draft.code, 1, found.id)


def test_the_database_itself_refuses_to_change_the_attachments_of_a_filed_version(
    world: World, files: AttachmentStore, clock: FixedClock
) -> None:
    draft = world.draft(faq())
    found = upload(world, files, draft)[0]
    other = world.draft(faq("另一条"))
    spare = upload(world, files, other, "另一份.pdf", PDF + b"2")[0]
    world.submit(draft)
    row = {
        "version_id": draft.version_id,
        "attachment_id": spare.id,
        "kind": "other",
        "carried": False,
        "attached_by": 1,
        "attached_at": clock.now(),
    }
    link = VersionAttachment.version_id == draft.version_id
    statements = [
        insert(VersionAttachment).values(row),
        update(VersionAttachment).where(link).values(kind="official_document"),
        delete(VersionAttachment).where(link),
    ]
    for statement in statements:
        with pytest.raises(DBAPIError), world.database.write() as session:
            session.execute(statement)
    assert found.kind == "other"


def test_a_draft_gives_an_attachment_back_and_the_next_version_begins_with_those_of_the_last(
    world: World, files: AttachmentStore
) -> None:
    draft = world.draft(faq())
    upload(world, files, draft, "留下.pdf")
    gone = upload(world, files, draft, "去掉.pdf", PDF + b"2")[1]
    with world.database.write() as session:
        service.detach(session, world.as_("rsj_editor"), draft.code, 1, gone.id)
    approve(world, draft)
    with world.database.write() as session:
        following = drafts.next_draft(session, world.as_("rsj_editor"), draft.code)
        found = service.attachments(session, world.as_("rsj_editor"), draft.code, following.number)
    assert [(each.name, each.carried) for each in found] == [("留下.pdf", True)]


@pytest.mark.clause("SG-28.2")
def test_the_official_document_comes_on_the_day_of_release(
    world: World, files: AttachmentStore, clock: FixedClock
) -> None:
    draft = world.draft(policy("停车收费办法", release_at=clock.now() + 5 * DAY))
    approve(world, draft)
    with pytest.raises(Conflict, match="发布当日"):
        upload(world, files, draft, kind="official_document")
    clock.advance(5 * DAY - timedelta(hours=2))
    found = upload(world, files, draft, kind="official_document")
    assert [each.kind for each in found] == ["official_document"]


def test_people_of_other_units_attach_nothing(world: World, files: AttachmentStore) -> None:
    draft = world.draft(faq())
    with pytest.raises(KbError):
        upload(world, files, draft, by="gaj_editor")
    with pytest.raises(KbError):
        upload(world, files, draft, by="agent")


def test_anothers_upload_cannot_be_taken_by_guessing_its_number(world: World, files: AttachmentStore) -> None:
    secret = upload(world, files, world.draft(faq("秘密")))[0]
    mine = world.draft(faq("户口迁移", category="C21"), by="gaj_editor")
    with pytest.raises(NotFound), world.database.write() as session:
        service.attach(session, world.as_("gaj_editor"), mine.code, 1, secret.id, "other")


def test_a_file_over_the_limit_is_refused_and_leaves_nothing_behind(
    world: World, files: AttachmentStore, tmp_path: Path
) -> None:
    draft = world.draft(faq())
    with pytest.raises(TooLarge):
        upload(world, files, draft, content=b"%PDF-" + b"x" * (1 << 20))
    assert [each.name for each in (tmp_path / "attachments").iterdir() if each.name != ".lock"] == []


def test_erasing_destroys_the_content_and_keeps_the_history(
    world: World, files: AttachmentStore, clock: FixedClock, tmp_path: Path
) -> None:
    draft = world.draft(faq())
    found = upload(world, files, draft)[0]
    approve(world, draft)
    with world.database.write() as session:
        service.erase(session, world.as_("zx_manager"), draft.code, 1, found.id, "含个人信息")
    with pytest.raises(NotFound, match="含个人信息"):
        read(world, files, draft, found.id)
    jobs.clear(make_runtime(world.database, clock, tmp_path))
    assert kept(tmp_path) == []
    with world.database.read() as session:
        left = service.attachments(session, world.as_("agent"), draft.code, 1)[0]
    assert (left.name, left.sha256, left.erased_reason) == (found.name, found.sha256, "含个人信息")
    with pytest.raises(Conflict, match="不能再次上传"):
        upload(world, files, world.draft(faq("又一条")))


def test_what_nobody_refers_to_is_cleared_away_and_nothing_else(
    world: World, files: AttachmentStore, clock: FixedClock, tmp_path: Path
) -> None:
    draft = world.draft(faq())
    upload(world, files, draft, "留下.pdf")
    with world.database.write() as session:
        service.store(session, world.as_("rsj_editor"), files, "无主.pdf", io.BytesIO(PDF + b"2"))
    files.put(io.BytesIO(PDF + b"3"), "回滚.pdf", clock.now())
    parts = make_runtime(world.database, clock, tmp_path)
    assert jobs.clear(parts) == 0
    assert len(kept(tmp_path)) == 3
    clock.advance(3 * DAY)
    while jobs.clear(parts):
        pass
    assert len(kept(tmp_path)) == 1
    with world.database.read() as session:
        assert session.execute(select(Attachment.name)).scalars().all() == ["留下.pdf"]
        assert len(session.execute(select(StoredFile)).scalars().all()) == 1
    assert read(world, files, draft, 1, "rsj_editor") == PDF
