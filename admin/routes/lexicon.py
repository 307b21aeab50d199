"""The words search goes by: the lexicon, the city's dictionary, and what use suggests."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from admin.forms import Correcting, Sent, SentDep, Wrong
from admin.rendering import Page, PageDep, strings
from kb_service.core.db import ReadSession
from kb_service.core.errors import Invalid
from kb_service.core.web import Reader, RuntimeDep, Writer
from kb_service.identity.auth import Ctx, requires, requires_any
from kb_service.knowledge.learning import service as learning
from kb_service.knowledge.lexicon.service import dictionary, entries, keeping, tables
from kb_service.knowledge.lexicon.service.entries import EntryFilter
from kb_service.knowledge.lexicon.service.keeping import EntryIn

router = APIRouter(prefix="/lexicon", include_in_schema=False)
SEE = [requires_any("search.manage", "catalogue.manage")]
MANAGE = [requires("search.manage")]
WORDS = [requires("catalogue.manage")]
ROWS = 50


@router.get("", dependencies=SEE)
def listed(
    page: PageDep, session: Reader, q: str = "", source: str = "", field: str = "", state: str = "",
    cursor: str = "",
) -> Response:  # fmt: skip
    return _list(page, session, EntryFilter(q, source, field, state), cursor=cursor)


@router.post("", dependencies=MANAGE)
def save(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        data = EntryIn(
            sent.text("spoken"), sent.text("official"), _weight(sent.text("weight")), sent.text("field")
        )
        view = keeping.save(session, ctx, parts.engine, data, sent.text("override"))
        return page.go(
            f"/lexicon?{urlencode({'q': view.spoken})}", strings("lexicon.saved", spoken=view.spoken)
        )
    return _list(page, session, EntryFilter(), wrong=wrong, sent=sent, again="/lexicon")


@router.post("/switch", dependencies=MANAGE)
def switch(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    spoken, active = sent.text("spoken"), sent.flag("active")
    with Correcting(session) as wrong:
        keeping.switch(session, ctx, parts.engine, spoken, active, sent.text("override"))
        said = strings("lexicon.switched_on" if active else "lexicon.switched_off", spoken=spoken)
        return page.go(f"/lexicon?{urlencode({'q': spoken})}", said)
    return _list(page, session, EntryFilter(q=spoken), wrong=wrong, sent=sent, again="/lexicon/switch")


@router.post("/remove", dependencies=MANAGE)
def remove(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    spoken = sent.text("spoken")
    with Correcting(session) as wrong:
        keeping.remove(session, ctx, parts.engine, spoken, sent.text("override"))
        return page.go("/lexicon", strings("lexicon.removed", spoken=spoken))
    return _list(page, session, EntryFilter(q=spoken), wrong=wrong, sent=sent, again="/lexicon/remove")


@router.get("/table.csv", dependencies=SEE)
def table(session: Reader, ctx: Ctx, own: bool = False) -> Response:
    return _download(tables.write(session, ctx, own=own), "lexicon.csv")


@router.post("/import", dependencies=MANAGE)
def take(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        done = tables.read(session, ctx, parts.engine, _content(sent), sent.text("override"))
        return page.go("/lexicon", strings("lexicon.imported", rows=done.rows, news=done.news))
    return _list(page, session, EntryFilter(), wrong=wrong, sent=sent)


@router.get("/words", dependencies=SEE)
def words(page: PageDep, session: Reader, q: str = "") -> Response:
    return _words(page, session, q)


@router.post("/words", dependencies=WORDS)
def add_words(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    with Correcting(session) as wrong:
        added = sent.lines("words")
        if sent.file("file") is not None:
            added += dictionary.words_of(tables.text_of(_content(sent)))
        if not added:
            raise Invalid(strings("lexicon.words_hint"), code="no_words")
        count = dictionary.add(session, ctx, parts.engine, added, sent.text("override"))
        return page.go("/lexicon/words", strings("lexicon.words_added", count=count))
    return _words(page, session, wrong=wrong, sent=sent, again="/lexicon/words")


@router.post("/words/remove", dependencies=WORDS)
def remove_word(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    word = sent.text("word")
    with Correcting(session) as wrong:
        dictionary.remove(session, ctx, parts.engine, word, sent.text("override"))
        back = f"/lexicon/words/back?{urlencode({'word': word})}"
        return page.go("/lexicon/words", strings("lexicon.words_removed", word=word), undo=back)
    return _words(page, session, wrong=wrong, sent=sent, again="/lexicon/words/remove")


@router.post("/words/back", dependencies=WORDS)
def put_word_back(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, word: str) -> Response:
    dictionary.add(session, ctx, parts.engine, [word], "")
    return page.go("/lexicon/words", strings("lexicon.words_added", count=1))


@router.get("/words.csv", dependencies=SEE)
def words_table(session: Reader) -> Response:
    return _download(dictionary.table(session), "words.csv")


@router.get("/suggestions", dependencies=MANAGE)
def suggestions(page: PageDep, session: Reader) -> Response:
    return _suggestions(page, session)


@router.post("/suggestions", dependencies=MANAGE)
def decide(page: PageDep, session: Writer, ctx: Ctx, parts: RuntimeDep, sent: SentDep) -> Response:
    spoken, official = sent.text("spoken"), sent.many("official")
    with Correcting(session) as wrong:
        if sent.text("way") == "refuse":
            learning.refuse_entry(session, ctx, spoken, official[0] if official else "")
            return page.go("/lexicon/suggestions", strings("lexicon.refused"))
        learning.take_entry(session, ctx, parts.engine, spoken, official, sent.text("override"))
        return page.go("/lexicon/suggestions", strings("lexicon.saved", spoken=spoken))
    return _suggestions(page, session, wrong=wrong, sent=sent, again="/lexicon/suggestions")


def _weight(text: str) -> float:
    """What is no number lies outside of what is allowed, and is told so."""
    try:
        return float(text)
    except ValueError:
        return 0.0


def _content(sent: Sent) -> bytes:
    file = sent.file("file")
    if file is None:
        raise Invalid(strings("lexicon.no_file"), code="no_file")
    return file.file.read()


def _download(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


def _tried(wrong: Wrong | None, sent: Sent | None, again: str) -> dict[str, Any]:
    """What was sent, to be shown or sent again; `again` is where to, once somebody answers for it."""
    broken = wrong is not None and wrong.code == "golden_regression"
    fields = (
        [(name, value) for name, value in sent.all if name not in {"csrf_token", "override"}] if sent else []
    )
    return {
        "wrong": wrong or Wrong(),
        "kept": sent.kept if sent else {},
        "again": again if broken else "",
        "again_fields": fields,
    }


def _list(
    page: Page, session: ReadSession, wanted: EntryFilter, *, cursor: str = "", wrong: Wrong | None = None,
    sent: Sent | None = None, again: str = "",
) -> Response:  # fmt: skip
    found = entries.list_entries(session, page.ctx, wanted, cursor=cursor, limit=ROWS)
    said = {name: value for name, value in vars(wanted).items() if value}
    return page.show(
        session,
        "search/lexicon.html",
        422 if wrong else 200,
        found=found,
        filter=wanted,
        counts=entries.counts(session),
        fields=[(name, name) for name in entries.fields(session)],
        next_url=f"/lexicon?{urlencode(said | {'cursor': found.next})}" if found.next else "",
        first_url=f"/lexicon?{urlencode(said)}" if cursor else "",
        **_tried(wrong, sent, again),
    )


def _words(
    page: Page, session: ReadSession, q: str = "", *, wrong: Wrong | None = None, sent: Sent | None = None,
    again: str = "",
) -> Response:  # fmt: skip
    return page.show(
        session,
        "search/words.html",
        422 if wrong else 200,
        words=dictionary.own(session, q),
        q=q,
        **_tried(wrong, sent, again),
    )


def _suggestions(
    page: Page, session: ReadSession, *, wrong: Wrong | None = None, sent: Sent | None = None, again: str = ""
) -> Response:
    return page.show(
        session,
        "search/suggestions.html",
        422 if wrong else 200,
        found=learning.lexicon_suggestions(session, page.ctx),
        **_tried(wrong, sent, again),
    )
