"""Routes of what use suggests. Wordings for points stand with the candidates."""

from fastapi import APIRouter

from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires
from kb_service.identity.schemas import Done, ListOut
from kb_service.knowledge.learning import schemas, service
from kb_service.knowledge.lexicon.schemas import EntryOut

router = APIRouter(prefix="/api/v1", tags=["learning"])


@router.get("/lexicon/suggestions", dependencies=[requires("search.manage")])
def suggestions(session: Reader, ctx: Ctx) -> ListOut[schemas.LexiconSuggestionOut]:
    found = service.lexicon_suggestions(session, ctx)
    return ListOut(items=[schemas.LexiconSuggestionOut.model_validate(each) for each in found])


@router.post("/lexicon/suggestions/take", dependencies=[requires("search.manage")])
def take(data: schemas.TakeEntryIn, session: Writer, ctx: Ctx, parts: RuntimeDep) -> EntryOut:
    made = service.take_entry(session, ctx, parts.engine, data.spoken, data.official, data.override)
    return EntryOut.model_validate(made)


@router.post("/lexicon/suggestions/refuse", dependencies=[requires("search.manage")])
def refuse(data: schemas.RefuseEntryIn, session: Writer, ctx: Ctx) -> Done:
    service.refuse_entry(session, ctx, data.spoken, data.official)
    return Done()


@router.post("/points/{code}/suggested-questions/refuse", dependencies=[requires("knowledge.edit")])
def refuse_question(code: str, data: schemas.RefuseQuestionIn, session: Writer, ctx: Ctx) -> Done:
    service.refuse_question(session, ctx, code, data.question)
    return Done()
