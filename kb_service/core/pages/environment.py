"""A template environment that escapes everything and knows the words and the times."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context as TemplateContext

from kb_service.core.pages import times
from kb_service.core.pages.assets import AssetFolder
from kb_service.core.pages.strings import Strings


@pass_context
def _ago(values: TemplateContext, instant: datetime) -> str:
    return times.relative(instant, values["now"])


@pass_context
def _remaining(values: TemplateContext, due: datetime) -> str:
    return times.remaining(due, values["now"])


def make_environment(folder: Path, strings: Strings, assets: Mapping[str, AssetFolder]) -> Environment:
    """Templates call `t(key)` and `asset(folder, name)`; filters of time need `now` among their values."""

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
    made.filters.update(ago=_ago, remaining=_remaining, day=times.day, minute=times.minute, full=times.full)
    return made
