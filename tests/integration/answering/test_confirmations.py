"""What citizens confirm in chat teaches like what agents choose."""

from kb_service.answering.service import deciding
from kb_service.core.context import PUBLIC, Context
from kb_service.knowledge.searches.model import Search
from tests.support.knowledge import faq
from tests.support.service import Service


def confirm(service: Service, decision: str, helpful: bool) -> None:
    with service.parts.database.write() as session:
        ctx = Context(PUBLIC, service.parts.clock.now())
        deciding.judge(session, ctx, decision, helpful)


def test_an_answer_that_helped_is_kept_as_a_choice_once(service: Service) -> None:
    code = service.world.publish(faq("怎样办理退休", "本人带身份证到市民之家三楼办理退休手续。")).code
    decided = service.decide("怎样办理退休")
    assert decided.decision == "answer"
    confirm(service, decided.id, helpful=False)
    with service.parts.database.read() as session:
        assert session.query(Search).count() == 0
    for _ in range(2):
        confirm(service, decided.id, helpful=True)
    with service.parts.database.read() as session:
        kept = session.query(Search).one()
    assert (kept.chosen, kept.channel, kept.hits[0]) == (code, "web", code)
