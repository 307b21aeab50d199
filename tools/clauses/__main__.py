"""Imports nothing at the top: the processes that run tests import this file before a rule is broken."""

import sys

if __name__ == "__main__":
    from tools.clauses.command import main

    sys.exit(main())
