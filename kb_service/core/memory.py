"""The memory of a process that lives for months."""

import ctypes


def give_back_memory() -> None:
    """After a long piece of work: what it has freed stays with the process until the C library is told (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
