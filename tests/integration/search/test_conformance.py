"""What every search engine promises."""

from collections.abc import Callable

import pytest

from search.ports import FOREVER, Change, Mode, SearchEngine
from tests.support.searching import (
    AGENTS,
    DAY,
    NOW,
    PUBLIC,
    BrokenEncoder,
    change,
    codes,
    document,
    query,
)

OpenEngine = Callable[..., SearchEngine]
MODES: tuple[Mode, ...] = ("keyword", "vector", "hybrid")


def test_a_point_is_found_as_soon_as_it_is_applied(engine: SearchEngine) -> None:
    assert engine.apply([change(document("K1", "失业保险金申领", "带身份证到窗口办理。"))]) == 1
    assert codes(engine.search(query("失业保险金怎么领"))) == ["K1"]


def test_a_change_replaces_every_document_of_its_point(engine: SearchEngine) -> None:
    first = [document("K1", "公租房申请", f"第{number}段 收入证明", passage=number) for number in range(3)]
    engine.apply([change(*first)])
    engine.apply([change(document("K1", "公租房申请", "户口簿", version=2), seq=2)])
    hits = engine.search(query("公租房申请")).hits
    assert [(hit.document.version, hit.document.body) for hit in hits] == [(2, "户口簿")]
    assert codes(engine.search(query("收入证明", mode="keyword"))) == []
    assert engine.health().documents == 1


def test_a_tombstone_takes_a_point_out_and_no_older_change_brings_it_back(engine: SearchEngine) -> None:
    point = change(document("K1", "居住证办理"), seq=5)
    engine.apply([point])
    assert engine.apply([Change("K1", 6, ())]) == 1
    assert engine.apply([point]) == 0
    assert codes(engine.search(query("居住证办理"))) == []
    assert engine.stored_seqs(["K1", "K2"]) == {"K1": 6}


@pytest.mark.parametrize("seq", [4, 5])
def test_a_change_that_is_not_newer_does_nothing(engine: SearchEngine, seq: int) -> None:
    engine.apply([change(document("K1", "新的标题"), seq=5)])
    assert engine.apply([change(document("K1", "旧的标题"), seq=seq)]) == 0
    assert engine.search(query("标题")).hits[0].document.title == "新的标题"


def test_of_two_changes_of_one_point_in_one_call_the_newer_stays(engine: SearchEngine) -> None:
    newer, older = (
        change(document("K1", "新版缴费指南", version=2), seq=9),
        change(document("K1", "旧版缴费指南"), seq=8),
    )
    assert engine.apply([older, newer]) == 2
    assert engine.apply([older]) == 0
    hits = engine.search(query("缴费指南")).hits
    assert [hit.document.title for hit in hits] == ["新版缴费指南"]


def test_an_embargoed_version_takes_over_at_its_instant(engine: SearchEngine) -> None:
    takes_over = NOW + 3 * DAY
    engine.apply(
        [
            change(
                document("K1", "取暖费标准", "旧标准", live_to=takes_over),
                document("K1", "取暖费标准", "新标准", version=2, live_from=takes_over),
            )
        ]
    )

    def answer(now: int) -> list[str]:
        return [hit.document.body for hit in engine.search(query("取暖费标准", now=now)).hits]

    assert [answer(now) for now in (NOW, takes_over - 1, takes_over)] == [["旧标准"], ["旧标准"], ["新标准"]]


def test_a_lapsed_document_is_found_only_on_asking(engine: SearchEngine) -> None:
    engine.apply([change(document("K1", "稳岗补贴", effective_to=NOW))])
    assert codes(engine.search(query("稳岗补贴"))) == []
    assert codes(engine.search(query("稳岗补贴", include_lapsed=True))) == ["K1"]
    assert codes(engine.search(query("稳岗补贴", now=NOW - 1))) == ["K1"]


def test_what_is_not_yet_in_force_is_found(engine: SearchEngine) -> None:
    engine.apply([change(document("K1", "新生儿补贴", effective_from=NOW + DAY))])
    assert codes(engine.search(query("新生儿补贴"))) == ["K1"]


