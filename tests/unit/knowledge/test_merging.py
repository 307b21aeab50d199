"""Three-way merge by words."""

from hypothesis import given
from hypothesis import strategies as st

from kb_service.knowledge.content import PointDraft
from kb_service.knowledge.merging.drafts import merge_drafts
from kb_service.knowledge.merging.rules import merge
from tests.support.knowledge import faq

WORDS = st.lists(st.sampled_from("甲乙丙丁戊"), max_size=12)


@given(WORDS, WORDS, WORDS)
def test_nothing_of_the_three_texts_is_lost(base: list[str], mine: list[str], theirs: list[str]) -> None:
    pieces = merge(base, mine, theirs)
    assert [word for piece in pieces for word in piece.base] == base
    assert [word for piece in pieces for word in piece.mine] == mine
    assert [word for piece in pieces for word in piece.theirs] == theirs


@st.composite
def _apart(draw: st.DrawFn) -> tuple[list[str], list[str], list[str], list[str]]:
    """A text of different words, and changes by two people at places that do not touch."""
    base = [f"w{at}" for at in range(draw(st.integers(5, 30)))]
    places = draw(st.lists(st.integers(0, len(base) - 1), min_size=2, max_size=6, unique=True))
    chosen = [
        place for at, place in enumerate(sorted(places)) if at == 0 or place - sorted(places)[at - 1] > 1
    ]
    owners = draw(st.lists(st.sampled_from(["mine", "theirs"]), min_size=len(chosen), max_size=len(chosen)))
    sides = {"mine": list(base), "theirs": list(base), "all": list(base)}
    for place, owner in zip(chosen, owners, strict=True):
        word = draw(st.sampled_from(["", f"{owner}{place}"]))
        sides[owner][place] = sides["all"][place] = word
    cut = {name: [word for word in words if word] for name, words in sides.items()}
    return base, cut["mine"], cut["theirs"], cut["all"]


@given(_apart())
def test_changes_at_different_places_all_stand_in_the_merge(
    texts: tuple[list[str], list[str], list[str], list[str]],
) -> None:
    base, mine, theirs, both = texts
    pieces = merge(base, mine, theirs)
    assert not any(piece.outcome == "conflict" for piece in pieces)
    assert [word for piece in pieces for word in piece.merged] == both


@given(WORDS, WORDS)
def test_one_side_alone_is_taken_as_it_is(base: list[str], mine: list[str]) -> None:
    assert [word for piece in merge(base, mine, base) for word in piece.merged] == mine
    assert [word for piece in merge(base, base, mine) for word in piece.merged] == mine


def test_two_people_change_different_sentences_of_an_answer() -> None:
    base = faq(answer="本人到市民之家三楼办理，工作日受理，免费。")
    mine = faq(answer="本人到市民之家五楼办理，工作日受理，免费。", keywords=["退休"])
    theirs = faq(answer="本人到市民之家三楼办理，工作日受理，收费10元。", source="窗口")
    found = merge_drafts(base, mine, theirs)
    said = PointDraft.model_validate(found.draft)
    assert found.conflicts == []
    assert said.content.answer_text() == "本人到市民之家五楼办理，工作日受理，收费10元。"
    assert (said.keywords, said.source) == (["退休"], "窗口")


def test_two_people_change_the_same_word_and_both_readings_are_kept() -> None:
    base, mine, theirs = (faq(answer=f"在{floor}楼办理") for floor in ("三", "四", "五"))
    found = merge_drafts(base, mine, theirs)
    assert found.conflicts == ["content.answer"]
    conflict = next(piece for field in found.fields for piece in field.pieces if piece.outcome == "conflict")
    assert ("".join(conflict.mine), "".join(conflict.theirs)) != ("", "")


def test_items_of_a_list_are_merged_as_items() -> None:
    base = faq(similar=["甲问", "乙问", "丙问"])
    mine = faq(similar=["甲问", "乙问", "丙问", "丁问"])
    theirs = faq(similar=["乙问", "丙问"])
    found = merge_drafts(base, mine, theirs)
    assert found.conflicts == []
    assert found.draft["content"]["similar_questions"] == ["乙问", "丙问", "丁问"]


def test_without_a_known_base_every_difference_is_shown() -> None:
    found = merge_drafts(None, faq(answer="甲"), faq(answer="乙"))
    assert found.conflicts == ["content.answer"]


def test_a_date_that_both_changed_is_a_conflict_and_one_side_alone_is_not() -> None:
    base = faq(effective_to="2026-12-31")
    one, other = faq(effective_to="2027-12-31"), faq(effective_to="2028-12-31")
    assert merge_drafts(base, one, other).conflicts == ["effective_to"]
    assert merge_drafts(base, base, other).draft["effective_to"] == "2028-12-31"
