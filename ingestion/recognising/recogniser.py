"""Says what a document is and cuts it into pieces of knowledge. Pure.

In the order of how surely a kind shows itself: articles or an official number, then the labels of a guide, then
questions with answers, then the labels of a directory. What shows nothing is given as a whole, with a doubt.
"""

from collections.abc import Iterator

from ingestion.recognising import policies, questions, services
from ingestion.recognising.values import Document, Found, shortened

LONGEST_SOURCE = 300


def recognise(document: Document) -> Iterator[Found]:
    part = policies.look_at(document)
    title, _ = policies.title_of(part)
    source = shortened(document.facts.get("source") or title or document.name, LONGEST_SOURCE)
    if len(part.articles) >= policies.LEAST_ARTICLES:
        yield policies.policy_found(part, source)
        return
    pairs = questions.pairs_of(part.blocks)
    marked = [pair for pair in pairs if pair.marked]
    procedures = services.procedures_of(part.blocks)
    agencies = services.agencies_of(part.blocks)
    if policies.is_official(part) and not marked:
        yield policies.policy_found(part, source)
    elif procedures and len(marked) < len(procedures):
        yield from (services.procedure_found(each, title, source) for each in procedures)
    elif pairs:
        yield from questions.found_in(pairs, source)
    elif agencies:
        yield from (services.agency_found(each, title, source) for each in agencies)
    elif title.endswith(("?", "？")):
        yield from questions.found_in([_whole(part, title)], source)
    else:
        yield policies.policy_found(part, source)


def _whole(part: policies.Part, title: str) -> questions.Pair:
    """A page that asks in its title and answers by all that it says."""
    lines = [block.text for block in part.blocks if block.text != title]
    return questions.Pair(title, lines, part.blocks[0].place, False)
