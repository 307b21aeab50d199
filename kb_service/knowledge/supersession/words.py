"""Keeps beside a version, in tables that can be looked through, what its words replace and cite."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, insert, select

from kb_service.core.db import ReadSession, WriteSession
from kb_service.knowledge.content import PointDraft, Replacement
from kb_service.knowledge.service.lookups import chunks
from kb_service.knowledge.supersession.model import Citation, Supersession
from kb_service.knowledge.supersession.rules import articles_in, citations


def remember(session: WriteSession, drafts: Mapping[int, PointDraft], *, again: bool = False) -> None:
    """By the id of each version; `again`: what stood there for an earlier wording goes."""
    if again:
        for part in chunks(sorted(drafts)):
            for table in (Supersession, Citation):
                session.execute(delete(table).where(table.version_id.in_(part)))
    replaced = [
        {
            "version_id": version_id,
            "replaced_code": each.code,
            "whole": each.whole,
            "articles": "、".join(each.articles),
        }
        for version_id, draft in drafts.items()
        for each in draft.replaces
    ]
    if replaced:
        session.execute(insert(Supersession), replaced)
    cited = [
        {"version_id": version_id, "kind": kind, "cited": name}
        for version_id, draft in drafts.items()
        for kind, name in sorted(citations(draft.content.model_dump()))
    ]
    for rows in chunks(cited):
        session.execute(insert(Citation), list(rows))


def replacements(session: ReadSession, version_ids: Sequence[int]) -> dict[int, tuple[Replacement, ...]]:
    """What each version replaces besides `supersedes`; versions that replace nothing more are left out."""
    found: dict[int, list[Replacement]] = defaultdict(list)
    for part in chunks(sorted(set(version_ids))):
        rows = (
            select(Supersession)
            .where(Supersession.version_id.in_(part))
            .order_by(Supersession.version_id, Supersession.replaced_code)
        )
        for row in session.execute(rows).scalars():
            found[row.version_id].append(
                Replacement(code=row.replaced_code, articles=list(articles_in(row.articles)))
            )
    return {version_id: tuple(each) for version_id, each in found.items()}
