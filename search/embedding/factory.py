"""From one setting to an encoder."""

from search.embedding.builtin import load_builtin
from search.embedding.ports import Encoder
from search.embedding.transformers import EncoderUnavailable, load_transformers

_TRANSFORMERS = "transformers:"


def make_encoder(setting: str) -> Encoder | None:
    """`builtin`, `transformers:<name or local path>`, or `none` for a service without vectors.

    Raises EncoderUnavailable where the encoder that was asked for cannot work here.
    """
    if setting == "none":
        return None
    if setting == "builtin":
        return load_builtin()
    if setting.startswith(_TRANSFORMERS) and setting != _TRANSFORMERS:
        return load_transformers(setting.removeprefix(_TRANSFORMERS))
    raise EncoderUnavailable(
        f"KB_ENCODER 的值“{setting}”无法识别：可用 builtin、none 或 transformers:模型名称或本地路径"
    )
