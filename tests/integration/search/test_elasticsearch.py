"""Claims about the Elasticsearch engine alone: several processes, a server that is slow or gone, its rebuilds."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from search.bench.measure import bench_search
from search.engines.choice import EMBEDDED, EngineChoice
from search.engines.elasticsearch import writer as writing
from search.engines.elasticsearch.breaker import Breaker
from search.engines.elasticsearch.engine import ElasticsearchEngine
from search.engines.elasticsearch.generations import IndexMissingError
from search.engines.elasticsearch.options import ElasticsearchOptions
from search.engines.elasticsearch.writer import Prepared, Writer, prepare
from search.engines.errors import EngineError, RebuildRunningError
from search.evaluation.retrieval import evaluate_retrieval
from search.ports import Change
from tests.support.elasticsearch import ElasticsearchServer
from tests.support.searching import NOW, PUBLIC, BigramEncoder, BrokenEncoder, change, codes, document, query
from tools import evaluation_files

pytestmark = pytest.mark.elasticsearch

OpenElasticsearch = Callable[..., ElasticsearchEngine]
POINTS = [change(document(f"K{number}", f"居住证办理 {number}")) for number in range(20)]


class Slow:
    """A way to a server on which every answer waits until it is let go."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.flowing = threading.Event()
        self.flowing.set()
        self.connections = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self.flowing.set()
        self._listener.close()
        for each in self._open:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            far = socket.create_connection(self._address)
            self._open += [near, far]
            threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, True), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(65_536):
                if answers:
                    self.flowing.wait()
                target.sendall(data)
        except OSError:
            return


@pytest.fixture
def slow(elasticsearch_url: str) -> Iterator[Slow]:
    host, port = elasticsearch_url.removeprefix("http://").rstrip("/").split(":")
    way = Slow((host, int(port)))
    yield way
    way.close()


def prepared(engine: ElasticsearchEngine, *changes: Change) -> list[Prepared]:
    return prepare(changes, engine._generations.current(), BigramEncoder())


def writer(engine: ElasticsearchEngine) -> Writer:
    return Writer(engine._connection, engine._generations.current())


