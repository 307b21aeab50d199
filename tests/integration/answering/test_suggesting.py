"""Who should handle a request, with reasons, through the decision."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kb_service import app
from kb_service.answering.routing import learning
from kb_service.answering.routing.model import PastRequest
from kb_service.core.clock import FixedClock
from kb_service.identity.schemas import UnitIn
from kb_service.identity.service import people
from search.routing.model import save_model
from search.training.routing import Example, train_routing
from tests.support.knowledge import agency, faq
from tests.support.service import Service


def settle(service: Service, code: str, title: str, unit: str, *, request_class: str = "help") -> None:
    with service.parts.database.write() as session:
        unit_id = people.unit_by_code(session, unit).id
        settled = learning.Settled(title, request_class, "公安政务", None, "990000", unit_id, None)
        learning.publish(session, service.world.as_("agent"), code, settled)


def learn(service: Service) -> None:
    job = app.job_named("routing.learn")
    while job.run(service.parts):
        pass


def test_the_publisher_of_a_near_point_is_suggested_and_the_point_named(service: Service) -> None:
    service.world.publish(faq("怎样补办会计证", "带身份证到二楼补办。"))
    best = service.decide("会计证丢了怎样补办").units[0]
    assert best.code == "U-RSJ"
    assert best.reason == best.reasons[0]
    assert "知识《怎样补办会计证》由该单位发布" in best.reasons


def test_a_unit_is_suggested_for_what_its_duties_say(service: Service) -> None:
    words = agency(
        "市公安局", category="C21", functions="负责养犬登记和流浪犬收容。", phone="110", address="公安大楼"
    )
    service.world.publish(words, by="gaj_editor", reviewers=("zx_reviewer",))
    found = {unit.code: unit for unit in service.decide("小区里有很多流浪犬收容的问题没人负责").units}
    assert any("职责含" in reason and "流浪犬" in reason for reason in found["U-GAJ"].reasons)


def test_who_handled_requests_like_it_is_suggested_with_their_number(service: Service) -> None:
    assert "U-GAJ" not in {unit.code for unit in service.decide("楼上半夜打麻将很吵").units}
    for at, title in enumerate(("楼上半夜打麻将很吵", "楼下打麻将半夜很吵", "隔壁半夜打麻将")):
        settle(service, f"T-{at}", title, "U-GAJ")
    learn(service)
    best = service.decide("楼上天天半夜打麻将很吵").units[0]
    assert best.code == "U-GAJ"
    assert "同类工单 3 件由其承办" in best.reasons


def test_a_request_that_was_settled_again_speaks_for_its_last_unit_alone(service: Service) -> None:
    settle(service, "T-1", "楼上半夜打麻将很吵", "U-GAJ")
    learn(service)
    service.decide("楼上半夜打麻将很吵")
    settle(service, "T-1", "楼上半夜打麻将很吵", "U-RSJ")
    learn(service)
    assert [unit.code for unit in service.decide("楼上半夜打麻将很吵").units] == ["U-RSJ"]
    with service.parts.database.read() as session:
        assert len(session.execute(select(PastRequest)).all()) == 1


def test_a_bureau_of_the_place_goes_before_the_citys(service: Service) -> None:
    with service.parts.database.write() as session:
        row = {"code": "U-DH-RSJ", "name": "东湖区人力资源和社会保障局", "parent_code": "U-DHQ"}
        data = UnitIn.model_validate(row | {"region_code": "990101", "level": 3, "kind": "department"})
        people.save_unit(session, service.world.as_("zx_manager"), data)
    service.world.publish(faq("怎样补办会计证", "带身份证到二楼补办。"))
    assert service.decide("会计证丢了怎样补办").units[0].code == "U-RSJ"
    there = [each.code for each in service.decide("东湖区会计证丢了怎样补办").units]
    assert "U-DH-RSJ" in there
    assert "U-RSJ" not in there[: there.index("U-DH-RSJ")]


def test_a_unit_that_is_named_is_suggested(service: Service) -> None:
    found = service.decide("市公安局的人一直没有回复").units
    assert (found[0].code, found[0].reason) == ("U-GAJ", "提到“市公安局”")


def test_models_of_the_city_take_over_where_they_were_trained(service: Service) -> None:
    before = service.decide("井盖没了").request_class
    said = {"complaint": ["井盖没了", "路面塌了"], "suggestion": ["多种些树", "开放操场"]}
    examples = [
        Example(text + "，" * at, label) for label, texts in said.items() for text in texts for at in range(5)
    ]
    save_model(train_routing(examples, seed=7), service.parts.settings.routing_dir / "class.npz")
    assert before != "complaint"
    assert service.decide("井盖没了").request_class == "complaint"
    units = [Example(each.text, {"complaint": "U-GAJ"}.get(each.label, "U-RSJ")) for each in examples]
    save_model(train_routing(units, seed=7), service.parts.settings.routing_dir / "unit.npz")
    best = service.decide("井盖没了").units[0]
    assert best.code == "U-GAJ"
    assert "以往这类诉求多由其承办" in best.reason


def test_a_damaged_model_of_the_city_does_not_stop_decisions(service: Service) -> None:
    folder = service.parts.settings.routing_dir
    folder.mkdir(parents=True)
    for name in ("field", "class", "unit"):
        (folder / f"{name}.npz").write_bytes(b"damaged")
    assert service.decide("养老保险参保怎么补缴").units[0].code == "U-RSJ"


def test_past_requests_give_rows_to_train_on(service: Service, clock: FixedClock) -> None:
    settle(service, "T-1", "楼上半夜打麻将很吵", "U-GAJ", request_class="complaint")
    clock.advance(timedelta(seconds=1))
    learn(service)
    with service.parts.database.read() as session:
        rows = {
            label: list(learning.rows_to_train_on(session, label)) for label in ("field", "class", "unit")
        }
    assert {label: found for label, ((_, found),) in rows.items()} == {
        "field": "公安政务", "class": "complaint", "unit": "U-GAJ",
    }  # fmt: skip


@pytest.mark.parametrize(
    "question", ["\u0000\ud7ff", "𠮷" * 3000, "的" * 2000, "' OR 1=1 --", "\u202e\u200b"]
)
def test_no_question_breaks_the_suggestions(service: Service, question: str) -> None:
    settle(service, "T-1", "楼上半夜打麻将很吵", "U-GAJ")
    learn(service)
    assert sum(unit.confidence for unit in service.decide(question + "吵").units) < 1
