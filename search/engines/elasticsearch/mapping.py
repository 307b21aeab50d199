"""The shape of an index: one document a passage, and one a point that says which change is stored of it.

Text is cut by us, so the analyzer only splits at blanks; what is shown and ranked is kept beside it as it is,
and neither terms nor vectors are kept twice.
"""

from typing import Any, Final

from search.embedding.ports import Encoder
from search.engines.elasticsearch.options import ElasticsearchOptions

FORMAT: Final = 1
PASSAGE: Final = "passage"
POINT: Final = "point"
VACANT: Final = "vacant"
TEXT_FIELDS: Final = ("words", "bigrams", "head", "characters")

_FACETS = ("kind", "code", "type", "unit", "region", "categories", "access")
_INSTANTS = ("live_from", "live_to", "effective_to")
_NUMBERS = ("seq", "count", "stored", "slots", "length")
_BLOBS = ("text", "near", "document")
_READ_BACK = ("kind", "code", "type", "unit", "region", "done")


def make_index(options: ElasticsearchOptions, encoder: Encoder | None) -> dict[str, Any]:
    """Settings and mappings of a new index, which says in `_meta` whose vectors it holds."""
    return {
        "settings": {
            "number_of_shards": options.shards,
            "number_of_replicas": options.replicas,
            # A batch becomes visible at its end, by our word, and not halfway by the clock.
            "refresh_interval": "-1",
            "analysis": {
                "analyzer": {"cut": {"type": "custom", "tokenizer": "blanks"}},
                # Java's idea of a blank differs from ours; terms are joined by this one alone.
                "tokenizer": {"blanks": {"type": "char_group", "tokenize_on_chars": [" "]}},
            },
        },
        "mappings": {
            "dynamic": "strict",
            "_meta": {
                "format": FORMAT,
                "encoder": encoder.name if encoder else "",
                "dimensions": encoder.dimensions if encoder else 0,
            },
            "_source": {"includes": [*_READ_BACK, *_NUMBERS, *_BLOBS]},
            "properties": _properties(encoder),
        },
    }


def _properties(encoder: Encoder | None) -> dict[str, Any]:
    fields: dict[str, Any] = {
        **{name: {"type": "text", "analyzer": "cut", "index_options": "freqs"} for name in TEXT_FIELDS},
        **{name: {"type": "keyword"} for name in _FACETS},
        **{name: {"type": "long"} for name in (*_INSTANTS, *_NUMBERS)},
        **{name: {"type": "binary"} for name in _BLOBS},
        "done": {"type": "boolean"},
    }
    if encoder is not None:
        fields["vector"] = {
            "type": "dense_vector",
            "dims": encoder.dimensions,
            "index": True,
            "similarity": "cosine",
            "index_options": {"type": "int8_hnsw", "m": 16, "ef_construction": 100},
        }
    return fields
