"""Pairs out of the project's own texts: the spoken lexicon and the points of the demo city."""

import random
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any

from search.lexicon.lexicon import GAP, Entry, read_entries
from search.training.laws import Law, Pair
from search.training.sources import Source, read_rows

_SPOKEN_TAILS = (
    "",
    "",
    "",
    "怎么办",
    "咋办",
    "找谁",
    "怎么弄",
    "有没有人管",
    "能不能办",
    "要带什么",
    "多少钱",
    "去哪里",
)
_OFFICIAL_TAILS = (
    "",
    "",
    "",
    "办理流程",
    "申请条件",
    "申请材料",
    "办理指南",
    "管理办法",
    "有关规定",
    "怎么办理",
)
_PER_WORDING = 2
_SISTERS = 8
_ARTICLES_PER_TERM = 40
_SHORTEST_TERM = 3


def own_sources(laws: Sequence[Law], points: Path | None, rng: random.Random) -> list[Source]:
    """`points` is a folder of import files (JSONL) whose text is the project's own, or None."""
    entries = read_entries()
    made = [
        Source("own:spoken-official", list(_wording_pairs(entries, rng))),
        Source("own:spoken-spoken", list(_sister_pairs(entries, rng))),
        Source("own:spoken-article", list(_article_pairs(entries, laws, rng))),
    ]
    if points is not None:
        made.append(Source("own:points", list(_point_pairs(points))))
    return made


def _said(entry: Entry, rng: random.Random) -> str:
    return entry.spoken.replace(GAP, "") + rng.choice(_SPOKEN_TAILS)


def _wording_pairs(entries: Sequence[Entry], rng: random.Random) -> Iterator[Pair]:
    """A wording with a term it stands for, the surer the more often."""
    for entry in entries:
        for _ in range(_PER_WORDING):
            if rng.random() < entry.weight:
                yield _said(entry, rng), rng.choice(entry.official) + rng.choice(_OFFICIAL_TAILS)


def _sister_pairs(entries: Sequence[Entry], rng: random.Random) -> Iterator[Pair]:
    """Two wordings that stand for the same terms."""
    alike: dict[tuple[str, ...], list[Entry]] = defaultdict(list)
    for entry in entries:
        alike[entry.official].append(entry)
    for sisters in alike.values():
        chosen = rng.sample(sisters, min(_SISTERS, len(sisters)))
        for one, two in zip(chosen, chosen[1:] + chosen[:1], strict=True):
            if one is not two:
                yield _said(one, rng), _said(two, rng)


def _article_pairs(entries: Sequence[Entry], laws: Iterable[Law], rng: random.Random) -> Iterator[Pair]:
    """A wording with a statute's article that speaks of its subject in official words."""
    holding = _articles_by_term({term for entry in entries for term in entry.official}, laws, rng)
    for entry in entries:
        terms = [term for term in entry.official if term in holding]
        if terms and rng.random() < entry.weight:
            yield _said(entry, rng), rng.choice(holding[rng.choice(terms)])


def _articles_by_term(terms: set[str], laws: Iterable[Law], rng: random.Random) -> dict[str, list[str]]:
    articles = [article.text for law in laws for article in law.articles]
    rng.shuffle(articles)
    together = "\0".join(articles)
    ends = list(accumulate(len(article) + 1 for article in articles))
    holding: dict[str, list[str]] = {}
    for term in sorted(terms):
        found: list[str] = []
        place = together.find(term) if len(term) >= _SHORTEST_TERM else -1
        while place >= 0 and len(found) < _ARTICLES_PER_TERM:
            number = bisect_right(ends, place)
            found.append(articles[number])
            place = together.find(term, ends[number])
        if found:
            holding[term] = found
    return holding


def read_points(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of the import files (JSONL) in a folder, in the order of their names."""
    for file in sorted(folder.glob("*.jsonl")):
        yield from read_rows(file)


def text_of_point(point: dict[str, Any]) -> str:
    """What a point answers, its fields one below the other."""
    return "\n".join("；".join(listed(point[name])) for name in _ANSWER_FIELDS if point.get(name))


def listed(value: Any) -> list[str]:
    """A field of an import file as a list: an array, or text whose parts are split by `|` or line breaks."""
    parts = value if isinstance(value, list) else re.split(r"[|\n]", str(value or ""))
    return [str(part).strip() for part in parts if str(part).strip()]


_ANSWER_FIELDS = (
    "answer", "text", "functions", "full_text", "interpretation", "item", "who", "conditions", "materials", "steps",
    "time", "fee", "places", "channels", "service_items", "phone", "address",
)  # fmt: skip
# What an embedding learns of a point: its substance, not its counters and telephone numbers.
_SUBSTANCE = (
    "answer", "text", "functions", "full_text", "interpretation", "conditions", "materials", "steps", "who",
)  # fmt: skip
_LONGEST_ANSWER = 600


def _point_pairs(folder: Path) -> Iterator[Pair]:
    for point in read_points(folder):
        title = str(point.get("title", ""))
        fields = (" ".join(listed(point[name])) for name in _SUBSTANCE if point.get(name))
        answer = " ".join(fields)[:_LONGEST_ANSWER]
        asked = listed(point.get("similar_questions"))
        if point.get("question"):
            asked.append(str(point["question"]))
        for question in asked:
            yield question, title
            if answer:
                yield question, f"{title} {answer}"
        if answer:
            yield title, answer
