"""One catalogue holds every word the console shows."""

import re
from pathlib import Path

import pytest

import admin
from admin.rendering import action_in_words, strings
from kb_service.core.pages.strings import Strings, UnknownString

FOLDER = Path(admin.__file__).parent
CHINESE = re.compile(r"[㐀-鿿]")
KEY = re.compile(r"""\b(?:t|strings)\(\s*f?["']([a-z_]+(?:\.[A-Za-z0-9_%{}]+)*\.?)["']""")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)


def sources(pattern: str) -> list[Path]:
    return sorted(path for path in FOLDER.rglob(pattern) if "strings" not in path.parts)


def test_templates_and_scripts_hold_no_words_of_their_own() -> None:
    for path in [*sources("*.html"), *sources("*.js"), *sources("*.css")]:
        lines = COMMENT.sub("", path.read_text("utf-8")).splitlines()
        own = [line.strip() for line in lines if CHINESE.search(line)]
        assert own == [], path.name


def asked() -> set[str]:
    """Whole keys, and the beginnings of those whose end is a value: `place.`, `ticket.yes_`."""
    found = {
        key for path in [*sources("*.html"), *sources("*.py")] for key in KEY.findall(path.read_text("utf-8"))
    }
    return {re.split(r"[%{]", key)[0] for key in found}


def is_beginning(key: str) -> bool:
    return key.endswith((".", "_"))


def test_every_word_asked_for_is_in_the_catalogue() -> None:
    keys = strings.keys()
    assert len(asked()) > 200
    unknown = [key for key in asked() if not is_beginning(key) and key not in strings]
    empty = [key for key in asked() if is_beginning(key) and not any(each.startswith(key) for each in keys)]
    assert (unknown, empty) == ([], [])


def test_the_catalogue_holds_no_word_that_nobody_asks_for() -> None:
    beginnings = (*(key for key in asked() if is_beginning(key)), "script.")
    whole = " ".join(path.read_text("utf-8") for path in [*sources("*.html"), *sources("*.py")])
    idle = {key for key in sorted(strings.keys()) if f'"{key}"' not in whole and f"'{key}'" not in whole}
    assert {key for key in idle if not key.startswith(beginnings)} == set()


def test_words_of_scripts_are_in_the_catalogue() -> None:
    asked = {
        key
        for path in sources("*.js")
        for key in re.findall(r"""\bt\("([a-z_]+)\"""", path.read_text("utf-8"))
    }
    assert asked
    assert {key for key in asked if f"script.{key}" not in strings} == set()


def test_an_unknown_key_is_an_error_and_not_an_empty_place() -> None:
    with pytest.raises(UnknownString):
        strings("desk.nothing")


def test_values_are_put_into_their_places(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("b:\n  c: '共 {count} 条'\n", "utf-8")
    assert Strings(tmp_path)("a.b.c", count=3) == "共 3 条"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("login.succeeded", "登录：成功"), ("ticket.decide_return", "工单：审核退回"),
        ("logout", "退出登录"), ("of_old.vanished", "of_old：vanished"),
    ],
)  # fmt: skip
def test_the_audit_log_says_in_words_what_was_done(code: str, said: str) -> None:
    assert action_in_words(code) == said
