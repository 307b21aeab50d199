"""The official client behind time limits, a breaker and our own errors."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from elastic_transport import ConnectionTimeout, TransportError
from elasticsearch import ApiError, Elasticsearch

from search.engines.elasticsearch.breaker import Breaker
from search.engines.elasticsearch.options import ElasticsearchOptions
from search.engines.errors import EngineError

_OVERLOADED = frozenset({429, 502, 503, 504})
_REFUSED = frozenset({401, 403})


class ServerUnavailableError(EngineError):
    """The cluster does not answer, or not in time, or has not answered a moment ago."""


class WritingBlockedError(EngineError):
    """A rebuild is about to put another index in the place of the one written to."""

    def __init__(self) -> None:
        super().__init__("索引正在切换，请稍后再试。")


class Connection:
    """Raises `EngineError` where the cluster cannot do what it is asked; never shows its address."""

    def __init__(self, options: ElasticsearchOptions) -> None:
        self._client = Elasticsearch(list(options.urls), **_client_options(options))
        self._search = self._client.options(request_timeout=options.search_s)
        self.breaker = Breaker(options.failures, options.pause_s, time.monotonic)

    @contextmanager
    def asking(self) -> Iterator[Elasticsearch]:
        """For what someone waits for: short limits, and not at all while the breaker is open."""
        if not self.breaker.allows():
            raise ServerUnavailableError("Elasticsearch 刚才多次无响应，暂停访问片刻，请检查其状态。")
        with self._told():
            yield self._search

    @contextmanager
    def working(self) -> Iterator[Elasticsearch]:
        """For work in the background, which may take its time."""
        with self._told():
            yield self._client

    def close(self) -> None:
        self._client.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ConnectionTimeout as error:
            self.breaker.failed()
            raise ServerUnavailableError("Elasticsearch 未在时限内响应，请检查其负载。") from error
        except TransportError as error:
            self.breaker.failed()
            raise ServerUnavailableError("无法连接 Elasticsearch，请检查服务器与连接设置。") from error
        except ApiError as error:
            raise self._api_error(error) from error
        self.breaker.succeeded()

    def _api_error(self, error: ApiError) -> EngineError:
        if error.status_code in _OVERLOADED:
            self.breaker.failed()
            return ServerUnavailableError(f"Elasticsearch 暂不可用（{error.status_code}），请检查其负载。")
        self.breaker.succeeded()
        if "cluster_block_exception" in str(error.error):
            return WritingBlockedError()
        if error.status_code in _REFUSED:
            return EngineError(f"Elasticsearch 拒绝访问（{error.status_code}），请检查账号或密钥的权限。")
        return EngineError(f"Elasticsearch 无法执行请求（{error.status_code} {error.error}）。")


def _client_options(options: ElasticsearchOptions) -> dict[str, Any]:
    chosen: dict[str, Any] = {
        "request_timeout": options.write_s,
        "max_retries": min(len(options.urls) - 1, 2),
        "retry_on_timeout": False,
        "http_compress": False,
    }
    if options.api_key:
        chosen["api_key"] = options.api_key
    elif options.user:
        chosen["basic_auth"] = (options.user, options.password)
    if options.ca_file is not None:
        chosen["ca_certs"] = str(options.ca_file)
    if not options.verify:
        chosen |= {"verify_certs": False, "ssl_show_warn": False}
    return chosen
