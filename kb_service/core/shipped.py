"""YAML that ships inside a package. What people write is read with its places, by `regulations.yaml_text`."""

from importlib import resources
from typing import Any

import yaml

# Written in C wherever the library was built with it: the catalogues are a hundred kilobytes at each start.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def shipped_yaml(package: str, name: str) -> Any:
    return parse(resources.files(package).joinpath(name).read_text("utf-8"))


def parse(text: str) -> Any:
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 -- safe, both of them
