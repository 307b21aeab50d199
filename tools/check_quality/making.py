"""Makes other texts of a text: said otherwise, or with a value that is no longer the same."""

import random
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from kb_service.knowledge.checks.facts import Fact, facts_of
from kb_service.knowledge.checks.subjects import Subject
from search.analysis.words import cutter

SEED = 12345
RETOLD = 0.25
CITY = ("990000",)
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
        """The value as written, with another number in it; None where none fits."""
        if fact.kind == "fee" and fact.value == ("0",):
            return None
        make = {"phone": self._phone, "address": self._address, "hours": self._hours, "date": self._date}
        return make.get(fact.kind, self._number)(fact.shown)

    def _phone(self, shown: str) -> str | None:
        return self._digits(shown, 3) if len(re.sub(r"\D", "", shown)) >= 7 else None

    def _address(self, shown: str) -> str:
        def other(number: re.Match[str]) -> str:
            return str(int(number.group()) + self.random.randint(2, 60))

        return re.sub(r"\d+(?=号)", other, shown, count=1)

    def _hours(self, shown: str) -> str:
        return re.sub(r"(\d{1,2})(?=[:：时点]\d*\D*$)", lambda hour: str(int(hour.group()) % 23 + 1), shown)

    def _date(self, shown: str) -> str | None:
        numbers = list(re.finditer(r"\d+(?=\s*[日月年])", shown))
        if not numbers:
            return None
        at = self.random.choice(numbers)
        most = {"日": 28, "月": 12}.get(shown[at.end() :].strip()[:1], 2030)
        value = (int(at.group()) + self.random.randint(1, 5) - 1) % most + 1
        return shown[: at.start()] + str(value) + shown[at.end() :]

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
