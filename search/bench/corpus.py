"""Points as many as wanted, made from a fixed seed, whose words occur as often as words of a language do.

Words and their ranks come from jieba's dictionary; each point has a few words of its own that its title,
its similar questions and its text share, so that a query finds something and not everything.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from search.ports import FOREVER, Change, Document

SEED = 12345
POLICY_SHARE = 0.05
POLICY_PASSAGES = 20
QUESTIONS = 3
MEDIAN_CHARACTERS = 200
NOW = 1_800_000_000
DAY = 86_400
# What the one who asks may see.
ACCESS = frozenset({"public", "agents"})

_VOCABULARY = 40_000
_OWN_WORDS = 8
_OWN_SHARE = 0.3
_PASSAGE_CHARACTERS = 300
_LONGEST = 700
_CONTENT_TAGS = {"n", "v", "vn", "a", "an", "nz", "l", "j", "d"}
_ASKED = (
    "怎么办理{}{}",
    "{}{}需要什么材料",
    "{}的{}在哪里办",
    "申请{}有什么{}条件",
    "{}{}多久能办好",
    "请问{}以后{}怎么办",
    "{}{}补贴标准是多少",
    "没有{}可以申请{}吗",
)
_TITLES = ("{}{}{}办理指南", "关于{}{}的{}规定", "{}{}{}申请条件", "{}{}补贴{}标准", "{}{}业务{}流程说明")
_REGIONS = tuple(f"99{number:04d}" for number in range(6))
_TYPES = ("faq", "faq", "faq", "procedure", "procedure", "agency", "script")


@dataclass(frozen=True)
class Vocabulary:
    words: list[str]
    cumulative: np.ndarray
    lengths: np.ndarray


@cache
def vocabulary() -> Vocabulary:
    """Content words of two to four characters by rank, with Zipf's chance of each rank."""
    ranked: list[tuple[int, str]] = []
    for line in files("jieba").joinpath("dict.txt").read_text(encoding="utf-8").splitlines():
        word, frequency, tag = line.split(" ")
        if 2 <= len(word) <= 4 and tag in _CONTENT_TAGS:
            ranked.append((int(frequency), word))
    ranked.sort(key=lambda pair: (-pair[0], pair[1]))
    words = [word for _, word in ranked[:_VOCABULARY]]
    chance = 1.0 / (np.arange(len(words)) + 2.7)
    return Vocabulary(words, np.cumsum(chance / chance.sum()), np.array([len(word) for word in words]))


def make_changes(
    points: int, *, first: int = 0, seed: int = SEED, seq: int | None = None
) -> Iterator[Change]:
    """Point number `first` and those after it; the same number always gives the same point.

    One in fifty has lapsed, one in fifty is embargoed, one in ten is for agents alone.
    """
    for number in range(first, first + points):
        yield Change(f"K{number:07d}", number + 1 if seq is None else seq, make_documents(number, seed))


def make_documents(number: int, seed: int = SEED) -> tuple[Document, ...]:
    random = np.random.default_rng((seed, number))
    known = vocabulary()
    own = random.integers(200, len(known.words), _OWN_WORDS)
    own_words = [known.words[index] for index in own]
    policy = random.random() < POLICY_SHARE
    title = _fill(random, _TITLES, own_words)
    questions = tuple(_fill(random, _ASKED, own_words) for _ in range(QUESTIONS))
    window = _window(number)
    bodies = [_body(random, known, own, policy=policy) for _ in range(POLICY_PASSAGES if policy else 1)]
    code = f"K{number:07d}"
    return tuple(
        Document(
            id=f"{code}/1/{passage}",
            code=code,
            version=1,
            passage=passage,
            type="policy" if policy else _TYPES[number % len(_TYPES)],
            title=title,
            questions=questions if passage == 0 else (),
            keywords=tuple(own_words[:3]) if passage == 0 else (),
            body=body,
            article=f"第{passage + 1}条" if policy else "",
            unit=f"U-{number % 40:02d}",
            region=_REGIONS[number % len(_REGIONS)],
            categories=(f"C{number % 12}", f"C{number % 12}-{number % 96}"),
            access=("agents",) if number % 10 == 3 else ("agents", "public"),
            live_from=window[0],
            live_to=window[1],
            effective_from=0,
            effective_to=window[2],
        )
        for passage, body in enumerate(bodies)
    )


def make_queries(points: int, count: int, seed: int = SEED) -> list[str]:
    """What is in the box after each key of a question someone types: prefixes of 2 to 20 characters."""
    random = np.random.default_rng((seed, points, count))
    typed: list[str] = []
    while len(typed) < count:
        asked = make_documents(int(random.integers(points)), seed)[0]
        text = (*asked.questions, asked.title)[int(random.integers(QUESTIONS + 1))]
        typed.extend(text[:length] for length in range(2, min(20, len(text)) + 1))
    return typed[:count]


def make_asked(points: int, count: int, seed: int = SEED) -> list[tuple[str, str]]:
    """Whole questions, each with the code of the point that it is one of; only such as may be found."""
    random = np.random.default_rng((seed, points, count, 1))
    asked: list[tuple[str, str]] = []
    while len(asked) < count:
        first = make_documents(int(random.integers(points)), seed)[0]
        if first.live_from <= NOW < min(first.live_to, first.effective_to):
            asked.append((first.questions[int(random.integers(QUESTIONS))], first.code))
    return asked


def _fill(random: np.random.Generator, templates: tuple[str, ...], own: list[str]) -> str:
    template = templates[int(random.integers(len(templates)))]
    chosen = random.choice(len(own), size=template.count("{}"), replace=False)
    return template.format(*(own[int(index)] for index in chosen))


def _body(random: np.random.Generator, known: Vocabulary, own: np.ndarray, *, policy: bool) -> str:
    aim = (_PASSAGE_CHARACTERS if policy else MEDIAN_CHARACTERS) * 1.06
    length = int(min(_LONGEST, aim * random.lognormal(0.0, 0.4)))
    count = length // 2
    drawn = np.searchsorted(known.cumulative, random.random(count))
    drawn = np.where(random.random(count) < _OWN_SHARE, random.choice(own, count), drawn)
    drawn = drawn[: int(np.searchsorted(np.cumsum(known.lengths[drawn] + 0.25), length)) + 1]
    ends = random.random(len(drawn)) < 0.12
    return (
        "".join(
            known.words[int(index)] + ("，" if end else "") for index, end in zip(drawn, ends, strict=True)
        )
        + "。"
    )


def _window(number: int) -> tuple[int, int, int]:
    match number % 50:
        case 7:
            return NOW + 30 * DAY, FOREVER, FOREVER
        case 11:
            return NOW - 300 * DAY, FOREVER, NOW - 10 * DAY
        case _:
            return NOW - 300 * DAY + number % 86_400, FOREVER, FOREVER
