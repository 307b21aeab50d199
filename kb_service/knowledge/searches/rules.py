"""Which questions the base answers badly. Pure."""

import re
from datetime import timedelta
from typing import Final

from kb_service.core import personal

LONGEST: Final = 200
TOP: Final = 5
KEEP: Final = timedelta(days=190)
KEEP_USE: Final = timedelta(days=1100)
CHANNELS: Final = ("desk", "api")


def kept(question: str) -> str:
    """The question as it may be kept: personal values starred out, spaces made one, cut to LONGEST."""
    return re.sub(r"\s+", " ", personal.mask_said(question)).strip()[:LONGEST]
