"""What people do to knowledge points, one act a rule: each may be refused, none may break a promise."""

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from sqlalchemy import select

import ingestion.service as imports
from kb_service.core.clock import local_day
from kb_service.core.context import SYSTEM, Context
from kb_service.core.errors import Conflict
from kb_service.knowledge.attachments import service as attachments
from kb_service.knowledge.content import PointDraft, Replacement
from kb_service.knowledge.corrections.model import Correction
from kb_service.knowledge.corrections.rules import Grade
from kb_service.knowledge.corrections.service import correcting, reporting, verifying
from kb_service.knowledge.corrections.service.reporting import Said
from kb_service.knowledge.reorganising import service as reorganising
from kb_service.knowledge.reorganising.schemas import Merge, Rename
from kb_service.knowledge.service import drafts, filing, release, review
from kb_service.knowledge.service.review import Decision
from kb_service.knowledge.service.views import VersionView
from kb_service.knowledge.training import service as training
from kb_service.knowledge.verification.service import verifying as verification
from tests.support.imports import row
from tests.support.knowledge import PEOPLE, World, faq, policy, script
from tests.support.whole_lives.memory import Known
from tests.support.whole_lives.promises import Promises

EDITORS = ("rsj_editor", "gaj_editor", "hb_editor")
REVIEWERS = ("rsj_reviewer", "dh_reviewer", "zx_reviewer")
DAY = timedelta(days=1)
OPEN = ("draft", "unit_review", "region_review", "centre_review")
IN_REVIEW = OPEN[1:]
AUDIENCES: dict[str, dict[str, Any]] = {
    "public": {"audience": "public"},
    "agents": {"audience": "agents"},
    "restricted": {"audience": "restricted", "roles": ["confidential_handler"]},
}
ALL_THE_WAY = 4
how_far = st.sampled_from([0, 1, 2, ALL_THE_WAY, ALL_THE_WAY, ALL_THE_WAY])


