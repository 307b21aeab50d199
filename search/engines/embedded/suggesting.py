"""What someone is probably typing: titles and similar questions in which the typed text stands."""

from search.analysis.normalise import squeeze
from search.analysis.query import drop_small_talk
from search.analysis.tokens import bigrams
from search.engines.embedded.eligible import Filter
from search.engines.embedded.generation import Snapshot

_READ = 60
_LONGEST_PREFIX = 40
_NOTHING: frozenset[str] = frozenset()


def suggest(snapshot: Snapshot, prefix: str, access: frozenset[str], now: int, limit: int) -> list[str]:
    """Those that begin with the typed text first, shorter ones before longer ones."""
    typed = drop_small_talk(squeeze(prefix[: _LONGEST_PREFIX * 4])[:_LONGEST_PREFIX])
    if not bigrams(typed):
        return []
    wanted = Filter(access, _NOTHING, _NOTHING, _NOTHING, _NOTHING, include_lapsed=False)
    eligible = snapshot.eligibility.of(wanted, now)
    found: dict[str, tuple[bool, int, int]] = {}
    for place, ordinal in enumerate(snapshot.keywords.holding(typed, wanted, now, eligible, _READ)):
        document = snapshot.document(int(ordinal))
        for text in (document.title, *document.questions):
            at = squeeze(text).find(typed)
            if at >= 0:
                found.setdefault(text, (at > 0, len(text), place))
    return sorted(found, key=lambda text: found[text])[:limit]
