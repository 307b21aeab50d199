"""Makes labelled pairs of points from real texts, to measure the nightly checks with (tools.check_quality).

What a careless colleague does to a text is done by program, from a fixed seed: another wording, another
order, an abridgement, numbers written another way, and a value that is no longer the same.
"""

import gzip
import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import combinations, pairwise, product
from pathlib import Path
from typing import Any

import kb_service.demo
from kb_service.knowledge.checks import similar
from kb_service.knowledge.checks.facts import Fact, facts_of
from kb_service.knowledge.checks.subjects import Subject, telling_words
from kb_service.knowledge.service.views import CONTENT
from search.analysis.passages import cut_passages
from search.analysis.words import cutter

SEED = 12345
RETOLD = 0.25
POINTS = Path(kb_service.demo.__file__).parent / "points"
CITY, NORTH, SOUTH = ("990000",), ("990101", "990000"), ("990102", "990000")
SHORTEST, LONGEST = 60, 1_500
_WORDINGS = (
    "办理/申办", "申请/提出申请", "提交/递交", "携带/带上", "应当/需要", "不得/不能", "可以/能够", "按照/依照", "根据/依据",
    "以及/和", "有关/相关", "向/到", "核准/批准", "审核/审查", "进行/开展", "符合/满足", "规定/要求", "单位/部门", "材料/资料",
    "证明/凭证", "或者/或", "因/由于", "并且/而且", "如有/如果有", "及时/尽快", "已经/已", "目前/现在", "领取/取得",
    "居民/市民", "窗口/服务窗口", "现场/线下", "网上/线上", "本人/申请人本人", "包括/包含", "负责/承担", "情况/情形",
    "办结/办理完毕", "予以/给予", "由/交由", "属于/系", "咨询/询问", "拨打/致电", "工本费/制证费", "受理/接收办理",
)  # fmt: skip
WORDINGS = [tuple(pair.split("/")) for pair in _WORDINGS]
_OPENINGS = ("您好，", "您好！您咨询的问题答复如下：", "根据规定，", "温馨提示：", "答：")
_TITLES = ("{}怎么办理", "{}办事指南", "关于{}的说明", "{}", "{}相关规定", "咨询{}")
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


