"""Text as people type it: what no keyboard types is dropped before anything keeps it."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

# Control characters and halves of surrogate pairs; PostgreSQL refuses some of them.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _typed(value: Any) -> Any:
    return _UNSEEN.sub("", value) if isinstance(value, str) else value


Typed = Annotated[str, BeforeValidator(_typed)]
