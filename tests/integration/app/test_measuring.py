"""Claims about measuring the served product; how fast it is, is for `kb bench` to say."""

import json
import os
import subprocess
import sys
from pathlib import Path


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