def test_only_those_with_access_find_a_document(engine: SearchEngine) -> None:
    engine.apply(
        [
            change(document("K1", "停水口径", access=("agents",))),
            change(document("K2", "停水口径", access=("role:supervisor",))),
        ]
    )
    assert codes(engine.search(query("停水口径", access=PUBLIC))) == []
    assert codes(engine.search(query("停水口径", access=AGENTS))) == ["K1"]
    assert codes(engine.search(query("停水口径", access=frozenset({"role:supervisor"})))) == ["K2"]
    assert codes(engine.search(query("停水口径", access=frozenset()))) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("types", "policy"), ("units", "U-GAJ"), ("regions", "990102"), ("categories", "户籍")],
)
def test_a_filter_leaves_what_it_names(engine: SearchEngine, name: str, value: str) -> None:
    engine.apply(
        [
            change(
                document(
                    "K1",
                    "落户办理",
                    type="policy",
                    unit="U-GAJ",
                    region="990102",
                    categories=("公安", "户籍"),
                )
            ),
            change(document("K2", "落户办理", categories=("公安", "出入境"))),
        ]
    )
    assert set(codes(engine.search(query("落户办理")))) == {"K1", "K2"}
    assert codes(engine.search(query("落户办理", **{name: frozenset({value})}))) == ["K1"]
    assert codes(engine.search(query("落户办理", **{name: frozenset({value, "none"})}))) == ["K1"]
    assert codes(engine.search(query("落户办理", **{name: frozenset({"none"})}))) == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "hidden",
    [{"access": ("agents",)}, {"live_to": NOW}, {"effective_to": NOW}, {"live_from": NOW + 1}],
    ids=["access", "withdrawn", "lapsed", "embargoed"],
)
def test_documents_that_match_better_but_may_not_be_seen_push_none_out(
    engine: SearchEngine, mode: Mode, hidden: dict[str, object]
) -> None:
    better = [change(document(f"X{number}", "公积金提取", "公积金提取", **hidden)) for number in range(400)]
    worse = [change(document(f"K{number}", "办事", f"公积金提取与其他事项 {number}")) for number in range(3)]
    engine.apply([*better, *worse])
    assert sorted(codes(engine.search(query("公积金提取", mode=mode)))) == ["K0", "K1", "K2"]


@pytest.mark.parametrize("mode", ["keyword", "hybrid"])
def test_hidden_documents_push_none_out_where_most_may_be_seen(engine: SearchEngine, mode: Mode) -> None:
    engine.apply(
        [
            *(change(document(f"X{n}", "公积金提取", "公积金提取", access=("agents",))) for n in range(200)),
            *(change(document(f"O{n}", f"公交线路 {n}", "首末班时间")) for n in range(500)),
            *(change(document(f"K{n}", "办事", f"公积金提取与其他事项 {n}")) for n in range(3)),
        ]
    )
    assert sorted(codes(engine.search(query("公积金提取", mode=mode)))) == ["K0", "K1", "K2"]


def test_versions_long_replaced_push_none_out(engine: SearchEngine) -> None:
    others = [change(document(f"K{number}", "办事", f"公积金提取与其他 {number}")) for number in range(3)]
    again = [change(document("X", "公积金提取", "公积金提取"), seq=seq) for seq in range(1, 301)]
    engine.apply([*others, *again, Change("X", 999, ())])
    assert sorted(codes(engine.search(query("公积金提取", mode="keyword")))) == ["K0", "K1", "K2"]


def test_policies_of_many_passages_leave_room_for_other_points(engine: SearchEngine) -> None:
    policies = [
        change(*(document(f"P{number}", "供热条例", f"供热价格标准 {at}", passage=at) for at in range(20)))
        for number in range(8)
    ]
    faqs = [
        change(document(f"K{number}", "缴费", f"供热价格标准等事项的说明 {number}")) for number in range(4)
    ]
    engine.apply([*policies, *faqs])
    found = codes(engine.search(query("供热价格标准", limit=12, mode="keyword")))
    assert set(found) == {*(f"P{number}" for number in range(8)), *(f"K{number}" for number in range(4))}


def test_a_long_policy_is_found_by_its_article_and_shown_with_it(engine: SearchEngine) -> None:
    articles = ("总则与目的", "申请人应当年满十八周岁", "逾期不缴纳滞纳金的处理", "附则")
    engine.apply(
        [
            change(
                *(
                    document(
                        "P1", "供热条例", text, type="policy", passage=number, article=f"第{number + 1}条"
                    )
                    for number, text in enumerate(articles)
                )
            ),
            change(document("K2", "供热报修", "打电话报修")),
        ]
    )
    hit = engine.search(query("逾期滞纳金")).hits[0]
    assert (hit.document.code, hit.document.article) == ("P1", "第3条")
    assert codes(engine.search(query("供热"))).count("P1") == 1


