"""When a case holds, and which failures count against a run. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

PUBLIC: Final = "public"
AGENTS: Final = "agents"
MOST_POINTS: Final = 20
MOST_FIRST: Final = 50
USUAL_FIRST: Final = 5
CAUSE_NAMES: Final[Mapping[str, str]] = {
    "by_hand": "手动运行",
    "nightly": "每夜运行",
    "release": "发布前运行",
    "change": "变更前检验",
}


@dataclass(frozen=True)
class Expected:
    """What of a case decides whether it holds."""

    must: Sequence[str]
    must_not: Sequence[str]
    first: int


def problem_of(expected: Expected, found: Sequence[str], unlive: Sequence[str] = ()) -> str:
    """Why a case does not hold with these hits, best first; empty where it does. `unlive`: of those that must be
    found the ones that nobody can find, because they are withdrawn or not out yet."""
    seen = found[: expected.first]
    missing = [code for code in expected.must if code not in seen]
    unwanted = [code for code in expected.must_not if code in seen]
    said = [f"{code} 已不在用，请改写或停用本用例" for code in missing if code in unlive]
    lost = [code for code in missing if code not in unlive]
    if lost:
        said.append(f"前 {expected.first} 条没有 {'、'.join(lost)}")
    if unwanted:
        said.append(f"前 {expected.first} 条出现了 {'、'.join(unwanted)}")
    return "；".join(said)


def regressed(failing: Sequence[int], held_before: Mapping[int, bool]) -> list[int]:
    """Cases that fail now and held in the good run before; what never held is a goal, not a regression."""
    return [case for case in failing if held_before.get(case, False)]


def problems(
    query: str, must: Sequence[str], must_not: Sequence[str], first: int, why: str
) -> list[tuple[str, str]]:
    """Field and what is wrong with it."""
    found = []
    if not query.strip():
        found.append(("query", "请填写问题"))
    if not must and not must_not:
        found.append(("must", "请填写应当命中或不得命中的知识编码"))
    if set(must) & set(must_not):
        found.append(("must_not", "同一知识不能既应当命中又不得命中"))
    if max(len(must), len(must_not)) > MOST_POINTS:
        found.append(("must", f"知识编码最多 {MOST_POINTS} 个"))
    if not 1 <= first <= MOST_FIRST or len(must) > first:
        found.append(("first", f"请填写 1 到 {MOST_FIRST}，且不少于应当命中的条数"))
    if not why.strip():
        found.append(("why", "请说明这个用例的由来"))
    return found
