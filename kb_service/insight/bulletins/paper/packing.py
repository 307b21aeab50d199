"""Parts into one file, without anything of the moment it was made at."""

import io
import zipfile
from collections.abc import Mapping

# The earliest instant a ZIP can name.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def packed(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP of the parts in their order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in parts.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            file.writestr(entry, body)
    return out.getvalue()


def parts_of(file: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(file)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}
