"""Pairs of texts that belong together, made out of statutes.

A statute brings its own supervision: a title and a chapter heading name what an article is about, articles
side by side share a subject, and the regulations that several cities have passed on one subject say the same
rule in different words.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

_ARTICLE = re.compile(
    r"^第[一二三四五六七八九十百零千〇两]+条(?:之[一二三四五六七八九十]+)?[\s　]*", re.MULTILINE
)
_CHAPTER = re.compile(r"^第[一二三四五六七八九十百]+[编章节][\s　]*(.+)$", re.MULTILINE)
_PLACE = re.compile(r"^(?:中华人民共和国|[一-龥]{2,6}?(?:省|市|自治区|自治州|自治县))")
_SENTENCE = re.compile(r"[^。；\n]+[。；]?")
_SHORTEST_ARTICLE = 20
_LONGEST_TEXT = 400


@dataclass(frozen=True, slots=True)
class Article:
    chapter: str
    text: str


@dataclass(frozen=True, slots=True)
class Law:
    title: str
    articles: tuple[Article, ...]

    @property
    def subject(self) -> str:
        """The title without the place that passed it, equal for sister regulations of several cities."""
        return _PLACE.sub("", self.title)


def read_law(title: str, text: str) -> Law:
    """Cut a statute into its articles; one without articles has none."""
    starts = list(_ARTICLE.finditer(text))
    articles = []
    chapter = ""
    for number, start in enumerate(starts):
        before = text[starts[number - 1].end() if number else 0 : start.start()]
        headings = _CHAPTER.findall(before)
        if headings:
            chapter = re.sub(r"\s+", "", headings[-1])
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        body = _CHAPTER.sub("", text[start.end() : end]).strip()
        if len(body) >= _SHORTEST_ARTICLE:
            articles.append(Article(chapter, body[:_LONGEST_TEXT]))
    return Law(title, tuple(articles))


Pair = tuple[str, str]


def heading_pairs(laws: Iterable[Law], rng: random.Random, per_law: int) -> Iterator[Pair]:
    """Title and chapter heading, as one would type them, with an article under them."""
    for law in laws:
        for article in rng.sample(law.articles, min(per_law, len(law.articles))):
            title = law.title if rng.random() < 0.5 else law.subject
            chapter = article.chapter if article.chapter not in ("总则", "附则") else ""
            yield (title + " " + chapter).strip(), article.text


def neighbour_pairs(laws: Iterable[Law], rng: random.Random, per_law: int) -> Iterator[Pair]:
    """Two articles that follow each other within one chapter."""
    for law in laws:
        together = [
            (one.text, two.text)
            for one, two in zip(law.articles, law.articles[1:], strict=False)
            if one.chapter == two.chapter
        ]
        yield from rng.sample(together, min(per_law, len(together)))


def sentence_pairs(laws: Iterable[Law], rng: random.Random, per_law: int) -> Iterator[Pair]:
    """One sentence of an article with what is left of the article."""
    for law in laws:
        for article in rng.sample(law.articles, min(per_law, len(law.articles))):
            sentences = _SENTENCE.findall(article.text)
            if len(sentences) < 2:
                continue
            chosen = rng.randrange(len(sentences))
            rest = "".join(sentences[:chosen] + sentences[chosen + 1 :])
            if len(sentences[chosen]) >= 10 and len(rest) >= _SHORTEST_ARTICLE:
                yield sentences[chosen], rest


def fragment_pairs(laws: Iterable[Law], rng: random.Random, per_law: int) -> Iterator[Pair]:
    """A few scattered fragments of an article, as a searcher half remembers it, with the whole article."""
    for law in laws:
        for article in rng.sample(law.articles, min(per_law, len(law.articles))):
            clauses = [part for part in re.split(r"[，。；、：\s]", article.text) if 3 <= len(part) <= 24]
            if len(clauses) >= 3:
                yield " ".join(rng.sample(clauses, rng.choice((1, 2)))), law.subject + " " + article.text


def sister_pairs(laws: Sequence[Law], vectors: csr_matrix, owner: Sequence[int]) -> Iterator[Pair]:
    """Articles of sister regulations that are each other's nearest: one rule in two wordings.

    `vectors` holds a unit-length row for each article, in the order of the laws; `owner[row]` is its law.
    Near copies (cosine over .9) teach nothing and are left out, and so are strangers (under .35).
    """
    texts = [article.text for law in laws for article in law.articles]
    rows_of: dict[int, list[int]] = defaultdict(list)
    for row, law_number in enumerate(owner):
        rows_of[law_number].append(row)
    sisters: dict[str, list[int]] = defaultdict(list)
    for number in rows_of:
        sisters[laws[number].subject].append(number)
    for family in sisters.values():
        for one, two in zip(family, family[1:] + family[:1], strict=True):
            if one != two:
                yield from _mutual_nearest(texts, vectors, rows_of[one], rows_of[two])


def _mutual_nearest(
    texts: Sequence[str], vectors: csr_matrix, one: list[int], two: list[int]
) -> Iterator[Pair]:
    cosines = (vectors[one] @ vectors[two].T).toarray()
    forward = cosines.argmax(axis=1)
    backward = cosines.argmax(axis=0)
    for row, column in enumerate(forward):
        if backward[column] == row and 0.35 <= float(np.float64(cosines[row, column])) <= 0.9:
            yield texts[one[row]], texts[two[int(column)]]
