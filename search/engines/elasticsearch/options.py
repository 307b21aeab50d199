"""What must be known of a cluster to use it."""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ElasticsearchOptions:
    """`urls` are the addresses of one cluster; `index` is the alias that is searched and the prefix of every name.

    `search_s` bounds one search as a whole, `write_s` one request of writing. After `failures` in a row the server
    is left alone for `pause_s`; `lease_s` is how long a rebuild that gives no sign of life keeps others waiting.
    """

    urls: tuple[str, ...]
    index: str = "kb"
    api_key: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    verify: bool = True
    shards: int = 1
    replicas: int = 1
    search_s: float = 2.0
    write_s: float = 60.0
    failures: int = 3
    pause_s: float = 10.0
    lease_s: float = 60.0
