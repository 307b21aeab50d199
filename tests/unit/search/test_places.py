"""Claims about the places that texts name."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from search.analysis.normalise import normalise, squeeze
from search.analysis.places import Gazetteer, Place, provinces_and_cities
from search.ranking.layout import lay_out
from search.ranking.text import NormalText
from tests.support.searching import document

KNOWN = Gazetteer(
    (
        *provinces_and_cities(),
        Place("云溪市", "R0"),
        Place("望岭县", "R1", frozenset({"R0"})),
        Place("望岭", "R1", frozenset({"R0"})),
        Place("高岸区", "R2", frozenset({"R0"})),
    )
)


def test_provinces_cities_own_regions_and_lettered_places_are_named() -> None:
    assert KNOWN.named("湖南省长沙市的望岭县") == {"湖南", "长沙", "R1"}
    assert KNOWN.named(squeeze("A7县黄花镇和B市")) == {"a7", "b"}
    assert KNOWN.named("公积金提取") == frozenset()


def test_a_text_is_apart_only_where_it_names_other_places_alone() -> None:
    asked = KNOWN.named("望岭怎么办低保")
    assert KNOWN.apart(asked, KNOWN.named("高岸区居民可到民政办申请"))
    assert not KNOWN.apart(asked, KNOWN.named("望岭县与高岸区均可申请"))
    assert not KNOWN.apart(asked, KNOWN.named("云溪市居民均可申请"))
    assert not KNOWN.apart(asked, KNOWN.named("居民均可申请"))
    assert KNOWN.apart(KNOWN.named("湘潭的补贴"), KNOWN.named("株洲市补贴办法"))
    assert not KNOWN.apart(KNOWN.named("湘潭的补贴"), KNOWN.named("湖南省补贴办法"))
    assert not KNOWN.apart(frozenset({"a7"}), frozenset({"a"}))
    assert KNOWN.apart(frozenset({"a7"}), frozenset({"b3"}))


@given(
    st.lists(
        st.text(st.sampled_from("望岭县高岸区长沙a7市云溪 \U00020bb7"), max_size=30), min_size=1, max_size=4
    )
)
def test_many_texts_at_once_name_what_each_names_alone(bodies: list[str]) -> None:
    texts = lay_out([NormalText.of(document("K", body=body)).encode() for body in bodies])
    found = KNOWN.named_in(texts.joined, texts.units, texts.document_starts)
    for body, keys in zip(bodies, found, strict=True):
        assert KNOWN.named(normalise(body)) <= keys


def test_an_empty_gazetteer_finds_nothing() -> None:
    assert Gazetteer().named("长沙") == frozenset()
    assert Gazetteer().named_in("长沙", np.array([0x957F, 0x6C99], np.uint16), np.array([0])) == [frozenset()]
