"""What a team would take off the shelf: jieba's words in SQLite's full-text index, and nothing of ours.

Title, questions and body are one text, ranked by BM25 alone (k1 1.2, b .75): no bigrams, no lexicon, no vectors.
"""

import sqlite3
from pathlib import Path
from typing import Final

from search.analysis.normalise import normalise
from search.analysis.stop_words import STOP_CHARACTERS
from search.analysis.words import Cutter
from search.evaluation.rows import CorpusItem, read_corpus

_DEEPEST: Final = 10
# As many terms as SQLite takes in one expression, and more than any question has.
_MOST_TERMS: Final = 500
_CUTTER: Final = Cutter()


class PlainIndex:
    """A corpus in memory; a context manager, since it holds a database."""

    def __init__(self, corpus: Path) -> None:
        self._ids: list[str] = []
        self._database = sqlite3.connect(":memory:")
        self._database.execute(
            "CREATE VIRTUAL TABLE text USING fts5(words, content='', tokenize='unicode61 remove_diacritics 0')"
        )
        for number, item in enumerate(read_corpus(corpus)):
            self._ids.append(item.id)
            words = " ".join(_words(_text(item)))
            self._database.execute("INSERT INTO text(rowid, words) VALUES (?, ?)", (number, words))

    def search(self, question: str) -> list[str]:
        """Ids of what holds any of the words, best first; equal ones in the order of the file. A word asked twice
        counts twice."""
        terms = _words(question)[:_MOST_TERMS]
        if not terms:
            return []
        rows = self._database.execute(
            "SELECT rowid FROM text WHERE text MATCH ? ORDER BY bm25(text), rowid LIMIT ?",
            (" OR ".join(f'"{term}"' for term in terms), _DEEPEST),
        )
        return [self._ids[row[0]] for row in rows]

    def close(self) -> None:
        self._database.close()


def _text(item: CorpusItem) -> str:
    return "\n".join((item.title, *item.questions, item.body))


def _words(text: str) -> list[str]:
    """Pieces that hold a letter, a digit or an ideograph, but for particles and the like of one character."""
    pieces = _CUTTER.cut(normalise(text))
    return [
        each
        for each in pieces
        if each not in STOP_CHARACTERS and any(map(str.isalnum, each)) and '"' not in each
    ]
