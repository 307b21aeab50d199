"""Search: the index proposes, the database decides, and without an index one still finds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

import pytest

from kb_service.core.clock import FixedClock, day_start, epoch, local_day
from kb_service.core.errors import Invalid
from kb_service.knowledge.indexing import drain, rebuild
from kb_service.knowledge.service import release, searching
from kb_service.knowledge.service.searching import PointHits, SearchParams
from search.engines.elasticsearch.engine import ElasticsearchEngine
from search.engines.elasticsearch.options import ElasticsearchOptions
from search.engines.errors import EngineError
from search.ports import FOREVER, Health, Query, RebuildReport, SearchResult
from tests.support.knowledge import World, faq, script
from tests.support.plain_engine import PlainEngine

DAY = timedelta(days=1)


class BrokenEngine(PlainEngine):
    def search(self, query: Query) -> SearchResult:
        self.fail()

    def suggest(self, prefix: str, access: frozenset[str], now: int, limit: int = 8) -> list[str]:
        self.fail()

    def fail(self) -> NoReturn:
        raise EngineError("检索索引无法读取")


@pytest.fixture(params=[PlainEngine, BrokenEngine], ids=["index", "database"])
def engine(request: pytest.FixtureRequest) -> PlainEngine:
    """Whatever holds of a search holds also of the plain one that stands in for a broken index."""
    made: PlainEngine = request.param()
    return made


def search(world: World, engine: PlainEngine, q: str, by: str = "agent", **params: Any) -> PointHits:
    while drain(world.database, engine, world.clock):
        pass
    with world.database.read() as session:
        return searching.search_points(session, world.as_(by), engine, SearchParams(q, **params))


def titles(found: PointHits) -> set[str]:
    return {hit.title for hit in found.hits}


def test_a_hit_names_its_unit_source_version_and_upload_time(
    world: World, engine: PlainEngine, clock: FixedClock
) -> None:
    version = world.publish(faq(source="人社发〔2026〕1号"))
    hit = search(world, engine, "退休办理").hits[0]
    assert (hit.code, hit.version, hit.title) == (version.code, 1, "怎样办理退休")
    assert (hit.unit, hit.unit_name) == ("U-RSJ", "市人力资源和社会保障局")
    assert (hit.source, hit.uploaded_at, hit.state) == ("人社发〔2026〕1号", clock.now(), "in_force")
    assert hit.body == hit.answer == "本人到市民之家三楼办理。"
    assert 0 <= hit.confidence <= 1


def test_each_viewer_finds_what_is_meant_for_them(world: World, engine: PlainEngine) -> None:
    world.publish(faq("退休公开"))
    world.publish(faq("退休内部", audience="agents"))
    world.publish(faq("退休限定", audience="restricted", roles=["confidential_handler"]))
    assert titles(search(world, engine, "退休", by="public")) == {"退休公开"}
    assert titles(search(world, engine, "退休", by="agent")) == {"退休公开", "退休内部"}
    assert titles(search(world, engine, "退休", by="confidant")) == {"退休公开", "退休内部", "退休限定"}


def test_what_waits_has_ended_or_has_lapsed_is_not_found(
    world: World, engine: PlainEngine, clock: FixedClock
) -> None:
    today = clock.now().date()
    world.publish(faq("退休待发布", release_at=clock.now() + DAY))
    gone = world.publish(faq("退休下架"))
    world.publish(faq("退休失效", effective_to=today - DAY))
    world.publish(faq("退休将施行", effective_from=today + 2 * DAY))
    world.publish(faq("退休末日", effective_to=today))
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), gone.code, "有误")
    found = search(world, engine, "退休")
    assert {(hit.title, hit.state) for hit in found.hits} == {
        ("退休将施行", "not_yet_in_force"),
        ("退休末日", "in_force"),
    }
    asked = titles(search(world, engine, "退休", include_lapsed=True))
    assert asked == {"退休将施行", "退休末日", "退休失效"}
    assert "退休失效" not in titles(search(world, engine, "退休", by="public", include_lapsed=True))
    clock.advance(DAY)
    assert titles(search(world, engine, "退休")) == {"退休待发布", "退休将施行"}


def test_filters_narrow_and_a_region_includes_what_holds_above_it(world: World, engine: PlainEngine) -> None:
    world.publish(faq("退休全市"))
    world.publish(faq("退休湖滨"), by="hb_editor", reviewers=["dh_reviewer", "zx_reviewer"])
    world.publish(faq("退休失业", category="C12"))
    world.publish(script("退休系统停机"))
    assert titles(search(world, engine, "退休", unit="U-HBJD")) == {"退休湖滨"}
    assert titles(search(world, engine, "退休", unit="湖滨街道办事处")) == {"退休湖滨"}
    assert titles(search(world, engine, "退休", category="社会保障/失业保险")) == {"退休失业"}
    assert titles(search(world, engine, "退休", category="C1", type="script")) == {"退休系统停机"}
    here = titles(search(world, engine, "退休", region="990101001", type="faq"))
    assert here == {"退休全市", "退休湖滨", "退休失业"}
    assert "退休湖滨" not in titles(search(world, engine, "退休", region="990102"))
    with pytest.raises(Invalid) as refused:
        search(world, engine, "退休", unit="U-X")
    assert refused.value.code == "unknown_unit"


def test_pages_follow_each_other(world: World, engine: PlainEngine) -> None:
    for number in range(5):
        world.publish(faq(f"退休第{number}条"))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        found = search(world, engine, "退休", limit=2, cursor=cursor)
        seen += [hit.title for hit in found.hits]
        cursor = found.next
        if cursor is None:
            break
    assert sorted(seen) == [f"退休第{number}条" for number in range(5)]


def test_suggestions_are_titles_one_may_see(world: World, engine: PlainEngine) -> None:
    world.publish(faq("怎样办理退休"))
    world.publish(faq("怎样办理内部退休", audience="agents"))
    search(world, engine, "退休")
    for login, expected in (("public", {"怎样办理退休"}), ("agent", {"怎样办理退休", "怎样办理内部退休"})):
        with world.database.read() as session:
            found = searching.suggest(session, world.as_(login), engine, "退休")
        assert set(found) == expected


def test_a_search_says_when_it_had_to_do_without_the_index(world: World) -> None:
    world.publish(faq())
    assert search(world, PlainEngine(), "退休").degraded is None
    assert search(world, BrokenEngine(), "退休").degraded == "database"
    assert search(world, BrokenEngine(), "，。").hits == []


def test_what_the_index_still_holds_but_the_database_does_not_is_not_served(world: World) -> None:
    engine = PlainEngine()
    version = world.publish(faq())
    assert titles(search(world, engine, "退休")) == {"怎样办理退休"}
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), version.code, "有误")
    with world.database.read() as session:
        found = searching.search_points(session, world.as_("agent"), engine, SearchParams("退休"))
    assert engine.documents
    assert found.hits == []


def test_a_long_policy_is_found_by_its_article(world: World) -> None:
    engine = PlainEngine()
    text = "".join(
        f"第{numeral}条 关于{word}的规定。"
        for numeral, word in zip("一二三", ("甲乙", "停车", "丙丁"), strict=True)
    )
    words = faq().model_dump() | {
        "title": "管理办法",
        "content": {"type": "policy", "issuer": "市政府", "full_text": text},
    }
    world.publish(faq().model_validate(words))
    hit = search(world, engine, "停车").hits[0]
    assert (hit.article, hit.passage) == ("第二条", 1)
    assert hit.answer == "第二条 关于停车的规定。"


def test_documents_say_when_their_version_is_live_and_in_force(world: World, clock: FixedClock) -> None:
    engine = PlainEngine()
    release_at = clock.now() + DAY
    first = world.publish(
        faq("旧", similar=["咋退休"], effective_from="2026-11-01", effective_to="2026-11-30")
    )
    world.publish(faq("新", release_at=release_at), code=first.code)
    drain(world.database, engine, clock)
    old, new = sorted(engine.documents, key=lambda document: document.version)
    assert (old.live_from, old.live_to) == (epoch(clock.now()), epoch(release_at))
    assert (new.live_from, new.live_to) == (epoch(release_at), FOREVER)
    # The first of November and of December begin at 16:00 UTC of the day before.
    assert (old.effective_from, old.effective_to) == (1793462400, 1796054400)
    assert old.questions == ("咋退休",)
    assert old.id == f"{first.code}/1/0"


def test_a_rebuild_gives_the_same_index_as_the_changes_did(world: World, clock: FixedClock) -> None:
    engine = PlainEngine()
    for number in range(5):
        world.publish(faq(f"退休第{number}条"))
        drain(world.database, engine, clock)
    gone = world.publish(faq("下架"))
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), gone.code, "有误")
    drain(world.database, engine, clock)
    fresh = PlainEngine()
    report = rebuild(world.database, fresh, clock)
    assert report.points == 5
    assert fresh.documents == engine.documents


def test_what_changes_during_a_rebuild_is_caught_up(world: World, clock: FixedClock) -> None:
    version = world.publish(faq())
    withdrawn: list[str] = []

    class Interrupted(PlainEngine):
        def rebuild(self, changes: Any, catch_up: Any, progress: Any = None) -> Any:
            held = list(changes)
            with world.database.write() as session:
                release.withdraw(session, world.as_("zx_manager"), version.code, "有误")
            withdrawn.append(version.code)
            return super().rebuild(held, catch_up, progress)

    engine = Interrupted()
    rebuild(world.database, engine, clock)
    assert withdrawn
    assert engine.documents == set()


def test_validity_is_obeyed_at_its_very_instant(world: World, engine: PlainEngine, clock: FixedClock) -> None:
    """In force from the first instant of one day of the city to the last of another."""
    today = local_day(clock.now())
    world.publish(faq("退休限期", effective_from=today + DAY, effective_to=today + 2 * DAY))
    begins, ends = day_start(today + DAY), day_start(today + 3 * DAY)
    tick = timedelta(seconds=1)
    for at, states in (
        (begins - tick, ["not_yet_in_force"]),
        (begins, ["in_force"]),
        (ends - tick, ["in_force"]),
        (ends, []),
    ):
        clock.at = at
        assert [hit.state for hit in search(world, engine, "退休").hits] == states
    assert titles(search(world, engine, "退休", include_lapsed=True)) == {"退休限期"}


class LostEngine(PlainEngine):
    """Its index is gone until it is rebuilt."""

    lost = True

    def health(self) -> Health:
        return replace(super().health(), ready=not self.lost)

    def rebuild(self, *values: Any) -> RebuildReport:
        self.lost = False
        return super().rebuild(*values)


def test_a_change_that_meets_no_index_brings_everything_into_a_new_one(world: World) -> None:
    codes = {world.publish(faq(title=title)).code for title in ("怎样办理退休", "怎样办理社保卡")}
    while drain(world.database, PlainEngine(), world.clock):
        pass
    codes.add(world.publish(faq(title="怎样办理户口")).code)
    engine = LostEngine()
    assert drain(world.database, engine, world.clock) == 1
    assert set(engine.stored_seqs(list(codes))) == codes


def test_without_its_cluster_a_search_of_elasticsearch_is_answered_by_the_database_and_says_so(
    world: World,
) -> None:
    version = world.publish(faq())
    engine = ElasticsearchEngine(ElasticsearchOptions(("http://127.0.0.1:9",)))
    with world.database.read() as session:
        found = searching.search_points(session, world.as_("agent"), engine, SearchParams("退休"))
        assert searching.suggest(session, world.as_("agent"), engine, "怎样") == ["怎样办理退休"]
    engine.close()
    assert ([hit.code for hit in found.hits], found.degraded) == ([version.code], "database")
