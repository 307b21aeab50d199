"""A second process of the service that searches: one query a line in, the codes found a line out.

Usage: searching_process.py DATABASE_URL INDEX_FOLDER INSTANT
"""

import json
import sys
from datetime import datetime
from pathlib import Path

from kb_service.core.context import PUBLIC, Context
from kb_service.core.db import Database
from kb_service.knowledge.service.searching import SearchParams, search_points
from search.engines.embedded import EmbeddedEngine


def main() -> None:
    database = Database(sys.argv[1])
    engine = EmbeddedEngine(Path(sys.argv[2]))
    now = datetime.fromisoformat(sys.argv[3])
    for line in sys.stdin:
        with database.read() as session:
            found = search_points(
                session, Context(PUBLIC, now), engine, SearchParams(line.strip(), mode="keyword")
            )
        sys.stdout.write(json.dumps([hit.code for hit in found.hits]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
