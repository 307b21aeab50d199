"""The lexicon as the city keeps it: in use at once everywhere, behind the golden set, and as a table."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from kb_service.core.audit import AuditRow
from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.knowledge.golden.model import GoldenOverride
from kb_service.knowledge.golden.service import cases
from kb_service.knowledge.golden.service.cases import CaseIn
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.lexicon.service import dictionary, entries, keeping, tables
from kb_service.knowledge.lexicon.service.entries import EntryFilter, EntryView
from kb_service.knowledge.lexicon.service.keeping import EntryIn
from kb_service.knowledge.service.searching import SearchParams, search_points
from search.engines.embedded import EmbeddedEngine
from search.ports import Query, SearchResult
from tests.support import sources
from tests.support.knowledge import World, faq
from tests.support.searching import change, document

ASKED = "老人家西去了能领啥"
SPOKEN, OFFICIAL = "老人家西去", "殡葬补贴"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(tmp_path / "index")
    yield made
    made.close()


@pytest.fixture
def point(world: World, engine: EmbeddedEngine) -> str:
    """A point that nobody finds by what people say."""
    code = world.publish(faq("居民殡葬补贴申领", "符合条件的到民政窗口申领。")).code
    index(world, engine)
    # How much a rare word is worth shows only among others.
    engine.apply([change(document(f"X{number}", f"公交线路 {number}", "首末班时间")) for number in range(40)])
    return code


def index(world: World, engine: EmbeddedEngine) -> None:
    while drain(world.database, engine, world.clock):
        pass


def found(world: World, engine: EmbeddedEngine, q: str = ASKED) -> list[str]:
    with world.database.read() as session:
        hits = search_points(session, world.as_("agent"), engine, SearchParams(q, mode="keyword")).hits
    return [hit.code for hit in hits]


def save(
    world: World, engine: EmbeddedEngine, data: EntryIn, by: str = "zx_manager", override: str = ""
) -> EntryView:
    with world.database.write() as session:
        return keeping.save(session, world.as_(by), engine, data, override)


@contextmanager
def another_process(world: World, folder: Path) -> Iterator["subprocess.Popen[str]"]:
    script = sources.ROOT / "tests/support/searching_process.py"
    url = world.database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, str(script), url, str(folder), world.clock.now().isoformat()]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, text=True, cwd=sources.ROOT, env=_environment()
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(sources.ROOT)}


def ask(process: "subprocess.Popen[str]", q: str) -> list[str]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(q + "\n")
    process.stdin.flush()
    told: list[str] = json.loads(process.stdout.readline())
    return told


def test_an_entry_works_at_once_in_a_second_process(
    world: World, engine: EmbeddedEngine, point: str, tmp_path: Path
) -> None:
    with another_process(world, tmp_path / "index") as process:
        assert ask(process, "居民殡葬补贴申领") == [point]
        assert ask(process, ASKED) == found(world, engine) == []
        save(world, engine, EntryIn(SPOKEN, [OFFICIAL], 0.9))
        assert ask(process, ASKED) == found(world, engine) == [point]
        with world.database.write() as session:
            keeping.switch(session, world.as_("zx_manager"), engine, SPOKEN, active=False)
        assert ask(process, ASKED) == []


def test_a_shipped_entry_can_be_switched_off_changed_and_put_back(
    world: World, engine: EmbeddedEngine
) -> None:
    spoken, shipped = next(iter(entries.shipped().items()))
    with world.database.write() as session:
        off = keeping.switch(session, world.as_("zx_manager"), engine, spoken, active=False)
    assert (off.active, off.source, off.official) == (False, "changed", shipped.official)
    with world.database.read() as session:
        assert entries.LIVE.of(session).expand(spoken) == []
    changed = save(world, engine, EntryIn(spoken, ["别的用语"], 0.5))
    assert (changed.active, changed.official) == (True, ("别的用语",))
    with world.database.write() as session:
        back = keeping.remove(session, world.as_("zx_manager"), engine, spoken)
    assert back is not None
    assert (back.source, back.official) == ("shipped", shipped.official)
    with pytest.raises(NotFound), world.database.write() as session:
        keeping.remove(session, world.as_("zx_manager"), engine, spoken)


def test_what_a_transaction_took_back_is_never_in_use(
    world: World, engine: EmbeddedEngine, point: str
) -> None:
    with pytest.raises(RuntimeError), world.database.write() as session:
        keeping.save(session, world.as_("zx_manager"), engine, EntryIn(SPOKEN, [OFFICIAL], 0.9))
        search_points(session, world.as_("agent"), engine, SearchParams(ASKED))
        raise RuntimeError
    assert found(world, engine) == []


def golden(world: World, point: str, query: str = ASKED, **more: object) -> int:
    with world.database.write() as session:
        data = CaseIn(query, [point], [], 3, "来电常问", **more)  # type: ignore[arg-type]
        return cases.save(session, world.as_("zx_manager"), data).id


def test_a_change_that_breaks_a_case_goes_live_by_a_persons_word_alone(
    world: World, engine: EmbeddedEngine, point: str
) -> None:
    save(world, engine, EntryIn(SPOKEN, [OFFICIAL], 0.9))
    case = golden(world, point)
    with pytest.raises(Conflict) as refused:
        save(world, engine, EntryIn(SPOKEN, ["公交线路"], 0.9))
    assert refused.value.code == "golden_regression"
    assert [each["case"] for each in refused.value.extra["cases"]] == [case]
    assert found(world, engine) == [point]
    save(world, engine, EntryIn(SPOKEN, ["公交线路"], 0.9), override="方言里说的是末班车")
    assert point not in found(world, engine)
    with world.database.read() as session:
        kept = session.execute(select(GoldenOverride)).scalar_one()
        audited = session.execute(select(AuditRow.reason).where(AuditRow.action == "golden.overridden"))
        assert (kept.reason, audited.scalar_one()) == ("方言里说的是末班车", "方言里说的是末班车")
        assert [each["case"] for each in kept.failing] == [case]


def test_what_touches_no_case_needs_no_trial(world: World, engine: EmbeddedEngine, point: str) -> None:
    golden(world, point, "居民殡葬补贴申领")

    def refuse(query: Query) -> SearchResult:
        raise AssertionError(query.text)

    engine.search = refuse  # type: ignore[method-assign]
    save(world, engine, EntryIn(SPOKEN, [OFFICIAL], 0.9))


def test_a_word_is_tried_on_the_cases_whose_question_holds_it(
    world: World, engine: EmbeddedEngine, point: str
) -> None:
    golden(world, point, "居民殡葬补贴申领")
    golden(world, point, ASKED)
    tried: list[str] = []
    search = engine.search

    def noted(query: Query) -> SearchResult:
        tried.append(query.text)
        return search(query)

    engine.search = noted  # type: ignore[method-assign]
    with world.database.write() as session:
        assert dictionary.add(session, world.as_("zx_manager"), engine, ["殡葬补贴申领"]) == 1
    assert tried == ["居民殡葬补贴申领"]
    with world.database.read() as reading:
        assert dictionary.own(reading, "申领") == ["殡葬补贴申领"]


def test_only_those_who_look_after_search_change_it(world: World, engine: EmbeddedEngine) -> None:
    for by in ("agent", "rsj_editor"):
        with pytest.raises(Forbidden):
            save(world, engine, EntryIn(SPOKEN, [OFFICIAL]), by=by)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (EntryIn("走", [OFFICIAL]), "spoken"),
        (EntryIn("走…", [OFFICIAL]), "spoken"),
        (EntryIn("被…老板…开除", [OFFICIAL]), "spoken"),
        (EntryIn(SPOKEN, []), "official"),
        (EntryIn(SPOKEN, [OFFICIAL], 1.5), "weight"),
    ],
)
def test_what_cannot_be_an_entry_is_refused(
    world: World, engine: EmbeddedEngine, data: EntryIn, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, engine, data)
    assert [each["pointer"] for each in refused.value.pointers] == [f"/{field}"]


def test_a_table_that_is_handed_out_and_taken_in_changes_nothing(
    world: World, engine: EmbeddedEngine
) -> None:
    save(world, engine, EntryIn("被…撵走", [OFFICIAL, "遗属待遇"], 0.7, "民政"))
    save(world, engine, EntryIn(SPOKEN, [OFFICIAL], active=False))
    with world.database.read() as session:
        table = tables.write(session, world.as_("agent"))
    with world.database.write() as session:
        taken = tables.read(session, world.as_("zx_manager"), engine, table.encode())
    assert taken.rows == len(entries.shipped()) + 2
    assert taken.news == 0


def test_a_table_with_a_wrong_row_changes_nothing_and_names_it(world: World, engine: EmbeddedEngine) -> None:
    table = "口语说法,规范用语,权重\n老人家西去,殡葬补贴,0.9\n走,殡葬补贴,0.9\n走了,殡葬补贴,很大\n"
    with pytest.raises(Invalid) as refused, world.database.write() as session:
        tables.read(session, world.as_("zx_manager"), engine, table.encode("gb18030"))
    assert [each["pointer"] for each in refused.value.pointers] == ["/rows/3", "/rows/4"]
    with world.database.read() as session:
        assert entries.counts(session)["own"] == 0


def test_entries_are_found_by_what_they_hold_page_by_page(world: World, engine: EmbeddedEngine) -> None:
    save(world, engine, EntryIn(SPOKEN, [OFFICIAL]))
    with world.database.read() as session:
        mine = entries.list_entries(session, world.as_("agent"), EntryFilter(q=OFFICIAL, source="own"))
        assert [each.spoken for each in mine.items] == [SPOKEN]
        wanted, seen, cursor = EntryFilter(q="报名"), [], ""
        while True:
            page = entries.list_entries(session, world.as_("agent"), wanted, cursor=cursor, limit=7)
            seen += [each.spoken for each in page.items]
            if page.next is None:
                break
            cursor = page.next
    assert len(seen) == len(set(seen)) > 7
