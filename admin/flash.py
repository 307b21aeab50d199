"""One message carried over a redirect, in a sealed cookie that nobody else can write."""

import json
from dataclasses import asdict, dataclass
from urllib.parse import quote, unquote

from fastapi import Request, Response

from kb_service.core.crypto import FieldCipher
from kb_service.core.errors import KbError

COOKIE = "kb_flash"
KEPT_S = 60


@dataclass(frozen=True)
class Toast:
    """`undo` is the path a POST goes to when the person takes the action back."""

    text: str
    undo: str = ""
    tone: str = ""


def put(response: Response, cipher: FieldCipher, toast: Toast, secure: bool) -> None:
    sealed = cipher.encrypt(json.dumps(asdict(toast), ensure_ascii=False), COOKIE)
    response.set_cookie(
        COOKIE, quote(sealed), max_age=KEPT_S, httponly=True, samesite="lax", path="/", secure=secure
    )


def take(request: Request, cipher: FieldCipher) -> Toast | None:
    sealed = request.cookies.get(COOKIE, "")
    if not sealed:
        return None
    try:
        return Toast(**json.loads(cipher.decrypt(unquote(sealed), COOKIE)))
    except (KbError, ValueError, TypeError):
        return None
