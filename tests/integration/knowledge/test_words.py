"""The city's dictionary: a name of the city stays one word, in the index and in questions."""

from collections.abc import Iterator

import pytest

from kb_service.core.errors import Invalid, NotFound
from kb_service.knowledge.service import words
from search.analysis.tokens import words as cut
from search.analysis.words import install_words
from tests.support.knowledge import World


@pytest.fixture(autouse=True)
def plain_dictionary_afterwards() -> Iterator[None]:
    yield
    install_words([])


def add(world: World, *added: str) -> int:
    with world.database.write() as session:
        return words.add_words(session, world.as_("zx_manager"), added)


def test_an_added_word_is_cut_in_one_piece_until_it_is_removed(world: World) -> None:
    install_words([])
    assert "珠海涵崧路" not in cut("珠海涵崧路在哪")
    assert add(world, "珠海涵崧路", "ABC广场") == 2
    assert add(world, "珠海涵崧路") == 0
    assert "珠海涵崧路" in cut("珠海涵崧路在哪")
    with world.database.write() as session:
        words.remove_word(session, world.as_("zx_manager"), "珠海涵崧路")
    assert "珠海涵崧路" not in cut("珠海涵崧路在哪")


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
