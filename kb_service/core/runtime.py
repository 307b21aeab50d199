"""The concrete parts of one running process, wired in `kb_service.app` and handed down."""

from dataclasses import dataclass

from kb_service.core.clock import Clock
from kb_service.core.crypto import FieldCipher
from kb_service.core.db import Database
from kb_service.core.settings import Settings
from search.ports import SearchEngine


@dataclass(frozen=True)
class Runtime:
    settings: Settings
    database: Database
    clock: Clock
    cipher: FieldCipher
    engine: SearchEngine