class Acts(Promises):
    """Every rule is one act by one person, or a while that passes."""

    def _pick(self, data: st.DataObject, *statuses: str) -> Known:
        found = [each for each in self.memory.known.values() if each.status in statuses]
        return data.draw(st.sampled_from(sorted(found, key=lambda each: each.id)))

    def _has(self, *statuses: str) -> bool:
        return any(each.status in statuses for each in self.memory.known.values())

    def _editor_of(self, each: Known) -> str:
        return next(login for login, unit in self.units.items() if self.unit_ids[unit] == each.unit_id)

    def _words(self, data: st.DataObject, by: str, own: str | None, kind: str) -> PointDraft:
        today, now = local_day(self.clock.now()), self.clock.now()
        self.written += 1
        one = self.written
        release_in = data.draw(st.sampled_from([None, None, 1, 2, 4]))
        begins = data.draw(st.sampled_from([None, None, None, 1, 3]))
        ends = data.draw(st.sampled_from([None, None, -1, 0, 3]))
        mine = {
            each.code for each in self.memory.known.values() if each.unit_id == self.unit_ids[self.units[by]]
        }
        others = sorted(mine - {own or ""})
        supersedes = data.draw(st.sampled_from([None, None, *others]))
        replaced = data.draw(st.sampled_from([None, None, *others]))
        articles = data.draw(st.sampled_from([[], ["第二条"]]))
        shared: dict[str, Any] = {
            "release_at": now + release_in * DAY + timedelta(milliseconds=one) if release_in else None,
            "effective_from": today + begins * DAY if begins else None,
            "effective_to": today + ends * DAY if ends is not None and not begins else None,
            "supersedes": supersedes,
            "replaces": [Replacement(code=replaced, articles=articles)] if replaced else [],
            **AUDIENCES[data.draw(st.sampled_from(sorted(AUDIENCES)))],
        }
        title = f"事项{one}的说法"
        if kind == "faq":
            return faq(title, **shared)
        return policy(title, **shared) if kind == "policy" else script(title, **shared)

    def _write(self, data: st.DataObject, by: str, code: str | None, kind: str, steps: int) -> None:
        """Writes a version and takes it so many steps towards publication."""
        words = self._words(data, by, code, kind)
        with self.act(), self.world.database.write() as session:
            drafts.create_draft(session, self.world.as_(by), self.units[by], words, code=code)
        made = next((each for each in self.memory.known.values() if each.title == words.title), None)
        if made is not None:
            self._forward(made, by, steps)

    def _forward(self, each: Known, by: str, steps: int) -> None:
        acts: list[Callable[[], VersionView]] = [lambda: self._submit(each, by)]
        acts += [lambda login=login: self._decide(each, login, "approve") for login in REVIEWERS]  # type: ignore[misc]
        for go in acts[:steps]:
            with self.act():
                go()

    def _submit(self, each: Known, by: str) -> VersionView:
        with self.world.database.write() as session:
            return filing.submit(session, self.world.as_(by), each.code, each.number)

    def _decide(self, each: Known, by: str, decision: Decision) -> VersionView:
        with self.world.database.write() as session:
            return review.decide(
                session, self.world.as_(by), each.code, each.number, decision, remarks={"": "请改"}
            )

    @rule(
        data=st.data(),
        by=st.sampled_from(EDITORS),
        kind=st.sampled_from(["faq", "policy", "policy", "script"]),
        steps=how_far,
    )
    def write_a_point(self, data: st.DataObject, by: str, kind: str, steps: int) -> None:
        self._write(data, by, None, kind, steps)

    @precondition(lambda self: self._has("approved", "returned", "discarded"))
    @rule(data=st.data(), steps=how_far)
    def write_the_next_version(self, data: st.DataObject, steps: int) -> None:
        each = self._pick(data, "approved", "returned", "discarded")
        self._write(data, self._editor_of(each), each.code, self.types[each.code], steps)

    @precondition(lambda self: self._has(*OPEN))
    @rule(data=st.data())
    def take_to_its_end(self, data: st.DataObject) -> None:
        each = self._pick(data, *OPEN)
        self._forward(each, self._editor_of(each), ALL_THE_WAY)

    @precondition(lambda self: self._has("draft"))
    @rule(data=st.data(), both=st.booleans())
    def two_edit_one_draft(self, data: st.DataObject, both: bool) -> None:
        """The second is told of the first and loses nothing of what it wrote."""
        each = self._pick(data, "draft")
        by = self._editor_of(each)
        view = self.view(each)
        saved = False
        for login, mark in ((by, "改"), ("zx_manager", "又改"))[: 1 + both]:
            words = view.draft().model_copy(update={"title": f"{view.title}{mark}"[:128]})
            refused = None
            with self.act(), self.world.database.write() as session:
                ctx = self.world.as_(login)
                try:
                    drafts.edit_draft(session, ctx, each.code, each.number, words, lock=view.lock)
                except Conflict as conflict:
                    refused = conflict
                    raise
            if saved:
                assert refused is not None, "a change was overwritten unseen"
                assert refused.code == "edit_conflict"
                assert refused.extra["mine"]["title"] == words.title
                assert refused.extra["theirs"]["title"] != view.title
            else:
                assert refused is None, "refused although nobody had changed it"
            saved = True

    @precondition(lambda self: self._has(*IN_REVIEW))
    @rule(
        data=st.data(),
        by=st.sampled_from(sorted(PEOPLE)),
        decision=st.sampled_from(["approve", "approve", "return"]),
    )
    def anyone_reviews(self, data: st.DataObject, by: str, decision: Decision) -> None:
        each = self._pick(data, *IN_REVIEW)
        with self.act():
            self._decide(each, by, decision)

    @precondition(lambda self: self.memory.published)
    @rule(data=st.data(), whole=st.booleans())
    def withdraw(self, data: st.DataObject, whole: bool) -> None:
        each = data.draw(st.sampled_from(self.memory.published))
        with self.act(), self.world.database.write() as session:
            number = None if whole else each.number
            release.withdraw(session, self.world.as_("zx_manager"), each.code, "有误", number=number)

    @precondition(lambda self: self._has("approved", "returned", "discarded"))
    @rule(data=st.data(), steps=how_far)
    def restore(self, data: st.DataObject, steps: int) -> None:
        old = self._pick(data, "approved", "returned", "discarded")
        view = None
        with self.act(), self.world.database.write() as session:
            view = drafts.restore(session, self.world.as_("zx_manager"), old.code, old.number)
        if view is not None:
            self._forward(self.memory.of(view.code, view.number), self._editor_of(old), steps)

    @precondition(lambda self: self._has("draft", "unit_review"))
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        each = self._pick(data, "draft", "unit_review")
        with self.act(), self.world.database.write() as session:
            drafts.discard(session, self.world.as_(self._editor_of(each)), each.code, each.number)

    @precondition(lambda self: self._has(*OPEN, "approved"))
    @rule(data=st.data())
    def name_a_reader(self, data: st.DataObject) -> None:
        each = self._pick(data, *OPEN, "approved")
        by = self._editor_of(each)
        with self.act(), self.world.database.write() as session:
            training.name_readers(session, self.world.as_(by), each.code, each.number, ["confidant"], [])
            each.readers.add("confidant")

    @precondition(lambda self: self._has("draft", "approved"))
    @rule(data=st.data(), official=st.booleans())
    def attach(self, data: st.DataObject, official: bool) -> None:
        each = self._pick(data, "draft", "approved")
        self.written += 1
        content = io.BytesIO(f"附件{self.written}".encode())
        with self.act(), self.world.database.write() as session:
            attachments.upload_to(
                session, self.world.as_(self._editor_of(each)), self.files, each.code, each.number,
                "说明.txt", content, "official_document" if official else "other",
            )  # fmt: skip

    @precondition(lambda self: self.memory.live(self.clock.now()))
    @rule(
        data=st.data(),
        serious=st.booleans(),
        verdict=st.sampled_from(["none", "general", "serious", "serious", "rejected"]),
    )
    def report_a_mistake(self, data: st.DataObject, serious: bool, verdict: str) -> None:
        code = data.draw(st.sampled_from(sorted(self.memory.live(self.clock.now()))))
        found = ""
        with self.act(), self.world.database.write() as session:
            said = Said(remark="不对", serious=serious)
            found = reporting.report(
                session, self.world.as_("confidant"), code, said, way="agent"
            ).correction.code
        if found and verdict != "none":
            with self.act(), self.world.database.write() as session:
                ctx = self.world.as_("zx_manager")
                if verdict == "rejected":
                    verifying.reject(session, ctx, found, "核对无误")
                else:
                    grade: Grade = "serious" if verdict == "serious" else "general"
                    verifying.confirm(session, ctx, found, grade, "核对了文件，确实有错")

    @precondition(lambda self: self.corrections())
    @rule(data=st.data(), how=st.sampled_from(["repair", "repair", "object", "overrule", "uphold"]))
    def answer_a_correction(self, data: st.DataObject, how: str) -> None:
        code, point = data.draw(st.sampled_from(self.corrections()))
        owner = next(each for each in self.memory.known.values() if each.code == point)
        by = self._editor_of(owner)
        view = None
        with self.act(), self.world.database.write() as session:
            if how == "repair":
                view = correcting.begin(session, self.world.as_(by), code)
            elif how == "object":
                correcting.object_to(session, self.world.as_(by), code, "文件原文如此")
            else:
                ctx = self.world.as_("zx_manager")
                verifying.decide_objection(session, ctx, code, upheld=how == "uphold", finding="复核完毕")
        if view is not None:
            self._forward(self.memory.of(view.code, view.number), by, ALL_THE_WAY)

    @precondition(lambda self: self.memory.live(self.clock.now()))
    @rule(data=st.data())
    def verify(self, data: st.DataObject) -> None:
        code = data.draw(st.sampled_from(sorted(self.memory.live(self.clock.now()))))
        owner = next(each for each in self.memory.known.values() if each.code == code)
        with self.act(), self.world.database.write() as session:
            verification.verify(session, self.world.as_(self._editor_of(owner)), [code])

    @rule(data=st.data(), rows=st.integers(1, 3), approved=st.booleans())
    def bring_in_a_file(self, data: st.DataObject, rows: int, approved: bool) -> None:
        """New points and new versions of known ones, then perhaps approved together."""
        mine = sorted(code for code, unit in self.own_codes() if unit == self.unit_ids["U-RSJ"])
        told = []
        for code in data.draw(st.lists(st.sampled_from(["", *mine]), min_size=rows, max_size=rows)):
            self.written += 1
            audience = data.draw(st.sampled_from(["公开", "内部"]))
            cells = row(f"事项{self.written}的说法", 使用范围=audience, 知识编码=code)
            told.append(cells if not code or self.types[code] == "faq" else cells | {"知识编码": ""})
        content = "\n".join(json.dumps(each, ensure_ascii=False) for each in told).encode()
        batch = ""
        with self.act():
            ctx = self.world.as_("rsj_editor")
            staged = imports.stage(self.world.database, ctx, io.BytesIO(content), "导入.jsonl")
            imports.apply(self.world.database, ctx, staged.id, allow_partial=True)
            batch = staged.id
            self.batches.append(batch)
        for reviewer in ("rsj_reviewer", "zx_reviewer") if batch and approved else ():
            with self.act():
                review.decide_batch(self.world.database, self.world.as_(reviewer), batch, "approve")

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def undo_a_file(self, data: st.DataObject) -> None:
        batch = data.draw(st.sampled_from(self.batches))
        with self.act(), self.world.database.write() as session:
            imports.undo(session, self.world.as_("rsj_editor"), batch, "导错了文件")

    @rule(name=st.sampled_from(["rename", "merge"]))
    def reorganise(self, name: str) -> None:
        self.written += 1
        plan: Rename | Merge = Rename(unit="U-GAJ", name=f"公安局{self.written}")
        if name == "merge":
            plan = Merge(units=["U-GAJ"], into="U-RSJ")
        with self.act(), self.world.database.write() as session:
            ctx = Context(SYSTEM, self.clock.now())
            reorganising.make_change(session, ctx, plan, reason="机构改革方案")
            if name == "merge":
                self.units["gaj_editor"] = "U-RSJ"
                self.merged = True
        self.world = World(self.world.database, self.clock)

    @rule(step=st.sampled_from([timedelta(minutes=1), timedelta(hours=9), DAY, 3 * DAY]))
    def wait(self, step: timedelta) -> None:
        self.clock.advance(step)

    @rule(data=st.data())
    def a_job_runs(self, data: st.DataObject) -> None:
        job = data.draw(st.sampled_from(self.jobs))
        self.clock.advance(timedelta(seconds=1))
        job.run(self.parts)
        self.learn()

    def corrections(self) -> list[tuple[str, str]]:
        with self.world.database.read() as session:
            rows = select(Correction.code, Correction.point_code).where(Correction.closed_at.is_(None))
            return list(session.execute(rows.order_by(Correction.id)).tuples())

    def own_codes(self) -> set[tuple[str, int]]:
        return {(each.code, each.unit_id) for each in self.memory.known.values()}
