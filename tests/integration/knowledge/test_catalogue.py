"""Categories and matters: the tree, who holds what, who is responsible where."""

from typing import Any

import pytest

from kb_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from kb_service.knowledge.indexing import drain
from kb_service.knowledge.service import catalogue
from tests.support.knowledge import World, faq
from tests.support.plain_engine import PlainEngine


def save(world: World, by: str = "zx_manager", **values: Any) -> catalogue.CategoryView:
    with world.database.write() as session:
        return catalogue.save_category(session, world.as_(by), catalogue.CategoryIn(**values))


def paths(world: World) -> dict[str, str]:
    with world.database.read() as session:
        return {each.code: each.path for each in catalogue.categories(session)}


def test_the_tree_is_given_parents_first_with_who_holds_the_leaves(world: World) -> None:
    with world.database.read() as session:
        found = catalogue.categories(session)
        mine = catalogue.leaves_of(session, "U-RSJ")
    assert [(each.code, each.parent_code, each.leaf) for each in found] == [
        ("C1", None, False),
        ("C11", "C1", True),
        ("C12", "C1", True),
        ("C2", None, False),
        ("C21", "C2", True),
    ]
    assert {each.code for each in mine} == {"C11", "C12"}


def test_a_new_name_renames_the_paths_below(world: World) -> None:
    save(world, code="C1", name="人力社保")
    assert paths(world)["C11"] == "人力社保/养老保险"


def test_points_of_a_moved_category_are_indexed_under_its_new_place(world: World) -> None:
    engine = PlainEngine()
    world.publish(faq())
    drain(world.database, engine, world.clock)
    assert {document.categories for document in engine.documents} == {("C11", "C1")}
    save(world, code="C11", name="养老保险", parent="C2", units=["U-RSJ"])
    drain(world.database, engine, world.clock)
    assert {document.categories for document in engine.documents} == {("C11", "C2")}


def test_what_would_break_the_tree_is_refused(world: World) -> None:
    world.publish(faq())
    with pytest.raises(Conflict):
        save(world, code="C111", name="领取", parent="C11")
    with pytest.raises(Invalid):
        save(world, code="C1", name="社会保障", parent="C12")
    with pytest.raises(NotFound):
        save(world, code="C3", name="新", parent="C9")
    with pytest.raises(Invalid):
        save(world, code="C3", name="新", units=["U-X"])
    with pytest.raises(Forbidden):
        save(world, by="rsj_editor", code="C3", name="新")


def test_a_matter_belongs_to_the_unit_of_the_nearest_region(world: World) -> None:
    def unit(region: str | None) -> str:
        with world.database.read() as session:
            return catalogue.unit_of_matter(session, "M1", region).code

    assert [unit(None), unit("990000"), unit("990102")] == ["U-RSJ"] * 3
    assert [unit("990101"), unit("990101001")] == ["U-DHQ"] * 2


def test_matters_are_found_by_category_and_name_and_changed_as_a_whole(world: World) -> None:
    data = catalogue.MatterIn(code="M1", name="退休", category="C11", unit="U-GAJ", risk="law")
    with world.database.write() as session:
        catalogue.save_matter(session, world.as_("zx_manager"), data)
    with world.database.read() as session:
        found = catalogue.matters(session, category="C1", q="退")
        assert catalogue.matters(session, category="C2") == []
    assert [(each.unit_code, each.region_units, each.risk) for each in found] == [("U-GAJ", {}, "law")]
