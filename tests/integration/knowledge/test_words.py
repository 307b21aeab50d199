"""The city's dictionary: a name of the city stays one word, in the index and in questions."""

from collections.abc import Iterator

import pytest

from kb_service.core.errors import Invalid, NotFound
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.lexicon.service import dictionary
from kb_service.knowledge.service import words
from search.analysis.tokens import words as cut
from search.analysis.words import install_words
from tests.support.knowledge import World, faq
from tests.support.plain_engine import PlainEngine


@pytest.fixture(autouse=True)
def plain_dictionary_afterwards() -> Iterator[None]:
    yield
    install_words([])


def add(world: World, *added: str) -> int:
    with world.database.write() as session:
        return words.add_words(session, world.as_("zx_manager"), added)


def pieces(world: World, text: str) -> list[str]:
    """What a process that is about to search makes of a text."""
    with world.database.read() as session:
        words.keep_current(session)
    return cut(text)


def test_an_added_word_is_cut_in_one_piece_until_it_is_removed(world: World) -> None:
    install_words([])
    assert "珠海涵崧路" not in cut("珠海涵崧路在哪")
    assert add(world, "珠海涵崧路", "ABC广场") == 2
    assert add(world, "珠海涵崧路") == 0
    assert "珠海涵崧路" in pieces(world, "珠海涵崧路在哪")
    with world.database.write() as session:
        words.remove_word(session, world.as_("zx_manager"), "珠海涵崧路")
    assert "珠海涵崧路" not in pieces(world, "珠海涵崧路在哪")


def test_words_that_were_taken_back_are_never_in_use(world: World) -> None:
    with pytest.raises(RuntimeError), world.database.write() as session:
        words.add_words(session, world.as_("zx_manager"), ["珠海涵崧路"])
        raise RuntimeError
    assert "珠海涵崧路" not in pieces(world, "珠海涵崧路在哪")


def test_points_that_hold_a_changed_word_are_cut_anew(world: World) -> None:
    holds = world.publish(faq("珠海涵崧路停车收费"))
    world.publish(faq("怎样办理退休"))
    engine = PlainEngine()
    while drain(world.database, engine, world.clock):
        pass
    before = engine.stored_seqs([holds.code])
    add(world, "涵崧路")
    assert dictionary.cut_anew(world.database, world.clock) == 1
    assert drain(world.database, engine, world.clock) == 1
    assert engine.stored_seqs([holds.code])[holds.code] > before[holds.code]
    assert dictionary.cut_anew(world.database, world.clock) == 0


def test_names_of_units_regions_and_matters_belong_to_it_by_themselves(world: World) -> None:
    with world.database.read() as session:
        everything = words.everything(session)
    assert {"市公安局", "东湖区", "养老保险参保"} <= everything


def test_what_is_no_word_is_refused_and_nothing_is_added(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        add(world, "好词", "长" * 40)
    assert refused.value.code == "bad_word"
    with world.database.read() as session:
        assert list(words.own(session)) == []
    with pytest.raises(NotFound), world.database.write() as session:
        words.remove_word(session, world.as_("zx_manager"), "没有的词")