def test_pages_follow_one_another_without_gap_or_repetition(engine: SearchEngine) -> None:
    engine.apply([change(document(f"K{number:03}", f"社保卡补办 {number}")) for number in range(150)])
    pages = [
        codes(engine.search(query("社保卡补办", limit=20, offset=offset))) for offset in range(0, 160, 20)
    ]
    seen = [code for page in pages for code in page]
    assert len(seen) == len(set(seen)) == 150
    assert [len(page) for page in pages] == [20] * 7 + [10]


def test_hits_are_in_the_order_of_their_scores(engine: SearchEngine) -> None:
    engine.apply(
        [
            change(document(f"K{number}", "生育津贴" * (number % 3), "申领生育津贴 " + "其他 " * number))
            for number in range(30)
        ]
    )
    scores = [hit.score for hit in engine.search(query("生育津贴申领", limit=30)).hits]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)


@pytest.mark.parametrize("asked", ["护照怎么办理？", "你好，请问护照怎么办理"])
def test_an_equal_title_or_similar_question_comes_first(engine: SearchEngine, asked: str) -> None:
    engine.apply(
        [
            change(document("K1", "护照办理须知", "护照怎么办理 护照怎么办理 护照办理材料" * 3)),
            change(document("K2", "普通护照首次申领", "到出入境大厅。", questions=("护照怎么办理",))),
            change(document("K3", "护照换发", "护照办理 护照怎么办理")),
        ]
    )
    assert codes(engine.search(query(asked)))[0] == "K2"


@pytest.mark.parametrize("mode", ["keyword", "hybrid"])
def test_one_common_word_does_not_bring_in_a_text(engine: SearchEngine, mode: Mode) -> None:
    others = [
        change(document(f"X{number}", f"数据提取规范 {number}", "从系统中提取数据")) for number in range(20)
    ]
    right = change(document("K1", "住房公积金提取条件", "购房、退休时可以提取住房公积金"))
    engine.apply([*others, right])
    assert codes(engine.search(query("什么时候可以提取住房公积金", mode=mode))) == ["K1"]


def test_beside_a_full_answer_a_text_with_one_of_its_words_is_no_hit(engine: SearchEngine) -> None:
    engine.apply(
        [
            *(change(document(f"O{number}", f"公交线路 {number}", "首末班时间")) for number in range(40)),
            change(document("X", "档案提取规定", "凭介绍信提取档案")),
            change(document("K", "住房公积金提取条件", "购房、退休时可以提取住房公积金")),
        ]
    )
    asked = "什么时候可以提取住房公积金"
    assert codes(engine.search(query(asked, mode="keyword"))) == ["K"]
    assert codes(engine.search(query("提取档案", mode="keyword")))[0] == "X"


def test_the_words_that_matched_are_marked_in_title_and_snippet(engine: SearchEngine) -> None:
    body = "前言。" * 60 + "持《失业登记》到窗口，\n申领失业保险金。" + "附录。" * 60
    engine.apply([change(document("K1", "失业保险金（ＳＹ）指南", body))])
    hit = engine.search(query("失业保险金 sy")).hits[0]
    assert {"失业", "保险金", "sy"} <= set(hit.matched)
    assert [hit.document.title[start:end] for start, end in hit.title_spans] == ["失业保险金", "ＳＹ"]
    assert "申领失业保险金" in hit.snippet
    assert "失业保险金" in [hit.snippet[start:end] for start, end in hit.snippet_spans]
    assert len(hit.snippet) < len(body)


def test_a_hit_says_why_it_matched(engine: SearchEngine) -> None:
    engine.apply([change(document("K1", "医保异地就医备案", keywords=("异地就医",)))])
    hit = engine.search(query("异地就医备案")).hits[0]
    assert hit.features["title"] > 0
    assert hit.features["keywords"] > 0
    assert hit.keyword_score > 0
    assert hit.vector_score > 0


def test_every_field_of_a_document_can_be_searched(engine: SearchEngine) -> None:
    engine.apply(
        [
            change(
                document(
                    "K1",
                    "标题甲",
                    "正文乙丙",
                    questions=("相似丁戊",),
                    keywords=("关键己庚",),
                    article="第九百条",
                )
            )
        ]
    )
    for text in ("标题甲", "正文乙丙", "相似丁戊", "关键己庚", "第九百条"):
        assert codes(engine.search(query(text, mode="keyword"))) == ["K1"], text


def test_a_wrong_cut_hides_nothing(engine: SearchEngine) -> None:
    engine.apply([change(document("K1", "珠海涵崧科技园停车收费"))])
    for text in ("涵崧", "涵崧科技", "海涵崧"):
        assert codes(engine.search(query(text, mode="keyword"))) == ["K1"], text


