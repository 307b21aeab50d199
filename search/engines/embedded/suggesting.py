"""Documents in whose titles and similar questions the typed text may stand."""

from search.engines.embedded.generation import Snapshot
from search.engines.filters import visible_to
from search.ranking.suggesting import READ, best_texts, read_typed


def suggest(snapshot: Snapshot, prefix: str, access: frozenset[str], now: int, limit: int) -> list[str]:
    typed = read_typed(prefix)
    if not typed:
        return []
    wanted = visible_to(access)
    eligible = snapshot.eligibility.of(wanted, now)
    found = snapshot.keywords.holding(typed, wanted, now, eligible, READ)
    return best_texts(typed, (snapshot.document(int(ordinal)) for ordinal in found), limit)
