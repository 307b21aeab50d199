"""What a person sent in a form: its values, kept for showing again, and what is wrong with them."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from markupsafe import Markup, escape
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from kb_service.core.db import WriteSession
from kb_service.core.errors import Conflict, Forbidden, Invalid, KbError, NotFound, TooLarge
from kb_service.core.web import invalid_from
from search.analysis.normalise import normalise
from search.analysis.tokens import words

# Errors of what was sent: the person can put them right in the form.
CORRECTABLE = (Invalid, Conflict, NotFound, Forbidden, TooLarge)


class Sent:
    """The fields of a form by name. `kept` is handed back to the template as it was typed."""

    def __init__(self, data: FormData) -> None:
        self._data = data

    def text(self, name: str) -> str:
        value = self._data.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def many(self, name: str) -> list[str]:
        return [value for value in self._data.getlist(name) if isinstance(value, str) and value]

    def lines(self, name: str) -> list[str]:
        return [line.strip() for line in self.text(name).splitlines() if line.strip()]

    def flag(self, name: str) -> bool:
        return self.text(name) in {"1", "on", "true"}

    def file(self, name: str) -> UploadFile | None:
        value = self._data.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None

    @property
    def all(self) -> list[tuple[str, str]]:
        """Every field with text, repeated ones as often as they were sent."""
        return [(name, value) for name, value in self._data.multi_items() if isinstance(value, str)]

    @property
    def kept(self) -> dict[str, str]:
        """Single fields as typed; of a repeated one the last."""
        return {name: value for name, value in self._data.multi_items() if isinstance(value, str)}


async def _read(request: Request) -> AsyncIterator[Sent]:
    form = await request.form()
    try:
        yield Sent(form)
    finally:
        await form.close()


SentDep = Annotated[Sent, Depends(_read)]


@dataclass
class Wrong:
    """What is wrong with a form: by field (`content.answer`), and in general."""

    fields: dict[str, str] = field(default_factory=dict)
    general: list[str] = field(default_factory=list)
    code: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fields or self.general)

    def add(self, error: KbError) -> None:
        self.code, self.extra = error.code, error.extra
        for item in error.pointers:
            name, place = field_of(item["pointer"])
            told = f"第 {place} 项：{item['detail']}" if place else item["detail"]
            self.fields[name] = f"{self.fields[name]}；{told}" if name in self.fields else told
        if not error.pointers:
            self.general.append(error.detail)


def field_of(pointer: str) -> tuple[str, int | None]:
    """`/content/answer` → (`content.answer`, None); `/keywords/2` → (`keywords`, 3)."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.strip("/").split("/")]
    place = int(parts.pop()) + 1 if len(parts) > 1 and parts[-1].isdigit() else None
    return ".".join(parts), place


class Correcting:
    """`with Correcting(session) as wrong: …`: what is wrong with what was sent ends up in `wrong`, and nothing
    of the attempt is kept in the database.
    """

    def __init__(self, session: WriteSession) -> None:
        self._session = session
        self._wrong = Wrong()

    def __enter__(self) -> Wrong:
        return self._wrong

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: object
    ) -> bool:
        if isinstance(error, ValidationError):
            error = invalid_from([dict(item) for item in error.errors()])
        if not isinstance(error, CORRECTABLE):
            return False
        self._session.rollback()
        self._wrong.add(error)
        return True


def mark_terms(text: str, terms: Sequence[str]) -> Markup:
    """Text with `<mark>` around what was searched for; a term of one character would mark too much."""
    wanted = sorted({term for term in terms if len(term) > 1}, key=len, reverse=True)
    pattern = "|".join(map(re.escape, wanted))
    found = re.finditer(pattern, text, re.IGNORECASE) if wanted else ()
    return highlight(text, [match.span() for match in found])


def telling(matched: Sequence[str], query: str) -> list[str]:
    """Those of the matched terms that are words of the query: pairs of characters explain nothing to a person."""
    said = set(words(normalise(query)))
    return [term for term in matched if len(term) > 1 and term in said][:5]


def highlight(text: str, spans: Sequence[tuple[int, int]]) -> Markup:
    """Text with `<mark>` around the given spans of characters; overlapping ones are joined."""
    pieces: list[Markup] = []
    at = 0
    for start, end in sorted(spans):
        begin = max(start, at)
        if begin >= end or begin >= len(text):
            continue
        pieces += [escape(text[at:begin]), Markup("<mark>%s</mark>") % text[begin:end]]
        at = end
    return Markup("").join([*pieces, escape(text[at:])])
