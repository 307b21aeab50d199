"""Checks that the migrations make the tables of the code, or writes the migration that is missing.

Usage: python -m tools.migrations check | new NAME
"""

import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.util import CommandError

from kb_service.core.db import Database
from kb_service.core.migrations import config, head, upgrade


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'kb.db'}")
        try:
            upgrade(database)
            if sys.argv[1:] == ["check"]:
                command.check(config(database.url))
            elif len(sys.argv) == 3 and sys.argv[1] == "new":
                number = f"{int(head()) + 1:04}"
                command.revision(config(database.url), message=sys.argv[2], autogenerate=True, rev_id=number)
            else:
                sys.exit(__doc__)
        except CommandError as error:
            sys.exit(f"{error}")
        finally:
            database.dispose()


if __name__ == "__main__":
    main()