def test_typed_text_finds_before_its_last_word_is_finished(engine: SearchEngine) -> None:
    engine.apply([change(document("K1", "养老保险关系转移接续"))])
    title = "养老保险关系转移"
    for length in range(1, len(title) + 1):
        assert codes(engine.search(query(title[:length], as_you_type=True))) == ["K1"], title[:length]


def test_what_begins_with_the_typed_text_is_suggested_before_what_holds_it(engine: SearchEngine) -> None:
    engine.apply(
        [
            change(document("K1", "补办居住证")),
            change(document("K2", "居住证办理", questions=("居住证多久能拿到",))),
            change(document("K3", "居住证注销", access=("agents",))),
            change(document("K4", "居住证延期", live_to=NOW)),
        ]
    )
    expected = ["居住证办理", "居住证多久能拿到", "补办居住证"]
    assert engine.suggest("居住证", PUBLIC, NOW) == expected
    assert engine.suggest("居", PUBLIC, NOW, limit=2) == expected[:2]
    assert engine.suggest("", PUBLIC, NOW) == []


def test_without_an_encoder_search_goes_on_by_keywords_and_says_so(open_engine: OpenEngine) -> None:
    engine = open_engine(None)
    engine.apply([change(document("K1", "工伤认定"))])
    result = engine.search(query("工伤认定"))
    assert (codes(result), result.degraded) == (["K1"], "keyword")
    assert engine.search(query("工伤认定", mode="keyword")).degraded is None
    assert not engine.health().vectors


def test_an_encoder_that_fails_leaves_the_keywords(open_engine: OpenEngine) -> None:
    encoder = BrokenEncoder()
    engine = open_engine(encoder)
    engine.apply([change(document("K1", "工伤认定"))])
    encoder.broken = True
    result = engine.search(query("工伤认定"))
    assert (codes(result), result.degraded) == (["K1"], "keyword")
    encoder.broken = False
    assert engine.search(query("工伤认定")).degraded is None


def test_an_encoder_that_fails_while_applying_leaves_the_index_as_it_was(open_engine: OpenEngine) -> None:
    encoder = BrokenEncoder()
    engine = open_engine(encoder)
    engine.apply([change(document("K1", "工伤认定"))])
    encoder.broken = True
    with pytest.raises(RuntimeError, match="the model is gone"):
        engine.apply([change(document("K2", "工伤认定"), seq=2)])
    assert codes(engine.search(query("工伤认定", mode="keyword"))) == ["K1"]
    encoder.broken = False
    assert engine.apply([change(document("K2", "工伤认定"), seq=2)]) == 1


def test_another_encoder_needs_a_rebuild_before_its_vectors_count(open_engine: OpenEngine) -> None:
    point = change(document("K1", "工伤认定"))
    open_engine().apply([point])
    engine = open_engine(BrokenEncoder("other", 96))
    assert engine.search(query("工伤认定")).degraded == "keyword"
    assert "重建索引" in (engine.health().problem or "")
    engine.rebuild([point], list)
    assert engine.search(query("工伤认定")).degraded is None
    assert engine.health().encoder == "other"


def test_an_index_opened_again_is_the_same(open_engine: OpenEngine) -> None:
    engine = open_engine()
    engine.apply(
        [change(document(f"K{number}", "暂住登记", categories=(str(number % 3),))) for number in range(9)]
    )
    engine.apply([Change("K3", 2, ())])
    again = open_engine()
    for asked in (query("暂住登记"), query("暂住登记", categories=frozenset({"1"}))):
        assert codes(again.search(asked)) == codes(engine.search(asked))
    assert again.health() == engine.health()
    assert again.stored_seqs(["K3"]) == {"K3": 2}


def test_health_counts_points_documents_and_what_is_stale(engine: SearchEngine) -> None:
    engine.apply([change(document("K1", "甲"), document("K1", "乙", passage=1), seq=1)])
    engine.apply([change(document("K2", "丙"), seq=2)])
    engine.apply([change(document("K1", "丁"), seq=7)])
    health = engine.health()
    assert (health.points, health.documents, health.seq) == (2, 2, 7)
    assert health.garbage == pytest.approx(0.5)
    assert health.ready


def test_documents_with_open_ends_far_away_are_kept(engine: SearchEngine) -> None:
    engine.apply([change(document("K1", "永久有效", live_to=FOREVER, effective_to=FOREVER))])
    assert codes(engine.search(query("永久有效", now=FOREVER - 1))) == ["K1"]
