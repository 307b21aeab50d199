"""However batches are cut, mixed, repeated and held up, the same is live at the end as in order, once."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ingestion.feeds.model import FeedPoint
from kb_service.core.ids import new_id
from kb_service.knowledge.service import reading
from tests.support.feeds import SubCentre, told, withdrawn
from tests.support.service import Service

KINDS = ("put", "put", "same", "withdraw", "wrong", "script")


def item(prefix: str, name: str, revision: int, kind: str) -> dict[str, Any]:
    external_id = f"{prefix}{name}"
    if kind == "withdraw":
        return withdrawn(external_id, revision)
    answer = {"wrong": "", "same": "总是这样答复。"}.get(kind, f"第 {revision} 次的答复。")
    put = told(external_id, revision, answer)
    if kind == "script":
        put["point"]["content"] = {"type": "script", "event": "退货", "text": answer}
    return put


def live_answers(service: Service, prefix: str) -> dict[str, tuple[int, str | None]]:
    """By external id: the revision taken, and what is answered on it now."""
    with service.parts.database.read() as session:
        rows = (
            session.execute(select(FeedPoint).where(FeedPoint.external_id.startswith(prefix))).scalars().all()
        )
        codes = [row.point_code for row in rows if row.point_code]
        live = reading.live_versions(session, codes, service.parts.clock.now())
    found = {}
    for row in rows:
        view = live.get(row.point_code or "")
        found[row.external_id.removeprefix(prefix)] = (row.revision, view.answer if view else None)
    return found


@pytest.mark.clause("SG-31")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_any_order_any_cut_any_repetition_ends_alike(
    service: Service, sub_centre: SubCentre, data: st.DataObject
) -> None:
    prefix = new_id()
    history = data.draw(
        st.dictionaries(
            st.sampled_from("AB"), st.lists(st.sampled_from(KINDS), min_size=1, max_size=4), min_size=1
        )
    )
    said = [
        item(prefix, name, revision, kind)
        for name, kinds in sorted(history.items())
        for revision, kind in enumerate(kinds, 1)
    ]
    repeated = said + data.draw(st.lists(st.sampled_from(said), max_size=4))
    shuffled = data.draw(st.permutations(repeated))
    cuts = data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4))
    edges = [0, *sorted(cuts), len(shuffled)]
    for start, end in pairwise(edges):
        sub_centre.push(*shuffled[start:end])
    expected = {}
    for name, kinds in history.items():
        good = [(revision, kind) for revision, kind in enumerate(kinds, 1) if kind != "wrong"]
        if good:
            revision, kind = good[-1]
            answer = {"withdraw": None, "same": "总是这样答复。"}.get(kind, f"第 {revision} 次的答复。")
            expected[name] = (revision, answer)
    assert live_answers(service, prefix) == expected
