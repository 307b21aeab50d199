"""The project's list of clauses: what each says, in our words, and how it is cited."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

FILE = Path(__file__).with_name("clauses.csv")


@dataclass(frozen=True)
class Clause:
    """`profile` is the id of the regulation it stands in; `required` ones must have a rule and a test."""

    id: str
    profile: str
    article: str
    area: str
    rule: str
    required: bool


@lru_cache
def clause_list() -> Mapping[str, Clause]:
    """Every clause by its id, in the order of the regulations."""
    with FILE.open(encoding="utf-8", newline="") as lines:
        rows = [
            Clause(
                id=row["id"],
                profile=row["profile"],
                article=row["article"],
                area=row["area"],
                rule=row["rule"],
                required=row["required"] == "yes",
            )
            for row in csv.DictReader(lines)
        ]
    return MappingProxyType({each.id: each for each in rows})


def cite(clause_id: str) -> str:
    """第十二条第（一）项, for people; the id itself where the list does not have it."""
    found = clause_list().get(clause_id)
    return found.article if found else clause_id
