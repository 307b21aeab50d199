"""The golden set: what must be found is tried, kept, compared with the last good run, and alarms where it regresses."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from kb_service.core.clock import FixedClock
from kb_service.core.errors import Conflict, Forbidden, Invalid
from kb_service.knowledge.golden import jobs, rules
from kb_service.knowledge.golden.model import GoldenOverride
from kb_service.knowledge.golden.service import cases, models, running
from kb_service.knowledge.golden.service.cases import CaseIn
from kb_service.knowledge.golden.service.running import RunView
from kb_service.knowledge.guiding.service import guides, saying
from kb_service.knowledge.guiding.service.saying import Wanted
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.laboratory.schemas import SetupIn, TryIn
from kb_service.knowledge.laboratory.service import try_query
from kb_service.knowledge.service import release
from kb_service.notices.model import Notice
from search.engines.embedded import EmbeddedEngine
from search.ranking.learned import LearnedRanker
from search.ranking.model import RankingModel
from tests.support.knowledge import World, faq
from tests.support.searching import BigramEncoder
from tests.support.service import make_runtime


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    made = EmbeddedEngine(tmp_path / "index")
    yield made
    made.close()


@pytest.fixture
def card(world: World) -> str:
    return world.publish(faq("社保卡补办", "到窗口补办社保卡。")).code


@pytest.fixture
def lost(world: World) -> str:
    return world.publish(faq("社保卡丢失挂失", "先挂失再补办社保卡。")).code


def save(world: World, query: str, must: list[str], must_not: list[str] | None = None, **rest: object) -> int:
    data = CaseIn(query, must, must_not or [], 1, "来电常问", **rest)  # type: ignore[arg-type]
    with world.database.write() as session:
        return cases.save(session, world.as_("zx_manager"), data).id


def run(world: World, engine: EmbeddedEngine, cause: str = "by_hand") -> RunView:
    while drain(world.database, engine, world.clock):
        pass
    return running.run(world.database, world.as_("zx_manager"), engine, cause)


def alarms(world: World) -> list[str]:
    with world.database.read() as session:
        unread = select(Notice.title).where(Notice.kind == running.KIND, Notice.read_at.is_(None))
        return list(session.execute(unread).scalars())


def stop(world: World, code: str, by: str = "rsj_editor") -> int:
    with world.database.write() as session:
        return saying.say(session, world.as_(by), code, Wanted("stop", "补办", "改由别处答复")).id


def test_a_regression_alarms_those_who_look_after_search_until_it_is_mended(
    world: World, engine: EmbeddedEngine, card: str, lost: str
) -> None:
    case = save(world, "社保卡补办", [card])
    good = run(world, engine)
    assert (good.good, good.passed, good.cases) == (True, 1, 1)
    said = stop(world, card)
    ctx = world.as_("rsj_editor")
    bad = running.run(world.database, ctx, engine, "nightly")
    assert (bad.good, bad.baseline_id) == (False, good.id)
    assert [(each.case_id, each.regressed) for each in bad.failures] == [(case, True)]
    assert card in bad.failures[0].problem
    assert len(alarms(world)) == 1
    assert "社保卡补办" in alarms(world)[0]
    with world.database.write() as session:
        saying.end(session, ctx, said, "误设")
    assert running.run(world.database, ctx, engine, "nightly").good
    assert alarms(world) == []


def test_a_case_that_never_held_is_a_goal_and_no_regression(
    world: World, engine: EmbeddedEngine, card: str, lost: str
) -> None:
    run(world, engine)
    save(world, "社保卡补办", [lost])
    found = run(world, engine)
    assert (found.good, found.passed) == (True, 0)
    assert [each.regressed for each in found.failures] == [False]


def test_what_must_not_be_found_counts_as_much(
    world: World, engine: EmbeddedEngine, card: str, lost: str
) -> None:
    save(world, "社保卡补办", [], [card])
    assert run(world, engine).passed == 0
    stop(world, card)
    assert run(world, engine).passed == 1


def test_a_case_is_asked_as_its_audience_and_for_its_place(world: World, engine: EmbeddedEngine) -> None:
    inside = world.publish(faq("社保卡内部口径", audience="agents")).code
    east = world.publish(faq("东湖区社保卡网点", region="990101")).code
    save(world, "社保卡内部口径", [inside], audience="agents")
    save(world, "社保卡内部口径", [], [inside])
    save(world, "东湖区社保卡网点", [east], region="990101")
    save(world, "东湖区社保卡网点", [], [east], region="990102")
    assert run(world, engine).passed == 4


def test_a_case_says_where_its_point_is_no_longer_in_use(
    world: World, engine: EmbeddedEngine, card: str, lost: str
) -> None:
    save(world, "社保卡补办", [card])
    run(world, engine)
    with world.database.write() as session:
        release.withdraw(session, world.as_("zx_manager"), card, "停用")
    assert "已不在用" in run(world, engine).failures[0].problem


def test_a_retired_case_is_tried_no_more_and_its_results_stay(
    world: World, engine: EmbeddedEngine, card: str
) -> None:
    case = save(world, "社保卡补办", [card])
    first = run(world, engine)
    with world.database.write() as session:
        cases.retire(session, world.as_("zx_manager"), case, "事项取消")
    assert run(world, engine).cases == 0
    with world.database.read() as session:
        assert running.read(session, first.id).passed == 1
    for statement in (
        "UPDATE knowledge_golden_result SET ok = NOT ok",
        "DELETE FROM knowledge_golden_run",
        "UPDATE knowledge_golden_run SET good = NOT good",
    ):
        with pytest.raises(DatabaseError), world.database.write() as session:
            session.execute(text(statement))


def test_a_case_must_make_sense(world: World, card: str) -> None:
    for must, must_not, rest in (
        ([], [], {}),
        ([card], [card], {}),
        (["K999999"], [], {}),
        ([card], [], {"region": "123456"}),
        ([card], [], {"audience": "nobody"}),
    ):
        with pytest.raises(Invalid) as refused:
            save(world, "社保卡补办", must, must_not, **rest)
        assert refused.value.code == "bad_case"
    with pytest.raises(Forbidden), world.database.write() as session:
        cases.save(session, world.as_("rsj_editor"), CaseIn("社保卡", [card], [], 1, "来电常问"))


def test_the_nightly_run_comes_once_a_night(
    world: World, card: str, tmp_path: Path, clock: FixedClock
) -> None:
    parts = make_runtime(world.database, clock, tmp_path)
    save(world, "社保卡补办", [card])
    for _ in range(2):
        assert jobs.nightly(parts) == 0
    clock.advance(timedelta(days=1))
    jobs.nightly(parts)
    with world.database.read() as session:
        page = running.runs(session, world.as_("zx_manager"))
    assert [each.cause for each in page.items] == ["nightly", "nightly"]
    parts.engine.close()


def test_the_laboratory_shows_two_ways_side_by_side_and_changes_nothing(
    world: World, engine: EmbeddedEngine, card: str, lost: str
) -> None:
    run(world, engine)
    with world.database.write() as session:
        saying.say(session, world.as_("rsj_editor"), lost, Wanted("pin", "补办", "先挂失"))
    asked = TryIn(query="社保卡补办", left=SetupIn(), right=SetupIn(hand=False, weights={"bigrams": 3.0}))
    with world.database.read() as session:
        tried = try_query(session, world.as_("zx_manager"), engine, asked)
    assert tried.right is not None
    left, right = tried.left.candidates, tried.right.candidates
    assert [each.code for each in left] == [lost, card]
    assert [each.code for each in right] == [card, lost]
    assert [(each.place, each.other) for each in left] == [(1, 2), (2, 1)]
    for each in (*left, *right):
        assert sum(each.contributions.values()) == pytest.approx(each.score, abs=1e-2)
    assert right[0].contributions["bigrams"] > left[1].contributions["bigrams"]
    assert "pinned" in left[0].features
    assert "pinned" not in right[1].features
    with pytest.raises(Invalid), world.database.read() as session:
        try_query(
            session,
            world.as_("zx_manager"),
            engine,
            TryIn(query="社保卡", left=SetupIn(weights={"luck": 1.0})),
        )


def test_the_first_failures_told_are_those_that_held_before() -> None:
    assert rules.regressed([3, 5, 7], {3: True, 5: False}) == [3]


def silent(_text: str) -> None:
    return None


def test_another_model_of_vectors_serves_only_if_no_case_regresses(
    world: World, card: str, lost: str, tmp_path: Path, clock: FixedClock
) -> None:
    parts = make_runtime(world.database, clock, tmp_path / "service")
    while drain(world.database, parts.engine, clock):
        pass
    save(world, "社保卡补办", [card])
    running.run(world.database, world.as_("zx_manager"), parts.engine, "by_hand")
    parts.engine.close()
    # The service now opens the index with a model that the index was not made with.
    other = EmbeddedEngine(parts.settings.index_dir, BigramEncoder())
    changed = replace(parts, engine=other)
    assert models.try_encoder(changed, "none", silent) == []
    models.require_encoder(changed, "", "", silent)
    stop(world, card)
    for login, override in (("", ""), ("", "新模型更好"), ("rsj_editor", "新模型更好")):
        with pytest.raises((Conflict, Forbidden)):
            models.require_encoder(changed, override, login, silent)
    models.require_encoder(changed, "新模型更好", "zx_manager", silent)
    with world.database.read() as session:
        let = session.execute(select(GoldenOverride)).scalar_one()
    assert (let.what, let.reason) == ("向量模型：none", "新模型更好")
    other.close()


def test_learnt_weights_serve_at_once_where_no_case_breaks(
    world: World, engine: EmbeddedEngine, card: str, lost: str
) -> None:
    run(world, engine)
    ctx, learnt = world.as_("zx_manager"), LearnedRanker({"bigrams": 1.0}, {"seed": 7})

    def served() -> RankingModel | None:
        with world.database.read() as session:
            return guides.guide_of(session, "社保卡补办", ctx.now).model

    assert served() is None
    with world.database.write() as session:
        models.serve_ranking(session, ctx, engine, learnt, "按本市的选用情况训练")
    assert served() == learnt.model()
    with world.database.write() as session:
        models.serve_ranking(session, ctx, engine, None, "换回")
    assert served() is None
    with pytest.raises(Forbidden), world.database.write() as session:
        models.serve_ranking(session, world.as_("rsj_editor"), engine, learnt, "试试")
    with pytest.raises(DatabaseError), world.database.write() as session:
        session.execute(text("DELETE FROM knowledge_served_ranking"))


def test_learnt_weights_that_break_a_case_are_refused(
    world: World, engine: EmbeddedEngine, card: str, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(world, "社保卡补办", [card])
    run(world, engine)
    monkeypatch.setattr(LearnedRanker, "model", lambda _: RankingModel(floor=2.0))
    with pytest.raises(Conflict) as refused, world.database.write() as session:
        models.serve_ranking(session, world.as_("zx_manager"), engine, LearnedRanker({}), "更好")
    assert refused.value.code == "golden_regression"
