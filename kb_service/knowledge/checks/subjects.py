"""What a text is about, and whether two are about the same item. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from hashlib import blake2b
from itertools import combinations
from typing import Final

from kb_service.knowledge.checks import similar
from kb_service.knowledge.checks.facts import Fact, facts_of
from search.analysis.normalise import normalise
from search.analysis.stop_words import STOP_WORDS
from search.analysis.words import cutter

# Every second title has these; they tell what is asked of an item, never which item it is.
_GENERAL_WORDS: Final = (
    "办理 申请 申领 申办 办事 流程 程序 步骤 材料 资料 条件 要求 需要 所需 提交 指南 须知 规定 办法 通知 标准 "
    "事项 业务 服务 说明 手续 相关 有关 政策 解读 问答 规则 细则 方式 渠道 途径 地点 地址 时间 时限 期限 费用 "
    "收费 多少 电话 联系 咨询 查询 具体 哪些 怎么 怎样 如何 投诉 反映 建议 请求 希望 关于 情况 问题 常见 最新 "
    "本市 全市 我市 市民 群众 个人 市 区 县 省 镇 年 月 日 号 第 条 款"
)
_GENERAL: Final = frozenset(_GENERAL_WORDS.split())
KEY_WORDS: Final = 6


@dataclass(frozen=True)
class Subject:
    """A live version as the checks of pairs see it. `regions` is its region and all above it."""

    code: str
    title: str
    questions: tuple[str, ...]
    sections: tuple[tuple[str, str], ...]
    regions: tuple[str, ...]
    type: str = ""
    effective_from: date | None = None
    effective_to: date | None = None

    @cached_property
    def body(self) -> str:
        return "\n".join(text for _, text in self.sections)

    @cached_property
    def facts(self) -> list[Fact]:
        return [fact for label, text in self.sections for fact in facts_of(text, label)]

    @cached_property
    def named(self) -> frozenset[str]:
        """The words of the title that tell which item this is."""
        return frozenset(telling_words(self.title))

    @cached_property
    def said(self) -> str:
        return normalise("\n".join((*self.questions, self.body)))

    @cached_property
    def everything(self) -> str:
        return f"{normalise(self.title)}\n{self.said}"

    @cached_property
    def shingles(self) -> similar.Hashes:
        return similar.shingles(self.body)


def telling_words(text: str) -> list[str]:
    """Words that carry a subject, each once, in the order of the text."""
    words = cutter().split(normalise(text))
    return list(
        dict.fromkeys(
            word
            for word in words
            if word.isalnum() and not word.isdecimal() and word not in STOP_WORDS and word not in _GENERAL
        )
    )


def same_place(left: Subject, right: Subject) -> bool:
    """Whether what holds for one region bears on the other: one of them is the other or lies in it."""
    return left.regions[0] in right.regions or right.regions[0] in left.regions


def same_time(left: Subject, right: Subject) -> bool:
    """Whether there is a day on which both are in force."""
    begins = max(left.effective_from or date.min, right.effective_from or date.min)
    ends = min(left.effective_to or date.max, right.effective_to or date.max)
    return begins <= ends


def foreign(left: Subject, right: Subject) -> tuple[set[str], set[str]]:
    """Words of each title of which the other text knows nothing."""
    return (
        {word for word in left.named if word not in right.everything},
        {word for word in right.named if word not in left.everything},
    )


def known_share(words: Collection[str], unknown: Collection[str]) -> float:
    total = sum(map(len, words))
    return 1 - sum(map(len, unknown)) / total if total else 1.0


def keys_of(subject: Subject) -> list[int]:
    """Keys that points about the same item are likely to share: pairs of the longest words of the title."""
    words = sorted(subject.named, key=lambda word: (-len(word), word))[:KEY_WORDS]
    pairs: Iterable[Sequence[str]] = combinations(sorted(words), 2) if len(words) > 1 else [words]
    return [key_of(pair) for pair in pairs if pair]


def key_of(parts: Sequence[str]) -> int:
    """A key that fits a signed 64-bit column."""
    return int.from_bytes(blake2b("\x1f".join(parts).encode(), digest_size=8).digest()) >> 1
