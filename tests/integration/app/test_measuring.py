"""Claims about measuring the served product; how fast it is, is for `kb bench` to say."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kb_service.cli.measuring import bench_search
from kb_service.core.errors import Invalid


def test_a_service_started_anew_answers_those_who_type_and_nothing_is_left_of_it(tmp_path: Path) -> None:
    asked = ["--points", "100", "--agents", "20", "--seconds", "5", "--encoder", "none", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "kb_service.cli", "bench", "service", *asked],
        env=os.environ | {"TMPDIR": str(tmp_path), "KB_VAR_DIR": str(tmp_path / "own")},
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert found["failed"] == 0
    assert min(found[name] for name in ("requests", "p50_ms", "p95_ms", "startup_s", "rss_mb")) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", ["hostile", "compare"])
@pytest.mark.parametrize("kept", [{"folder": Path("index")}, {"rebuild": False}])
def test_what_a_way_of_measuring_does_not_do_is_refused(way: str, kept: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="同用"):
        bench_search(points=200, **{way: True}, **kept)  # type: ignore[arg-type]
