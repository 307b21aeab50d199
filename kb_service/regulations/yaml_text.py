"""A strict reading of YAML that remembers on which line each value stands.

Stricter than YAML 1.1: only true and false are switches (not yes, no, on, off), 24:00 stays text,
and a key that comes twice is an error rather than a silent overwrite.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import yaml

YamlPath = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?\d+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}


class YamlError(ValueError):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(frozen=True)
class YamlText:
    """`lines` gives the line (from 1) of each value by its path."""

    data: Any
    lines: dict[YamlPath, int]

    def line(self, path: YamlPath) -> int:
        """The line of a value, or of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read_yaml(text: str) -> YamlText:
    """Raises YamlError where the text is not YAML, or has a key twice or a date that does not exist."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise YamlError(f"不是有效的YAML：{error.problem or error.context}", line) from error
    except yaml.YAMLError as error:
        raise YamlError(f"不是有效的YAML：{error}", 1) from error
    reader = _Reader()
    data = None if root is None else reader.value(root, ())
    return YamlText(data, reader.lines)


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[YamlPath, int] = {}
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: YamlPath) -> Any:
        line = node.start_mark.line + 1
        if id(node) in self._seen:
            raise YamlError("不支持锚点和引用（& 与 *），请把内容写全", line)
        self._seen.add(id(node))
        self.lines[path] = line
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, index)) for index, each in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        assert isinstance(node, yaml.ScalarNode)
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = str(key_node.value), key_node.start_mark.line + 1
            if key in found:
                before = self.lines[(*path, key)]
                raise YamlError(f"“{key}”写了两次（前一次在第{before}行），请只保留一处", line)
            found[key] = self.value(value_node, (*path, key))
            self.lines[(*path, key)] = line
        return found


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError as error:
            raise YamlError(f"没有{text}这一天", node.start_mark.line + 1) from error
    return text
