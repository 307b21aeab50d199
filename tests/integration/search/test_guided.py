"""What every engine makes of the hand of editors."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.guide import Guide
from search.lexicon.lexicon import Entry, Lexicon
from search.ports import Document, Query, SearchEngine
from search.ranking.guided import BOOST, NOT_THIS, PINNED
from search.ranking.model import RankingModel
from tests.support.searching import DAY, NOW, change, codes, document, may_see, query

NEAR = [document(f"K{number}", f"社保卡补办 {number}", "带身份证到窗口补办社保卡。") for number in range(5)]
FAR = document("P1", "市民卡服务网点", "市民卡由各网点受理。")


def guided(text: str, **hand: object) -> Query:
    return replace(query(text), guide=Guide(**hand))  # type: ignore[arg-type]


@pytest.fixture
def filled(engine: SearchEngine) -> SearchEngine:
    engine.apply([change(each) for each in (*NEAR, FAR)])
    return engine


def test_pinned_points_stand_first_in_their_order_though_no_word_matches(filled: SearchEngine) -> None:
    found = filled.search(guided("社保卡补办", pins=("P1", "K4")))
    assert codes(found)[:2] == ["P1", "K4"]
    assert [hit.features.get(PINNED) for hit in found.hits[:3]] == [1.0, 1.0, None]
    assert len(codes(found)) == len(set(codes(found))) == 6


def test_a_pin_leaves_pages_without_gap_or_repetition(filled: SearchEngine) -> None:
    asked = guided("社保卡补办", pins=("K3",))
    pages = [codes(filled.search(replace(asked, limit=2, offset=offset))) for offset in range(0, 6, 2)]
    seen = [code for page in pages for code in page]
    assert seen[0] == "K3"
    assert sorted(seen) == ["K0", "K1", "K2", "K3", "K4"]


def test_a_pinned_point_that_does_not_lead_is_not_said_to(filled: SearchEngine) -> None:
    first, second = filled.search(guided("社保卡补办", pins=("P1",))).hits[:2]
    assert first.features["lead"] < 0 <= second.features["lead"]


def test_a_stopped_point_is_no_hit_even_where_it_is_pinned(filled: SearchEngine) -> None:
    assert "K1" not in codes(filled.search(guided("社保卡补办", stops=frozenset({"K1"}), pins=("K1",))))


def test_a_boost_moves_a_point_up_and_says_so(filled: SearchEngine) -> None:
    plain = codes(filled.search(query("社保卡补办")))
    last = plain[-1]
    found = filled.search(guided("社保卡补办", boosts={last: 1.5}))
    assert codes(found)[0] == last
    assert found.hits[0].features[BOOST] == 1.5
    assert all(0 <= hit.score <= 1 for hit in found.hits)


def test_a_negative_question_lowers_its_point_only_where_it_is_closer(engine: SearchEngine) -> None:
    engine.apply(
        [
            change(
                document("K1", "社保卡挂失", "社保卡丢失后先挂失再补办。", questions=("社保卡丢了怎么办",))
            ),
            change(document("K2", "社保卡换领", "社保卡到期可换领新卡。")),
        ]
    )
    hand = {"negatives": {"K1": ("社保卡到期怎么换新卡",)}}
    lowered = engine.search(guided("社保卡到期怎么换", **hand)).hits
    assert lowered[0].document.code == "K2"
    told = {hit.document.code: hit.features.get(NOT_THIS) for hit in lowered}
    assert told.get("K1", 1.0) > 0  # type: ignore[operator]
    kept = engine.search(guided("社保卡丢了怎么办", **hand)).hits[0]
    assert (kept.document.code, kept.features.get(NOT_THIS)) == ("K1", None)


def test_a_lexicon_of_ones_own_finds_what_the_words_do_not(engine: SearchEngine) -> None:
    engine.apply(
        [
            change(document("K1", "居民殡葬补贴申领", "符合条件的可申领。")),
            *(change(document(f"X{number}", f"公交线路 {number}", "首末班时间")) for number in range(20)),
        ]
    )
    own = Lexicon([Entry("老了人", ("殡葬补贴",), 1.0, "民政")])
    asked = replace(query("家里老了人"), mode="keyword")
    assert codes(engine.search(asked)) == []
    assert codes(engine.search(replace(asked, guide=Guide(lexicon=own)))) == ["K1"]


def test_a_query_may_bring_a_model_of_its_own(filled: SearchEngine) -> None:
    loud = RankingModel(types={"faq": 0.5, "policy": 0.5})
    plain, tried = filled.search(query("社保卡补办")), filled.search(guided("社保卡补办", model=loud))
    assert tried.hits[0].score == pytest.approx(plain.hits[0].score / 2, abs=1e-4)


WINDOWS = st.fixed_dictionaries(
    {
        "live_from": st.sampled_from([0, NOW, NOW + DAY]),
        "live_to": st.sampled_from([NOW, NOW + DAY]),
        "effective_to": st.sampled_from([NOW - DAY, NOW + DAY]),
        "access": st.sampled_from([("public", "agents"), ("agents",), ("role:confidential_handler",)]),
        "region": st.sampled_from(["990000", "990101"]),
        "unit": st.sampled_from(["U-RSJ", "U-GAJ"]),
    }
)
ASKED = st.builds(
    lambda access, regions, lapsed: {"access": access, "regions": regions, "include_lapsed": lapsed},
    st.sampled_from([frozenset({"public"}), frozenset({"public", "agents"}), frozenset[str]()]),
    st.sampled_from([frozenset[str](), frozenset({"990000"})]),
    st.booleans(),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shapes=st.lists(WINDOWS, min_size=1, max_size=4), wanted=ASKED)
def test_a_pin_shows_nobody_what_the_query_may_not_see(
    engine: SearchEngine, shapes: list[dict[str, object]], wanted: dict[str, object]
) -> None:
    """Whatever is pinned, the hits are those that may be seen."""
    seq = engine.health().seq + 1
    points: list[Document] = [
        document(f"V{number}", "停水通知", "停水通知正文", **shape) for number, shape in enumerate(shapes)
    ]
    gone = [change(document(f"V{number}", live_to=0), seq=seq) for number in range(len(shapes), 4)]
    engine.apply([*(change(each, seq=seq) for each in points), *gone])
    pins = tuple(each.code for each in points)
    asked = replace(query("停水通知", **wanted), guide=Guide(pins=pins))
    seen = [each.code for each in points if may_see(each, asked)]
    assert codes(engine.search(asked)) == seen
