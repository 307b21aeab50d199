"""The port behind which every embedding stands."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Makes vectors whose dot product is the cosine of two texts.

    `name` tells one model from another for good: an index built with another name must be rebuilt.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row a text, of unit length; a zero row for a text without any known token."""
        ...
