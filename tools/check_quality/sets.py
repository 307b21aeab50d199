"""Makes labelled pairs of points from real texts, to measure the nightly checks with.

What a careless colleague does to a text is done by program, from a fixed seed: another wording, another
order, an abridgement, numbers written another way, and a value that is no longer the same.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any

import kb_service.demo
from kb_service.knowledge.checks import similar
from kb_service.knowledge.checks.subjects import Subject, telling_words
from kb_service.knowledge.service.views import CONTENT
from search.analysis.passages import cut_passages
from tools.check_quality.making import Maker

POINTS = Path(kb_service.demo.__file__).parent / "points"
NORTH, SOUTH = ("990101", "990000"), ("990102", "990000")
SHORTEST, LONGEST = 60, 1_500
_NO_ITEM = re.compile("条例|办法|规定|管理|[省市区县]$|条$|实施|促进|保护")


@dataclass(frozen=True)
class Pair:
    """`near`: both say the same; `kind`: of the value that differs, empty where none does."""

    left: Subject
    right: Subject
    why: str
    near: bool
    kind: str = ""


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from (json.loads(line) for line in file if line.strip())


# Where the texts come from.


def sources(data: Path, maker: Maker) -> list[list[Subject]]:
    """Texts in groups: those of one group are neighbours (articles of a law, questions of one guide)."""
    groups = [
        [maker.subject(row["title"], row["plain_answer"])]
        for row in rows_of(data / "seed_kb/gz_knowledge_items.jsonl")
    ]
    pairs = [
        maker.subject(row["question"], row["answer"]) for row in rows_of(data / "seed_kb/gz_faq_pairs.jsonl")
    ]
    groups.append(pairs)
    groups += [
        [maker.subject(row["title"], row["answer_body"])]
        for row in rows_of(data / "citizen_qa/dev.jsonl")
        if row["informative"] and row["group"] == row["id"]
    ]
    groups += [[each] for each in _demo_city(maker)]
    passages = list(rows_of(data / "policy_retrieval/corpus.jsonl.gz"))
    groups += [[maker.subject(row["title"], row["text"])] for row in passages[:: len(passages) // 2_500]]
    for row in rows_of(data / "seed_kb/gz_documents.jsonl"):
        pieces = cut_passages(row["original_text"], by_article=True)
        groups.append([maker.subject(f"{row['title']} {piece.article}", piece.text) for piece in pieces[:40]])
    for at, row in enumerate(rows_of(data / "load/law_documents.jsonl.gz")):
        if at % 3 == 0:
            groups.append(list(_articles(maker, row)))
    sized = [[each for each in group if SHORTEST <= len(each.body) <= LONGEST] for group in groups]
    return [group for group in sized if group]


def _demo_city(maker: Maker) -> Iterator[Subject]:
    """The invented city's procedures and agencies, which have what laws lack: addresses and opening hours."""
    for name in ("procedure", "agency"):
        for row in rows_of(POINTS / f"{name}.jsonl"):
            fields = type(CONTENT.validate_python({"type": name})).model_fields
            content = CONTENT.validate_python({"type": name} | {key: row[key] for key in row.keys() & fields})
            yield maker.subject(row["title"], content.answer_text())


def _articles(maker: Maker, row: dict[str, Any]) -> Iterator[Subject]:
    parts = re.split(r"\n(?=第[一二三四五六七八九十百]+条[\s　])", row["text"])
    for part in parts[1:13]:
        label, _, rest = part.partition(" ")
        yield maker.subject(
            f"{row['title']}{label.strip()}", re.sub(r"\n第.{1,4}[章节].*", "", rest, flags=re.DOTALL)
        )


# What is made of them.

KINDS = ("fee", "period", "date", "phone", "address", "hours", "age", "share", "count")


def near_pairs(maker: Maker, groups: list[list[Subject]], wanted: int) -> list[Pair]:
    """A third each: copies, and of what only looks alike, neighbours, other items and other regions."""
    everything = [each for group in groups for each in group]
    chosen = maker.random.sample(everything, min(wanted, len(everything)))
    found = [Pair(source, maker.copy(source), "改写、调序、删节", near=True) for source in chosen]
    return found + _lookalikes(maker, groups, wanted)