def test_two_writers_at_once_leave_the_newer_of_each_point(open_elasticsearch: OpenElasticsearch) -> None:
    engines = [open_elasticsearch() for _ in range(4)]
    engines[0].apply([])

    def write(engine: ElasticsearchEngine, first: int) -> None:
        for seq in range(first, 41, 4):
            bodies = [document("K1", "公积金提取", f"第{seq}次", passage=at) for at in range(1 + seq % 3)]
            engine.apply([change(*bodies, seq=seq)])

    threads = [threading.Thread(target=write, args=(engine, at + 1)) for at, engine in enumerate(engines)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    found = engines[0].search(query("公积金提取", mode="keyword")).hits
    assert [hit.document.body for hit in found] == ["第40次"]
    assert engines[0].health().documents == 1 + 40 % 3
    assert engines[1].stored_seqs(["K1"]) == {"K1": 40}


def test_a_late_writer_changes_nothing_that_a_newer_one_left_empty(
    open_elasticsearch: OpenElasticsearch,
) -> None:
    engine = open_elasticsearch()
    engine.apply([change(document("K1", "初始"), seq=1)])
    older = prepared(engine, change(*(document("K1", "旧", "旧文", passage=at) for at in range(3)), seq=5))
    late = writer(engine)
    announced = late._announce(older)
    engine.apply([change(document("K1", "新", "新文"), seq=6)])
    late._send(writing._places(announced))
    late._send(writing._marks(older))
    engine._generations.refresh(engine._generations.current())
    assert codes(engine.search(query("旧文", mode="keyword"))) == []
    assert engine.stored_seqs(["K1"]) == {"K1": 6}


def test_a_change_cut_off_halfway_is_not_taken_for_done_and_is_whole_when_repeated(
    open_elasticsearch: OpenElasticsearch,
) -> None:
    engine = open_elasticsearch()
    engine.apply([change(document("K1", "居住证办理"), seq=1)])
    again = change(document("K1", "居住证补办"), document("K1", "居住证补办", "材料", passage=1), seq=2)
    writer(engine)._announce(prepared(engine, again))
    assert engine.stored_seqs(["K1"]) == {}
    assert engine.apply([again]) == 1
    assert engine.stored_seqs(["K1"]) == {"K1": 2}
    assert codes(engine.search(query("居住证补办 材料"))) == ["K1"]


def test_searches_and_writes_go_on_while_the_index_is_rebuilt(open_elasticsearch: OpenElasticsearch) -> None:
    engine, other = open_elasticsearch(), open_elasticsearch()
    engine.apply(POINTS)
    before = engine.health().generation
    meanwhile = change(document("N1", "居住证新规"), seq=50)
    late = change(document("N2", "居住证晚到"), seq=51)
    threads: list[threading.Thread] = []

    def everything() -> Iterator[Change]:
        yield from POINTS
        other.apply([meanwhile])
        assert len(other.search(query("居住证办理", limit=50)).hits) >= len(POINTS)

    def catch_up() -> Iterator[Change]:
        # Comes after what was written meanwhile was read: it must wait and land in the new index.
        threads.append(threading.Thread(target=other.apply, args=([late],)))
        threads[0].start()
        yield meanwhile

    report = engine.rebuild(everything(), catch_up)
    threads[0].join()
    assert report.caught_up == 1
    assert engine.health().generation != before
    for each in (engine, other):
        assert {"N1", "N2"} <= set(codes(each.search(query("居住证", limit=50, mode="keyword"))))


def test_only_one_process_rebuilds_at_a_time(open_elasticsearch: OpenElasticsearch) -> None:
    engine, other = open_elasticsearch(), open_elasticsearch()

    def everything() -> Iterator[Change]:
        with pytest.raises(RebuildRunningError):
            other.rebuild(POINTS, list)
        yield from POINTS

    assert engine.rebuild(everything(), list).points == len(POINTS)
    assert other.rebuild(POINTS, list).points == len(POINTS)


def test_a_rebuild_that_fails_leaves_the_old_index_serving_and_open(
    open_elasticsearch: OpenElasticsearch,
) -> None:
    engine = open_elasticsearch()
    engine.apply(POINTS)

    def broken() -> Iterator[Change]:
        yield change(document("X", "不会出现"))
        raise RuntimeError("the database is gone")

    for changes, catch_up in ((broken, list), (lambda: iter(POINTS), broken)):
        with pytest.raises(RuntimeError, match="the database is gone"):
            engine.rebuild(changes(), catch_up)
        assert engine.apply([change(document("K1", "居住证办理"), seq=9)]) in {0, 1}
        assert len(engine.search(query("居住证办理", limit=50)).hits) == len(POINTS)


def test_a_rebuild_that_died_with_the_index_closed_keeps_no_writer_waiting(
    open_elasticsearch: OpenElasticsearch,
) -> None:
    engine = open_elasticsearch(lease_s=5.0)
    engine.apply(POINTS)
    with engine._connection.working() as client:
        client.indices.add_block(index=engine.health().generation, block="write")
    assert engine.apply([change(document("N1", "居住证新规"), seq=50)]) == 1


def test_another_process_notices_that_the_model_has_changed(open_elasticsearch: OpenElasticsearch) -> None:
    old = open_elasticsearch()
    old.apply(POINTS)
    assert old.search(query("居住证办理")).degraded is None
    for dimensions in (96, 64):
        open_elasticsearch(BrokenEncoder(f"other-{dimensions}", dimensions)).rebuild(POINTS, list)
        found = old.search(query("居住证办理"))
        assert (len(found.hits), found.degraded) == (10, "keyword")
        old.rebuild(POINTS, list)
        assert old.search(query("居住证办理")).degraded is None


def test_an_index_that_is_gone_is_an_error_and_no_empty_answer(open_elasticsearch: OpenElasticsearch) -> None:
    engine = open_elasticsearch()
    with pytest.raises(IndexMissingError):
        engine.search(query("居住证"))
    assert not engine.health().ready
    assert "kb index rebuild" in (engine.health().problem or "")
    engine.apply(POINTS)
    engine.search(query("居住证"))
    engine.drop()
    with pytest.raises(IndexMissingError):
        engine.search(query("居住证"))


def test_a_slow_server_is_given_up_in_time_and_then_left_alone(
    open_elasticsearch: OpenElasticsearch, slow: Slow
) -> None:
    open_elasticsearch().apply(POINTS)
    engine = open_elasticsearch(urls=(slow.url,), search_s=0.3, failures=2, pause_s=3_600.0)
    slow.flowing.clear()
    for _ in range(2):
        with pytest.raises(EngineError, match="未在时限内响应"):
            engine.search(query("居住证"))
    asked = slow.connections
    with pytest.raises(EngineError, match="暂停访问"):
        engine.search(query("居住证"))
    with pytest.raises(EngineError, match="暂停访问"):
        engine.suggest("居住证", PUBLIC, NOW)
    assert slow.connections == asked


def test_a_breaker_lets_one_try_after_the_pause() -> None:
    now = 0.0
    breaker = Breaker(2, 10.0, lambda: now)
    for _ in range(2):
        assert breaker.allows()
        breaker.failed()
    assert not breaker.allows()
    now = 10.0
    assert breaker.allows()
    assert not breaker.allows()
    breaker.succeeded()
    assert breaker.allows()


def test_an_error_says_neither_address_nor_password() -> None:
    options = ElasticsearchOptions(("http://127.0.0.1:9",), user="kb", password="geheim")
    engine = ElasticsearchEngine(options)
    with pytest.raises(EngineError) as refused:
        engine.search(query("居住证"))
    engine.close()
    assert "127.0.0.1" not in str(refused.value)
    assert "geheim" not in repr(options)


def test_measuring_takes_an_index_of_its_own_and_leaves_nothing_behind(
    elasticsearch_url: str, tmp_path: Path
) -> None:
    choice = EngineChoice("elasticsearch", ElasticsearchOptions((elasticsearch_url,), "served", replicas=0))
    report = bench_search(150, encoder="none", queries=10, engine=choice)
    assert (report["engine"], report["points"]) == ("elasticsearch", 150)
    assert float(report["p95_ms"]) > 0
    corpus, queries = tmp_path / "corpus.jsonl", tmp_path / "queries.jsonl"
    corpus.write_text('{"id": "a", "title": "居住证申领", "body": "到窗口办理。"}\n', encoding="utf-8")
    queries.write_text('{"id": "q", "text": "居住证", "relevant": ["a"]}\n', encoding="utf-8")
    figures = evaluate_retrieval(corpus, queries, choice, "keyword", encoder="none")
    assert (figures["engine"], figures["keyword"]["recall@1"]) == ("elasticsearch", 1.0)
    with urlopen(f"{elasticsearch_url}/_cat/indices/served*?h=index") as left:
        assert left.read() == b""


def test_it_finds_as_much_as_the_embedded_engine_to_a_point(elasticsearch_url: str, tmp_path: Path) -> None:
    choice = EngineChoice("elasticsearch", ElasticsearchOptions((elasticsearch_url,), "served", replicas=0))
    evaluation_files.write(tmp_path, None)
    corpus, queries = tmp_path / "demo_corpus.jsonl", tmp_path / "demo_dev.jsonl"
    there = evaluate_retrieval(corpus, queries, choice)
    here = evaluate_retrieval(corpus, queries, EMBEDDED)
    assert (there["engine"], here["engine"], there["queries"]) == ("elasticsearch", "embedded", 206)
    for mode in ("keyword", "vector", "hybrid"):
        for figure in ("recall@5", "recall@10", "mrr@10"):
            assert abs(there[mode][figure] - here[mode][figure]) <= 0.01, (mode, figure, there, here)


@contextmanager
def started(home: Path) -> Iterator[ElasticsearchServer]:
    server = ElasticsearchServer(home, heap="512m")
    server.start()
    try:
        yield server
    finally:
        server.stop()


def test_a_server_killed_halfway_loses_nothing_that_was_applied(elasticsearch_home: Path) -> None:
    with started(elasticsearch_home) as server:
        options = ElasticsearchOptions((server.url,), replicas=0, search_s=30.0, pause_s=0.0)
        engine = ElasticsearchEngine(options, BigramEncoder())
        engine.apply(POINTS)

        def dies() -> Iterator[Change]:
            yield change(document("X", "不会出现"))
            server.kill()

        with pytest.raises(EngineError):
            engine.rebuild(dies(), list)
        with pytest.raises(EngineError):
            engine.apply([change(document("N1", "居住证新规"), seq=50)])
        with pytest.raises(EngineError):
            engine.search(query("居住证"))
        assert not engine.health().ready
        server.start()
        assert engine.apply([change(document("N1", "居住证新规"), seq=50)]) == 1
        assert len(engine.search(query("居住证", limit=50)).hits) == len(POINTS) + 1
        engine.close()
