"""Which terms of a passage are indexed, in which field; the same for every engine.

`head` holds the bigrams of titles, similar questions and keywords; `START` begins the terms that open a title or
question.
"""

from collections.abc import Sequence
from typing import Final

from search.analysis.tokens import bigrams, words
from search.ranking.text import NormalText

START: Final = "^"
HEAD_BOOST: Final = 0.6
START_BOOST: Final = 4.0
TERM_FIELDS: Final = ("words", "bigrams", "head", "characters")


def terms_of(text: NormalText) -> dict[str, Sequence[str]]:
    heads = (text.title, *text.questions)
    keywords = f"{text.keywords} {text.article}"
    head_bigrams = bigrams("\n".join((*heads, keywords)))
    starts = [START + "".join(head[:2].split()) for head in heads]
    return {
        "words": words("\n".join((*heads, keywords, text.body))),
        "bigrams": (*head_bigrams, *bigrams(text.body)),
        "head": (*head_bigrams, *starts),
        "characters": "".join((*heads, keywords)),
    }


def head_field(term: str) -> str:
    """Where a bigram of a query is looked for in titles: lone ideographs among the characters."""
    return "characters" if len(term) == 1 and not term.isascii() else "head"