class Maker:
    """`synonyms`: other words for a word, from outside, for copies that share few words with their source."""

    def __init__(self, synonyms: Mapping[str, Sequence[str]], seed: int = SEED) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self.made = 0
        self.synonyms = synonyms

    def subject(self, title: str, text: str, regions: tuple[str, ...] = CITY) -> Subject:
        self.made += 1
        return Subject(f"P{self.made:06d}", title[:128], (), (("", text),), regions)

    # What is done to a text.

    def reworded(self, text: str, keep: tuple[str, ...] = ()) -> str:
        for old, new in self.random.sample(WORDINGS, len(WORDINGS)):
            if self.random.random() < 0.7 and not any(old in each for each in keep):
                text = text.replace(old, new)
        return text

    def retold(self, text: str) -> str:
        """About every fourth word that has a synonym gives way to it: clumsy, and harder than a real copy."""
        values = sorted({re.escape(fact.shown) for fact in facts_of(text)}, key=len, reverse=True)
        pieces = re.split(f"({'|'.join(values)})", text) if values else [text]
        told = [
            piece if at % 2 else "".join(map(self._other_word, cutter().split(piece)))
            for at, piece in enumerate(pieces)
        ]
        return "".join(told)

    def _other_word(self, word: str) -> str:
        others = self.synonyms.get(word)
        return self.random.choice(others) if others and self.random.random() < RETOLD else word

    def swapped(self, text: str) -> str:
        """Two neighbouring clauses of each long sentence change places."""

        def swap(match: re.Match[str]) -> str:
            return f"{match.group(2)}，{match.group(1)}{match.group(3)}"

        return re.sub(r"(?<=[。；\n])([^，。；\n]{4,30})，([^，。；\n]{4,30})([，。；])", swap, text)

    def reordered(self, sentences: list[str]) -> list[str]:
        cut = self.random.randrange(1, len(sentences)) if len(sentences) > 1 else 0
        return sentences[cut:] + sentences[:cut]

    def abridged(self, sentences: list[str], keep: str = "") -> list[str]:
        share = self.random.uniform(0.15, 0.4)
        kept = [each for each in sentences if (keep and keep in each) or self.random.random() > share]
        return kept or sentences[:1]

    def copy(self, subject: Subject, text: str | None = None, keep: str = "", title: str = "") -> Subject:
        """The same said by somebody else: one to four changes of form."""
        sentences = [each for each in re.split(r"(?<=[。；！？\n])", text or subject.body) if each.strip()]
        if keep and self.random.random() < 0.2:
            sentences = [each for each in sentences if keep in each]
        ways = self.random.sample(
            ("word", "retell", "order", "swap", "short", "opening"), self.random.randint(1, 4)
        )
        if "order" in ways:
            sentences = self.reordered(sentences)
        if "short" in ways and len(sentences) > 2:
            sentences = self.abridged(sentences, keep)
        made = "".join(sentences)
        if "swap" in ways:
            made = self.swapped(made)
        if "retell" in ways:
            made = self.retold(made)
        if "word" in ways:
            made = self.reworded(made, (keep,) if keep else ())
        if "opening" in ways:
            made = self.random.choice(_OPENINGS) + made
        if self.random.random() < 0.5:
            made = rewritten_numbers(made)
        return self.subject(title or self.title(subject.title), made, subject.regions)

    def title(self, title: str) -> str:
        if self.random.random() < 0.4 or len(title) > 40:
            return title
        if self.random.random() < 0.2:
            return self.retold(title)
        core = re.sub(r"(怎么|如何|哪些|什么|吗|？|\?|办理|的?流程|咨询|关于|的?规定)", "", title) or title
        return self.random.choice(_TITLES).format(core)

    def changed(self, subject: Subject, kind: str) -> tuple[str, str] | None:
        """The text with one value of this kind changed, and the sentence in its new form."""
        facts = [fact for fact in facts_of(subject.body) if fact.kind == kind]
        self.random.shuffle(facts)
        for fact in facts:
            if subject.body.count(fact.sentence) != 1 or _stands_alone(fact):
                continue
            shown = self.other_value(fact)
            if shown is None or shown in subject.body:
                continue
            sentence = fact.sentence[: fact.start] + shown + fact.sentence[fact.end :]
            return subject.body.replace(fact.sentence, sentence), sentence
        return None

    def other_value(self, fact: Fact) -> str | None:
        shown = fact.shown
        if fact.kind == "fee" and fact.value == ("0",):
            return None
        if fact.kind == "phone":
            return self._digits(shown, 3) if len(re.sub(r"\D", "", shown)) >= 7 else None
        if fact.kind == "address":
            return re.sub(
                r"\d+(?=号)", lambda each: str(int(each.group()) + self.random.randint(2, 60)), shown, count=1
            )
        if fact.kind == "hours":
            return re.sub(
                r"(\d{1,2})(?=[:：时点]\d*\D*$)", lambda hour: str(int(hour.group()) % 23 + 1), shown
            )
        if fact.kind == "date":
            last = list(re.finditer(r"\d+(?=\s*[日月年])", shown))
            if not last:
                return None
            at = self.random.choice(last)
            most = {"日": 28, "月": 12}.get(shown[at.end() :].strip()[:1], 2030)
            value = (int(at.group()) + self.random.randint(1, 5) - 1) % most + 1
            return shown[: at.start()] + str(value) + shown[at.end() :]
        return self._number(shown)

    def _number(self, shown: str) -> str | None:
        found = list(re.finditer(r"\d+(?:\.\d+)?", shown))
        if not found:
            return None
        at = self.random.choice(found)
        value = float(at.group())
        other = (
            value + self.random.choice((1, 2, 5, 10))
            if value < 60
            else round(value * self.random.choice((0.8, 1.1, 1.5)))
        )
        return f"{shown[: at.start()]}{other:g}{shown[at.end() :]}"

    def _digits(self, shown: str, count: int) -> str:
        places = [at for at, char in enumerate(shown) if char.isdecimal()][-4:]
        for at in self.random.sample(places, min(count, len(places))):
            shown = shown[:at] + str((int(shown[at]) + self.random.randint(1, 9)) % 10) + shown[at + 1 :]
        return shown


def _stands_alone(fact: Fact) -> bool:
    """A date under a letter, a number without a word: nothing is stated of anything."""
    rest = fact.sentence[: fact.start] + fact.sentence[fact.end :]
    return sum(char.isalpha() for char in rest) < 4


def synonyms_of(path: Path) -> dict[str, list[str]]:
    """Words of two characters and more with those that mean exactly the same."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        mark, _, words = line.partition(" ")
        group = [word for word in words.split() if len(word) >= 2]
        if mark.endswith("=") and len(group) > 1:
            for word in group:
                found.setdefault(word, [each for each in group if each != word])
    return found


_CHINESE = dict(zip("123456789", "一二三四五六七八九", strict=True))


def rewritten_numbers(text: str) -> str:
    """The same values in another form: 5个工作日 as 五个工作日, 30万元 as 300000元, 1年 as 12个月."""
    text = re.sub(r"(?<![\d.])([3-9])(?=个工作日|个月|周岁)", lambda each: _CHINESE[each.group(1)], text)
    text = re.sub(r"(?<![\d.])(\d{1,3})万元", r"\g<1>0000元", text)
    text = re.sub(r"(?<![\d.])([1-3])年(?=内|以)", lambda each: f"{int(each.group(1)) * 12}个月", text)
    return re.sub(
        r"(?<![\d.])(\d{1,2})%",
        lambda each: f"百分之{_tens(int(each.group(1)))}" if int(each.group(1)) else each.group(),
        text,
    )


def _tens(value: int) -> str:
    tens, ones = divmod(value, 10)
    head = ("" if tens == 1 else _CHINESE.get(str(tens), "")) + ("十" if tens else "")
    return head + _CHINESE.get(str(ones), "")


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
