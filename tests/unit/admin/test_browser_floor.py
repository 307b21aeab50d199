"""Styles and scripts stay within Chromium 86, and within a policy that allows nothing inline."""

import re
from pathlib import Path

import pytest

import admin
import kb_service.channels
import kb_service.core.pages

FOLDERS = [
    Path(str(package.__file__)).parent for package in (admin, kb_service.channels, kb_service.core.pages)
]
# What came after Chromium 86, with the version that brought it.
STYLES = {
    r":has\(": 105, r":is\(": 88, r":where\(": 88, r"color-mix\(": 111, r"@container": 105, r"@layer": 99,
    r"@scope": 118, r"(?<![-\w])inset:": 87, r"aspect-ratio:": 88, r"accent-color:": 93, r"\d(?:d|s|l)v[hw]\b": 108,
    r"text-wrap:": 114, r"oklch\(|lab\(": 111, r"(?m)^\s+&": 112, r":user-valid": 119, r"scrollbar-gutter": 94,
    r"overflow:\s*clip": 90, r"translate:|rotate:|(?<![-\w])scale:": 104, r"margin-inline|padding-inline": 87,
}  # fmt: skip
SCRIPTS = {
    r"\.at\(": 92, r"structuredClone": 98, r"Object\.hasOwn": 93, r"randomUUID": 92, r"\?\?=|\|\|=|&&=": 85,
    r"\.inert\b": 102, r"(?m)^await ": 89, r"\.findLast\(": 97, r"AbortSignal\.(?:timeout|any)": 103,
    r"Array\.fromAsync": 121, r"\.toSorted\(|\.toReversed\(": 110, r"showPopover|popover": 114, r"(?<!\w)#\w+\s*[(=;]": 91,
    r"import\s.*\bassert\b|with\s*\{\s*type": 91, r"Promise\.withResolvers": 119, r"static\s*\{": 94,
    r"\beval\(|new Function\(": 0,
}  # fmt: skip
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals=.js:", re.IGNORECASE)
SCRIPT_TAG = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE)


def files(pattern: str) -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted(folder.rglob(pattern))]
    assert found
    return found


def used(path: Path, banned: dict[str, int]) -> list[str]:
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    return [
        f"{path.name}: {pattern} ({version})"
        for pattern, version in banned.items()
        if re.search(pattern, text)
    ]


def test_styles_use_nothing_newer_than_the_floor() -> None:
    assert [each for path in files("*.css") for each in used(path, STYLES)] == []


def test_scripts_use_nothing_newer_than_the_floor() -> None:
    assert [each for path in files("*.js") for each in used(path, SCRIPTS)] == []


def test_templates_have_no_inline_script_style_or_handler() -> None:
    for path in files("*.html"):
        text = path.read_text("utf-8")
        assert INLINE.findall(text) == [], path.name
        assert SCRIPT_TAG.findall(text) == [], path.name


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.fixture(scope="module")
def tokens() -> dict[str, str]:
    text = (FOLDERS[2] / "static" / "tokens.css").read_text("utf-8")
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", text))


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((ink, ground) for ink in ("ink", "ink-soft", "ink-faint") for ground in ("ground", "ground-soft")),
        ("ink", "ground-sunk"), ("ink-soft", "ground-sunk"), ("ink", "added"), ("ink", "removed"), ("on-mark", "mark"),
        ("on-accent", "accent"), ("on-accent", "accent-strong"), ("accent", "ground"), ("accent", "ground-soft"),
        ("accent-strong", "accent-soft"), ("on-bar", "bar"), ("on-bar-soft", "bar"), ("on-bar-soft", "bar-soft"),
        *((tone, ground) for tone in ("good", "warn", "bad", "info") for ground in (f"{tone}-soft", "ground")),
    ],
)  # fmt: skip
def test_text_can_be_read_on_its_ground(tokens: dict[str, str], text: str, ground: str) -> None:
    """WCAG 2.2 AA asks for 4.5 : 1."""
    assert contrast(tokens[text], tokens[ground]) >= 4.5


@pytest.mark.parametrize(
    ("ring", "ground"), [("focus", "ground"), ("focus", "ground-soft"), ("focus-on-bar", "bar")]
)
def test_focus_can_be_seen(tokens: dict[str, str], ring: str, ground: str) -> None:
    assert contrast(tokens[ring], tokens[ground]) >= 3
