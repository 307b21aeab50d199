"""Leaves in an npm lock only what an install needs: names, versions and hashes, no addresses."""

import json
import sys
from pathlib import Path


def main() -> None:
    path = Path(sys.argv[1])
    lock = json.loads(path.read_text(encoding="utf-8"))
    for entry in lock["packages"].values():
        for key in ("resolved", "funding"):
            entry.pop(key, None)
    path.write_text(json.dumps(lock, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
