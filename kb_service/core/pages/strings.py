"""A catalogue of the words a surface shows: YAML files of one folder, looked up by dotted keys."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kb_service.core.shipped import parse


class UnknownString(KeyError):
    """A key that the catalogue lacks: a programming error."""


class Strings:
    """`strings("desk.title", city="云溪市")`; the first part of a key is the name of a file."""

    def __init__(self, folder: Path) -> None:
        self._texts = {
            key: text
            for path in sorted(folder.glob("*.yaml"))
            for key, text in _flatten(path.stem, parse(path.read_text("utf-8")))
        }

    def __call__(self, key: str, /, **values: object) -> str:
        try:
            text = self._texts[key]
        except KeyError:
            raise UnknownString(key) from None
        return text.format(**values) if values else text

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def keys(self) -> frozenset[str]:
        return frozenset(self._texts)

    def under(self, prefix: str) -> dict[str, str]:
        """All texts below a key, by the rest of their keys, in the order of the file."""
        start = f"{prefix}."
        return {key.removeprefix(start): text for key, text in self._texts.items() if key.startswith(start)}


def _flatten(prefix: str, node: Any) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for key, below in node.items():
            yield from _flatten(f"{prefix}.{key}", below)
    else:
        yield prefix, str(node)
