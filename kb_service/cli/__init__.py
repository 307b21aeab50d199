"""The `kb` command."""

import sys

from kb_service.cli.main import app


def main() -> None:
    from kb_service.cli.output import fail
    from kb_service.core.errors import KbError

    try:
        app()
    except KbError as error:
        fail(error, "--json" in sys.argv)
