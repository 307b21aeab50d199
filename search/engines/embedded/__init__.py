"""The engine without a server: tantivy for keywords, vectors beside it, all in one folder."""

from search.engines.embedded.engine import EmbeddedEngine

__all__ = ["EmbeddedEngine"]