def _lookalikes(maker: Maker, groups: list[list[Subject]], wanted: int) -> list[Pair]:
    everything = [each for group in groups for each in group]
    found = [
        Pair(left, right, "同一文件的相邻条文或问题", near=False)
        for group in groups
        for left, right in pairwise(group)
    ]
    maker.random.shuffle(found)
    found = found[: wanted // 2]
    for source in maker.random.sample(everything, min(wanted, len(everything))):
        other = maker.random.choice(everything)
        made = other_item(maker, source, other)
        if made is not None:
            found.append(Pair(source, made, "同样的说法、不同的事项", near=False))
    for source in maker.random.sample(everything, wanted // 2):
        left = replace(source, code=source.code + "N", regions=NORTH)
        found.append(Pair(left, replace(maker.copy(source), regions=SOUTH), "不同区域的同一事项", near=False))
    return found + cousins(maker, groups, wanted // 2) + passages(maker, groups, wanted)


def passages(maker: Maker, groups: list[list[Subject]], wanted: int) -> list[Pair]:
    """Parts of one document that bear its title: the same words, the same kinds of values, other things."""
    by_title: dict[str, list[Subject]] = {}
    for group in groups:
        for each in group:
            by_title.setdefault(_document(each.title), []).append(each)
    found: list[Pair] = []
    for title, parts in sorted(by_title.items()):
        alike = [replace(each, code=f"{each.code}D", title=title) for each in parts[:12] if each.facts]
        found += [
            Pair(one, two, "同一文件、标题相同的不同段落", near=False)
            for one, two in combinations(alike, 2)
            if similar.overlap(one.body, two.body)[1] < 0.3
        ]
    return maker.random.sample(found, min(wanted, len(found)))


def _document(title: str) -> str:
    return re.sub(r"\s*第[一二三四五六七八九十百]+条$", "", title)


def other_item(maker: Maker, source: Subject, other: Subject) -> Subject | None:
    """The text with the name of its item replaced by that of another, as offices write them from a template."""
    ours = [word for word in _items(source) if source.body.count(word) >= 1]
    theirs = [word for word in _items(other) if word not in source.everything]
    if not ours or not theirs:
        return None
    old, new = max(ours, key=len), max(theirs, key=len)
    return maker.subject(source.title.replace(old, new), source.body.replace(old, new))


def _items(subject: Subject) -> list[str]:
    return [word for word in telling_words(subject.title) if len(word) >= 2 and not _NO_ITEM.search(word)]


def cousins(maker: Maker, groups: list[list[Subject]], wanted: int) -> list[Pair]:
    """Articles of the regulations that different cities have on the same subject, the most alike of each two."""
    by_name: dict[str, list[list[Subject]]] = {}
    for group in groups:
        name = re.sub(r"^.{1,12}?(?:省|自治区|自治州|自治县|市)", "", group[0].title.split("第")[0])
        if name != group[0].title.split("第")[0] and name.endswith(("条例", "办法", "规定")):
            by_name.setdefault(name, []).append(group)
    found = [
        Pair(
            *max(product(one, two), key=lambda pair: similar.overlap(pair[0].body, pair[1].body)),
            "不同城市的同名法规",
            near=False,
        )
        for laws in by_name.values()
        for one, two in combinations(laws[:6], 2)
    ]
    return maker.random.sample(found, min(wanted, len(found)))


def contradiction_pairs(maker: Maker, groups: list[list[Subject]], wanted: int) -> list[Pair]:
    """For each kind copies with one value changed; beside them copies without, and lawful differences."""
    found: list[Pair] = []
    everything = [each for group in groups for each in group]
    for kind in KINDS:
        maker.random.shuffle(everything)
        holders: list[Subject] = []
        for source in everything:
            if len(holders) == wanted:
                break
            changed = maker.changed(source, kind)
            if changed is None:
                continue
            holders.append(source)
            found.append(Pair(source, maker.copy(source, *changed), "改动一个数值", near=True, kind=kind))
        for source in holders:
            found.append(Pair(source, maker.copy(source), "改写、数值不变", near=True))
            found += _lawful(maker, source, kind, everything)
    found += [pair for pair in _lookalikes(maker, groups, wanted * 2) if not pair.kind]
    return found


def _lawful(maker: Maker, source: Subject, kind: str, everything: list[Subject]) -> Iterator[Pair]:
    changed = maker.changed(source, kind)
    if changed is None:
        return
    text, sentence = changed
    choose: Callable[[], float] = maker.random.random
    if choose() < 0.34:
        left = replace(source, code=source.code + "R", regions=NORTH)
        right = replace(maker.copy(source, text, sentence), regions=SOUTH)
        yield Pair(left, right, "不同区域的规定不同", near=False)
    elif choose() < 0.5:
        left = replace(source, code=source.code + "T", effective_to=date(2025, 12, 31))
        right = replace(maker.copy(source, text, sentence), effective_from=date(2026, 1, 1))
        yield Pair(left, right, "前后两个时期的规定不同", near=False)
    else:
        made = other_item(maker, maker.subject(source.title, text), maker.random.choice(everything))
        if made is not None:
            yield Pair(source, made, "不同事项的数值不同", near=False)
