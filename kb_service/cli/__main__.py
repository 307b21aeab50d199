"""`python -m kb_service.cli` is `kb`."""

from kb_service.cli import main

main()
