"""Claims about the measuring itself; how fast things are is for `kb bench` to say."""

from pathlib import Path

from search.bench.corpus import make_changes, make_queries
from search.bench.measure import bench_search

FIGURES = {
    "p50_ms",
    "p95_ms",
    "cpu_p50_ms",
    "cpu_p95_ms",
    "points_per_s",
    "visible_p95_ms",
    "rss_mb",
    "startup_s",
    "build_s",
    "rebuild_s",
}


def test_a_small_bench_reports_every_figure_of_the_budget_and_asks_again_what_is_kept(tmp_path: Path) -> None:
    said: list[str] = []
    report = bench_search(200, encoder="none", queries=30, folder=tmp_path / "bench", say=said.append)
    assert report.keys() >= FIGURES
    assert all(float(report[name]) > 0 for name in FIGURES)
    assert report["points"] == 200
    assert said
    again = bench_search(200, encoder="none", queries=30, folder=tmp_path / "bench")
    assert float(again["p95_ms"]) > 0
    assert "build_s" not in again
    assert "build_s" in bench_search(
        300, encoder="none", queries=30, folder=tmp_path / "bench", rebuild=False
    )


def test_the_same_number_makes_the_same_point_and_queries() -> None:
    assert list(make_changes(3, first=40)) == list(make_changes(43))[40:]
    assert make_queries(50, 60) == make_queries(50, 60)


def test_the_corpus_is_as_the_budget_describes_it() -> None:
    changes = list(make_changes(1_500))
    policies = [change for change in changes if change.documents[0].type == "policy"]
    bodies = sorted(len(change.documents[0].body) for change in changes if change not in policies)
    assert {len(change.documents) for change in policies} == {20}
    assert 0.03 < len(policies) / len(changes) < 0.07
    assert 180 <= bodies[len(bodies) // 2] <= 220
    assert all(len(change.documents[0].questions) == 3 for change in changes)
    assert all(2 <= len(text) <= 20 for text in make_queries(1_500, 500))
