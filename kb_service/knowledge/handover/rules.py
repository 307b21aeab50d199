"""Which changes of staff are filed, and which units lack a named keeper. Pure."""

from collections.abc import Collection, Iterable, Mapping

from kb_service.core.clauses import rule, rule_value

POST_NAMES: Mapping[str, str] = {"leader": "分管领导", "keeper": "知识专员"}
# 分管领导和工作人员变动报领导小组办公室备案.
FILED_POSTS = rule_value("SG-5", name="handover.filed_posts", value=("keeper", "leader"))


@rule("SG-5", neutral=False)
def office_is_told(post: str) -> bool:
    """Whether a change of this post goes to the office, which acknowledges it."""
    return post in FILED_POSTS


@rule("SG-29", neutral=lambda _units, _keepers: [])
def without_keeper(units: Iterable[int], keepers: Mapping[int, Collection[int]]) -> list[int]:
    """Units that have knowledge to keep and nobody named to keep it."""
    return [unit for unit in units if not keepers.get(unit)]
