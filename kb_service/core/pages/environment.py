"""A template environment that escapes everything and knows the words and the times."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from kb_service.core.pages import times
from kb_service.core.pages.assets import AssetFolder
from kb_service.core.pages.strings import Strings


def make_environment(folder: Path, strings: Strings, assets: Mapping[str, AssetFolder]) -> Environment:
    """Templates call `t(key)` and `asset(folder, name)`; what is relative to now is handed `now`."""

    def asset(name: str, file: str) -> str:
        return assets[name].url(file)

    made = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    functions: dict[str, Any] = {"t": strings, "asset": asset}
    made.globals.update(functions)
    made.filters.update(
        ago_at=times.relative,
        remaining_at=times.remaining,
        day=times.day,
        minute=times.minute,
        full=times.full,
    )
    return made
