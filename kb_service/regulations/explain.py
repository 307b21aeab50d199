"""A profile as a Chinese page, article by article, with every number: what a lawyer checks it by."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from kb_service.regulations.clauses import Clause, clause_list
from kb_service.regulations.rule_tree import Carried, Value, carried_rules, values_of
from kb_service.regulations.schema import Profile, Rule
from kb_service.regulations.words import WORDS

_UNITS = {"working_days": "个工作日", "hours": "小时", "calendar_days": "个自然日"}
_ARTICLE = re.compile(r"第[零一二三四五六七八九十百]+条")


def explain(profile: Profile) -> str:
    """Markdown. A clause that no rule of the profile carries is named at the end."""
    known = clause_list()
    by_clause: dict[str, list[Carried]] = defaultdict(list)
    for carried in carried_rules(profile):
        for clause_id in carried.rule.clause:
            by_clause[clause_id].append(carried)
    order = [each for each in known if each in by_clause]
    order += [each for each in by_clause if each not in known]
    lines = [*_head(profile)]
    heading = ""
    for clause_id in order:
        clause = known.get(clause_id)
        article = _article(clause.article if clause else by_clause[clause_id][0].rule.cited)
        if article != heading:
            lines += ["", f"## {article}"]
            heading = article
        lines += ["", *_clause(profile, clause_id, clause, by_clause[clause_id])]
    return "\n".join([*lines, *_rest(profile, by_clause)]) + "\n"


def in_words(value: Any) -> str:
    """A value of a profile as a person reads it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, (tuple, list)):
        return "、".join(map(in_words, value))
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    if isinstance(value, timedelta):
        return f"{value.total_seconds() / 3600:g}时"
    return WORDS.get(value, str(value)) if isinstance(value, str) else str(value)


def shown_value(value: Value, profile: Profile, rule: Rule) -> str:
    unit = _UNITS.get(value.path[-1], "") if len(value.path) > 1 else ""
    text = in_words(value.value)
    if value.path[1:] == ("deployment",):
        text = f"由部署单位规定（{profile.deployment[str(value.value)].label}）"
    elif value.path == ("classes",):
        own = profile.classes
        text = "、".join(own[each].label if each in own else in_words(each) for each in value.value)
    elif value.path == ("fills",):
        text = "、".join(_place(profile, place) for place in value.value)
    elif value.path[1:] == ("calendar_days",) and value.value == 0:
        return f"{value.title}：当日"
    if value.path == ("told",):
        text = text.format(city=profile.city, channel=getattr(rule, "channel", ""))
    return f"{value.title}：{text}{unit}"


def _place(profile: Profile, dotted: str) -> str:
    """A place of the profile in Chinese; as it is written where there is nothing."""
    for carried in carried_rules(profile):
        for value in values_of(carried.rule):
            if ".".join((*carried.path, *value.path)) == dotted:
                return " › ".join((*carried.titles, value.title))
    return dotted


def _head(profile: Profile) -> Iterable[str]:
    until = "，未定末日" if profile.validity.end is None else f"，至{in_words(profile.validity.end)}"
    yield f"# {profile.title}（{profile.id}）"
    yield ""
    yield f"- 城市：{profile.city}"
    if profile.document_number:
        yield f"- 文号：{profile.document_number}"
    yield f"- 有效期：自{in_words(profile.validity.start)}{until}"
    if profile.extends:
        yield f"- 沿用：{profile.extends}；下列条文号是被沿用的规定的条文号，数值是本档案的数值"
    yield f"- 每日截止：{in_words(profile.periods.day_ends)}（{profile.periods.basis}）。{profile.periods.reading}"
    yield f"- 规则版本：{profile.revision}"
    yield "- 体例：每条先写要旨，再写按此执行的数值；“读法”是条文不明时的理解，“识别词”“排除词”只供系统提示，都不是规定的原文"


def _clause(
    profile: Profile, clause_id: str, clause: Clause | None, carried: Iterable[Carried]
) -> Iterable[str]:
    if clause is None:
        yield f"### {clause_id}"
    else:
        yield f"### {clause.article} · {clause_id}"
        yield ""
        yield f"{clause.rule}。"
    yield ""
    for each in carried:
        finer = f"（{each.rule.article}）" if each.rule.article else ""
        shown = [value for value in values_of(each.rule) if value.value != () and value.path != ("label",)]
        short = [value for value in shown if not value.aid and value.path != ("told",)]
        said = "；".join(shown_value(value, profile, each.rule) for value in short)
        yield f"- **{' › '.join(each.titles)}**{finer}{'：' if said else ''}{said}"
        for value in sorted(shown, key=lambda value: value.aid):
            if value not in short:
                yield f"  - {shown_value(value, profile, each.rule)}"
        if each.rule.reading:
            yield f"  - 读法：{each.rule.reading}"


def _rest(profile: Profile, carried: Mapping[str, object]) -> Iterable[str]:
    regulation = profile.extends or profile.id
    rest = [
        each
        for each in clause_list().values()
        if each.profile == regulation and each.id not in carried and each.area != "profile"
    ]
    if rest:
        yield ""
        yield "## 不以数值写在档案里的条款"
        yield ""
        for each in rest:
            yield f"- {each.article}（{each.id}）：{each.rule}"


def _article(cited: str) -> str:
    found = _ARTICLE.match(cited)
    return found[0] if found else cited
