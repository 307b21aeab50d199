"""Which engine, and where: what is chosen once and opened as often as needed, in other processes too."""

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from search.embedding.ports import Encoder
from search.engines.elasticsearch.options import ElasticsearchOptions
from search.engines.embedded import EmbeddedEngine
from search.engines.errors import EngineError
from search.ports import SearchEngine

if TYPE_CHECKING:
    from search.engines.elasticsearch.engine import ElasticsearchEngine

EngineName = Literal["embedded", "elasticsearch"]
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """`elasticsearch` is looked at only where the engine has that name."""

    name: EngineName = "embedded"
    elasticsearch: ElasticsearchOptions | None = None

    def open(self, folder: Path, encoder: Encoder | None) -> SearchEngine:
        """The embedded engine keeps its index in `folder`. Raises `EngineError` where something is lacking."""
        if self.name == "embedded":
            return EmbeddedEngine(folder, encoder)
        return self._open_elasticsearch(encoder)

    def for_measuring(self, folder: Path) -> "EngineChoice":
        """The same with an index of its own, named after the folder, that disturbs no other."""
        options = self.elasticsearch
        if self.name == "embedded" or options is None:
            return self
        mark = sha256(str(folder.resolve()).encode()).hexdigest()[:12]
        index = f"{options.index}-measure-{mark}"
        return replace(self, elasticsearch=replace(options, index=index, search_s=_PATIENCE_S))

    def discard(self) -> None:
        """Removes what measuring left in the cluster; folders are their owner's."""
        if self.name == "elasticsearch":
            engine = self._open_elasticsearch(None)
            engine.drop()
            engine.close()

    def _open_elasticsearch(self, encoder: Encoder | None) -> "ElasticsearchEngine":
        if self.elasticsearch is None or not self.elasticsearch.urls:
            raise EngineError("没有 Elasticsearch 的地址，请设置 KB_ELASTICSEARCH_URL。")
        try:
            from search.engines.elasticsearch.engine import ElasticsearchEngine
        except ImportError as error:
            raise EngineError("没有安装 Elasticsearch 客户端，请安装附加组件 elasticsearch。") from error
        return ElasticsearchEngine(self.elasticsearch, encoder)


EMBEDDED: Final = EngineChoice()
