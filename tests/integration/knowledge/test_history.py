"""The database itself refuses to change history or to approve without a second pair of eyes."""

from typing import Any

import pytest
from sqlalchemy import delete, insert, update
from sqlalchemy.exc import DBAPIError

from kb_service.knowledge.model import Review, Version, VersionAuthor
from kb_service.knowledge.service.views import VersionView
from tests.support.knowledge import World, faq


def refused(world: World, statement: Any) -> str:
    with pytest.raises(DBAPIError) as error, world.database.write() as session:
        session.execute(statement)
    return str(error.value.orig)


def change(version: VersionView, **values: Any) -> Any:
    return update(Version).where(Version.id == version.version_id).values(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"title": "改"},
        {"content": {"type": "faq", "answer": "改"}},
        {"audience": "public", "access": "|public|", "roles": []},
        {"effective_to": None, "author_id": 2},
        {"filed_at": None},
        {"keywords": ["改"]},
        {"number": 9},
    ],
)
def test_a_submitted_version_keeps_its_words(world: World, values: dict[str, Any]) -> None:
    words = faq(audience="agents", keywords=["退休"])
    version = world.submit(world.draft(words))
    assert "cannot be changed" in refused(world, change(version, **values))


def test_a_submitted_version_is_not_removed(world: World) -> None:
    version = world.submit(world.draft(faq()))
    assert "cannot be changed" in refused(world, delete(Version).where(Version.id == version.version_id))


def test_what_was_approved_stays_approved_since_the_same_instant(world: World) -> None:
    version = world.publish(faq())
    assert "cannot be changed" in refused(world, change(version, status="returned"))
    assert "cannot be changed" in refused(
        world, change(version, live_from=version.created_at.replace(year=2020))
    )


def test_no_version_is_approved_without_a_review(world: World) -> None:
    version = world.submit(world.draft(faq()))
    values = {"status": "approved", "live_from": version.created_at, "approved_at": version.created_at}
    assert "by a review alone" in refused(world, change(version, **values))


def review_by(version: VersionView, reviewer: int, author: int | None = None) -> Any:
    return insert(Review).values(
        version_id=version.version_id,
        author_id=version.author_id if author is None else author,
        stage="centre_review",
        decision="approve",
        reviewer_id=reviewer,
        at=version.created_at,
    )


def test_a_review_is_by_somebody_else_and_of_the_versions_own_author(world: World) -> None:
    version = world.submit(world.draft(faq()))
    assert "four_eyes" in refused(world, review_by(version, version.author_id))
    another = version.author_id + 1
    # Naming another author would get around the rule, so the pair must be the version's.
    assert "FOREIGN KEY" in refused(world, review_by(version, version.author_id, another)).upper()


def test_who_wrote_on_a_draft_does_not_review_it_either(world: World) -> None:
    version = world.draft(faq())
    with world.database.write() as session:
        session.execute(insert(VersionAuthor).values(version_id=version.version_id, account_id=3))
    assert "cannot review" in refused(world, review_by(version, 3))


def test_reviews_are_neither_changed_nor_removed(world: World) -> None:
    world.publish(faq())
    assert "append-only" in refused(world, update(Review).values(decision="return"))
    assert "append-only" in refused(world, delete(Review))
