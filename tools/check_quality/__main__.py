"""Measures the nightly checks on pairs made from real texts, for docs/reference/knowledge-checks.md.

    KB_DATA=… python -m tools.check_quality [--half tune|report] [--errors N] [--signatures] [--untouched] [--json]

The texts are split in two by a hash: what was chosen was chosen on `tune`, what is written down is `report`.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from kb_service.core.settings import get_settings
from kb_service.knowledge.checks import pairing, similar
from kb_service.knowledge.checks.facts import KIND_NAMES
from kb_service.knowledge.checks.subjects import Subject
from tools.check_quality.making import Maker, synonyms_of
from tools.check_quality.sets import KINDS, Pair, contradiction_pairs, near_pairs, sources
from tools.check_quality.signatures import ways


@dataclass
class Score:
    hit: int = 0
    false: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.false) if self.hit + self.false else 0.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 0.0


def compared(pairs: Sequence[Pair]) -> set[tuple[str, str]]:
    """The pairs that the night's run would compare at all, by codes."""
    subjects = {each.code: each for pair in pairs for each in (pair.left, pair.right)}
    ordered = list(subjects.values())
    found = pairing.candidates([pairing.keys_of(each, similar.fingerprint(each.body)) for each in ordered])
    return {(ordered[i].code, ordered[j].code) for i, j in found}


def measure_near(pairs: Sequence[Pair], errors: list[str]) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    reached = compared(pairs)
    for pair in pairs:
        met = not reached.isdisjoint({(pair.left.code, pair.right.code), (pair.right.code, pair.left.code)})
        found = met and pairing.judge(pair.left, pair.right).near is not None
        for name in ("near", pair.why):
            scores[name].hit += found and pair.near
            scores[name].false += found and not pair.near
            scores[name].missed += pair.near and not found
        if found != pair.near:
            errors.append(_told("近似" if found else "漏近似" + ("" if met else "(未比)"), pair))
    return scores


def measure_contradictions(pairs: Sequence[Pair], errors: list[str]) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    reached = compared(pairs)
    for pair in pairs:
        met = not reached.isdisjoint({(pair.left.code, pair.right.code), (pair.right.code, pair.left.code)})
        found = pairing.judge(pair.left, pair.right).contradictions if met else ()
        kinds = {each.kind for each in found}
        for kind in {*kinds, *([pair.kind] if pair.kind else [])}:
            for name in ("all", kind):
                scores[name].hit += kind in kinds and kind == pair.kind
                scores[name].false += kind in kinds and kind != pair.kind
                scores[name].missed += kind not in kinds and kind == pair.kind
        scores[pair.why].false += sum(kind != pair.kind for kind in kinds)
        if kinds != ({pair.kind} if pair.kind else set()):
            told = "; ".join(f"{x.kind}:{x.left.shown}≠{x.right.shown} {x.score:.2f}" for x in found)
            errors.append(_told(f"应为{pair.kind or '无'}{'' if met else '(未比)'} 得[{told}]", pair))
    return scores


def _told(what: str, pair: Pair) -> str:
    return f"{what} | {pair.why}\n   {pair.left.title}: {pair.left.body[:260]!r}\n   {pair.right.title}: {pair.right.body[:260]!r}"


def half_of(groups: list[list[Subject]], half: str) -> list[list[Subject]]:
    return [group for group in groups if (crc32(group[0].body.encode()) % 2 == 0) == (half == "tune")]


def table(scores: dict[str, Score], names: Iterable[tuple[str, str]]) -> list[str]:
    lines = ["| 项目 | 样本 | 查准率 | 查全率 |", "|---|---|---|---|"]
    for key, name in names:
        score = scores[key]
        count = score.hit + score.missed
        lines.append(f"| {name} | {count} | {score.precision:.3f} | {score.recall:.3f} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--errors", type=int, default=0, help="show so many errors of each measure")
    parser.add_argument("--wanted", type=int, default=120, help="pairs of each kind of contradiction")
    parser.add_argument("--signatures", action="store_true", help="compare ways of finding candidates")
    parser.add_argument("--untouched", action="store_true", help="what is found in the real texts themselves")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    data = get_settings().data
    if data is None:
        sys.exit("请先用环境变量 KB_DATA 指明外部数据的文件夹。")
    if options.signatures:
        print("\n".join(compared_ways(data, options.wanted)))
        return
    if options.untouched:
        print("\n".join(in_real_texts(data, options.errors)))
        return
    print("\n".join(run(data, options.half, options.wanted, options.errors, as_json=options.json)))


def compared_ways(data: Path, wanted: int) -> list[str]:
    maker = Maker(synonyms_of(data / "dict/cilin.txt"))
    pairs = near_pairs(maker, half_of(sources(data, maker), "tune"), wanted * 5)
    rows = [f"| {way.name} | {way.recall:.3f} | {way.others:.3f} |" for way in ways(pairs)]
    return ["| way | copies found | other pairs |", "|---|---|---|", *rows]


def in_real_texts(data: Path, shown: int) -> list[str]:
    """Nothing was changed: what is found here, somebody must look at to say whether it is right."""
    texts = [each for group in sources(data, Maker({})) for each in group]
    pairs = pairing.candidates([pairing.keys_of(each, similar.fingerprint(each.body)) for each in texts])
    judged = [(texts[i], texts[j], pairing.judge(texts[i], texts[j])) for i, j in pairs]
    found = [each for each in judged if each[2].contradictions]
    near = sum(each[2].near is not None for each in judged)
    lines = [f"texts {len(texts)}, compared {len(pairs)}, near {near}, contradicting {len(found)}"]
    for left, right, judgement in found[:shown]:
        first = judgement.contradictions[0]
        lines += [
            f"{left.title} | {right.title}",
            f"   {first.left.sentence[:120]}",
            f"   {first.right.sentence[:120]}",
        ]
    return lines


def run(data: Path, half: str, wanted: int, shown: int, *, as_json: bool) -> list[str]:
    maker = Maker(synonyms_of(data / "dict/cilin.txt"))
    groups = half_of(sources(data, maker), half)
    near_errors: list[str] = []
    other_errors: list[str] = []
    copies = near_pairs(maker, groups, wanted * 5)
    near = measure_near(copies, near_errors)
    values = contradiction_pairs(maker, groups, wanted)
    other = measure_contradictions(values, other_errors)
    if as_json:
        return [
            json.dumps(
                {
                    key: [vars(score) for score in each.values()]
                    for key, each in (("near", near), ("contradictions", other))
                }
            )
        ]
    lines = [f"texts: {sum(map(len, groups))}", "", *table(near, [("near", "近似重复")]), ""]
    made = Counter(pair.why for pair in copies)
    lines += [
        f"- {why}：{count} 对，误报 {near[why].false}，漏报 {near[why].missed}" for why, count in made.items()
    ]
    lines += ["", *table(other, [("all", "矛盾合计"), *((kind, KIND_NAMES[kind]) for kind in KINDS)]), ""]
    made = Counter(pair.why for pair in values)
    lines += [f"- {why}：{count} 对，误报 {other[why].false}" for why, count in made.items()]
    for errors in (near_errors, other_errors):
        lines += ["", *errors[:: max(1, len(errors) // shown)]] if shown and errors else []
    return lines


if __name__ == "__main__":
    main()
