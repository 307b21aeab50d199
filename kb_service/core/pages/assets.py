"""Files a browser loads: allow-listed, held in memory, addressed by the content of their folder.

`/static/console/~3f2a…/js/app.js` never changes and is kept by browsers for a year; modules import each
other by relative paths and so stay within one state of the folder. Without the digest the same file is
served to be checked again each time.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from kb_service.core.errors import NotFound

FOREVER = "public, max-age=31536000, immutable"
COMPRESSED = (".css", ".js", ".svg")
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}


class AssetFolder:
    """Named files under one address. Nothing but what `files` names can be had."""

    def __init__(self, prefix: str, files: Mapping[str, Path]) -> None:
        self.prefix = prefix
        self._files = dict(files)
        self._contents: dict[tuple[str, bool], bytes] = {}

    @classmethod
    def of(cls, prefix: str, folder: Path) -> "AssetFolder":
        found = sorted(path for path in folder.rglob("*") if path.is_file())
        return cls(prefix, {path.relative_to(folder).as_posix(): path for path in found})

    def missing(self) -> list[str]:
        return [name for name, path in self._files.items() if not path.is_file()]

    @cached_property
    def digest(self) -> str:
        whole = hashlib.sha256()
        for name in sorted(set(self._files) - set(self.missing())):
            whole.update(name.encode() + b"\0" + self._content(name, compressed=False) + b"\0")
        return whole.hexdigest()[:12]

    def url(self, name: str) -> str:
        if name not in self._files:
            raise KeyError(f"no asset {self.prefix}/{name}")
        return f"{self.prefix}/~{self.digest}/{name}"

    def respond(self, request: Request, path: str) -> Response:
        marked, _, rest = path.partition("/")
        name = rest if marked.startswith("~") else path
        if name not in self._files or not self._files[name].is_file():
            raise NotFound("没有这个文件。")
        kept = marked == f"~{self.digest}"
        headers = {
            "Cache-Control": FOREVER if kept else "no-cache",
            "ETag": f'"{self.digest}"',
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        compressed = name.endswith(COMPRESSED) and "gzip" in request.headers.get("accept-encoding", "")
        if compressed:
            headers["Content-Encoding"] = "gzip"
        media_type = TYPES.get(Path(name).suffix) or mimetypes.guess_type(name)[0]
        return Response(self._content(name, compressed=compressed), headers=headers, media_type=media_type)

    def _content(self, name: str, *, compressed: bool) -> bytes:
        key = (name, compressed)
        if key not in self._contents:
            plain = self._files[name].read_bytes()
            self._contents[key] = gzip.compress(plain, mtime=0) if compressed else plain
        return self._contents[key]

    def router(self, dependencies: Sequence[Any]) -> APIRouter:
        router = APIRouter(include_in_schema=False)

        @router.get(f"{self.prefix}/{{path:path}}", dependencies=dependencies)
        def serve(request: Request, path: str) -> Response:
            return self.respond(request, path)

        return router


SHARED = AssetFolder.of("/static/shared", Path(__file__).parent / "static")
