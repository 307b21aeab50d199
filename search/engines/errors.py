"""What an engine raises when it cannot do what it is asked."""


class EngineError(Exception):
    """The text says in Chinese what is wrong and what to do."""


class IndexDamagedError(EngineError):
    """The index on disk cannot be read; only a rebuild helps."""

    def __init__(self, what: str) -> None:
        super().__init__(f"检索索引无法读取（{what}），请运行 kb index rebuild 重建索引。")


class RebuildRunningError(EngineError):
    def __init__(self) -> None:
        super().__init__("另一个进程正在重建索引，请等它结束后再试。")
