"""Files that browsers load, and messages carried over a redirect."""

import gzip
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from admin import assets, flash
from admin.flash import Toast
from kb_service.core.crypto import KEY_BYTES, FieldCipher
from kb_service.core.errors import NotFound
from kb_service.core.pages.assets import AssetFolder


def request(**headers: str) -> Request:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw})


@pytest.fixture
def folder(tmp_path: Path) -> AssetFolder:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("import './b.js';", "utf-8")
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    return AssetFolder("/static/x", {"js/a.js": tmp_path / "js" / "a.js"})


def test_a_file_under_its_digest_is_kept_for_ever(folder: AssetFolder) -> None:
    answer = folder.respond(request(), folder.url("js/a.js").removeprefix("/static/x/"))
    assert (answer.body, answer.headers["cache-control"]) == (
        b"import './b.js';",
        "public, max-age=31536000, immutable",
    )
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize("path", ["js/a.js", "~000000000000/js/a.js"])
def test_a_file_under_another_address_is_checked_each_time(folder: AssetFolder, path: str) -> None:
    first = folder.respond(request(), path)
    assert first.headers["cache-control"] == "no-cache"
    assert folder.respond(request(if_none_match=first.headers["etag"]), path).status_code == 304


@pytest.mark.parametrize(
    "path", ["secret.txt", "../secret.txt", "js/../secret.txt", "~1/js/../../secret.txt", "", "js"]
)
def test_nothing_but_the_named_files_can_be_had(folder: AssetFolder, path: str) -> None:
    with pytest.raises(NotFound):
        folder.respond(request(), path)


def test_text_is_sent_compressed_to_who_understands_it(folder: AssetFolder) -> None:
    answer = folder.respond(request(accept_encoding="gzip, br"), "js/a.js")
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(bytes(answer.body)) == b"import './b.js';"


def test_a_changed_file_has_another_address(folder: AssetFolder, tmp_path: Path) -> None:
    before = folder.url("js/a.js")
    (tmp_path / "js" / "a.js").write_text("changed", "utf-8")
    assert AssetFolder("/static/x", {"js/a.js": tmp_path / "js" / "a.js"}).url("js/a.js") != before


def test_every_file_of_the_console_is_there() -> None:
    assert {name: folder.missing() for name, folder in assets.FOLDERS.items()} == {
        "console": [], "shared": [], "vendor": [],
    }  # fmt: skip


def carried(cookie: str, cipher: FieldCipher) -> Toast | None:
    return flash.take(request(cookie=f"{flash.COOKIE}={cookie}"), cipher)


def test_a_message_comes_over_a_redirect_and_nobody_else_can_write_one() -> None:
    cipher = FieldCipher(b"k" * KEY_BYTES)
    response = Response()
    flash.put(response, cipher, Toast("已作废", undo="/undo"), secure=False)
    cookie = response.headers["set-cookie"].split(";")[0].partition("=")[2]
    assert carried(cookie, cipher) == Toast("已作废", undo="/undo")
    assert carried(cookie, FieldCipher(b"j" * KEY_BYTES)) is None
    assert carried("aes256gcm.1%3AAAAA", cipher) is None
    assert carried("nonsense", cipher) is None
