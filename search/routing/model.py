"""A trained model: one linear sum for each label, made probabilities by a softmax fitted on held-out rows."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from search.routing.features import BLOCKS, Block, read

FORMAT = 1
SHIPPED = Path(__file__).parent / "model" / "fields-v1.npz"
_KEPT = 4


class ModelError(ValueError):
    """A file that is no routing model of this version; the message is for users."""


@dataclass(frozen=True)
class Guess:
    label: str
    probability: float


@dataclass(frozen=True)
class RoutingModel:
    """`weights` has one array a block, of terms by labels. `about` tells what the model was trained on."""

    labels: tuple[str, ...]
    blocks: tuple[Block, ...]
    weights: tuple[NDArray[np.float16], ...]
    bias: NDArray[np.float32]
    about: dict[str, Any]

    def probabilities(self, text: str) -> NDArray[np.float64]:
        """One for each label; they sum to 1 whatever the text."""
        normal = read(text)
        logits = self.bias.astype(np.float64)
        for block, weights in zip(self.blocks, self.weights, strict=True):
            places, values = block.vector(normal)
            logits += values.astype(np.float64) @ weights[places].astype(np.float64)
        raised = np.exp(logits - logits.max())
        shares: NDArray[np.float64] = raised / raised.sum()
        return shares

    def guess(self, text: str, most: int = 2) -> list[Guess]:
        """The likeliest labels, best first; equal ones in the order of the labels."""
        shares = self.probabilities(text)
        order = np.argsort(-shares, kind="stable")[:most]
        return [Guess(self.labels[at], float(shares[at])) for at in order]

    def telling(self, text: str, label: str, most: int = 3) -> list[str]:
        """The words of the text that speak most for a label, against the mean of all labels."""
        block, weights = self.blocks[0], self.weights[0]
        places, values = block.vector(read(text))
        rows = weights[places].astype(np.float64)
        spoken = values * (rows[:, self.labels.index(label)] - rows.mean(axis=1))
        names = {at: term for term, at in block.terms.items() if at in set(places.tolist())}
        best = np.argsort(-spoken, kind="stable")[:most]
        return [names[int(places[at])] for at in best if spoken[at] > 0]


def save_model(model: RoutingModel, path: Path) -> None:
    """Arrays and JSON only, so that reading it back runs nothing; equal models give equal bytes."""
    blocks = [{"name": block.name, "weight": block.weight} for block in model.blocks]
    header = {"format": FORMAT, "labels": model.labels, "blocks": blocks, "about": model.about}
    arrays: dict[str, NDArray[Any]] = {
        "header": _bytes(json.dumps(header, ensure_ascii=False)),
        "bias": model.bias,
    }
    for block, weights in zip(model.blocks, model.weights, strict=True):
        arrays[f"{block.name}.terms"] = _bytes("\n".join(block.terms))
        arrays[f"{block.name}.idf"] = block.idf.astype(np.float16)
        arrays[f"{block.name}.weights"] = weights
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def load_model(path: Path) -> RoutingModel:
    """Raises ModelError where the file is none or is damaged."""
    try:
        # Opened here: the library leaves the file open where it finds no archive in it.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            header = json.loads(stored["header"].tobytes())
            _require_format(header, path)
            blocks, weights = [], []
            for each in header["blocks"]:
                name = each["name"]
                terms = stored[f"{name}.terms"].tobytes().decode().split("\n")
                idf = stored[f"{name}.idf"].astype(np.float32)
                blocks.append(
                    Block(name, float(each["weight"]), {term: at for at, term in enumerate(terms)}, idf)
                )
                weights.append(stored[f"{name}.weights"])
            model = RoutingModel(
                tuple(header["labels"]), tuple(blocks), tuple(weights), stored["bias"], header["about"]
            )
    except ModelError:
        raise
    except (OSError, KeyError, TypeError, ValueError, EOFError, BadZipFile) as error:
        raise ModelError(f"{path.name} 不是分派模型文件，请用 kb train routing 重新训练。") from error
    _check(model, path)
    return model


def _require_format(header: dict[str, Any], path: Path) -> None:
    if header["format"] != FORMAT:
        raise ModelError(f"{path.name} 是另一版本的分派模型，请用 kb train routing 重新训练。")


def _check(model: RoutingModel, path: Path) -> None:
    labels = len(model.labels)
    fits = model.bias.shape == (labels,) and labels > 0
    for block, weights in zip(model.blocks, model.weights, strict=True):
        rows = len(block.terms)
        fits = (
            fits and block.name in BLOCKS and block.idf.shape == (rows,) and weights.shape == (rows, labels)
        )
    if not fits:
        raise ModelError(f"{path.name} 已损坏，请用 kb train routing 重新训练。")


def opened(path: Path) -> RoutingModel:
    """The model of a file, read once for as long as the file stays as it is. Raises ModelError."""
    try:
        stamp = path.stat()
    except OSError as error:
        raise ModelError(f"没有分派模型文件 {path.name}。") from error
    return _opened(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=_KEPT)
def _opened(path: Path, _changed: int, _size: int) -> RoutingModel:
    return load_model(path)


def shares(model: RoutingModel, texts: Sequence[str]) -> NDArray[np.float64]:
    """Probabilities of many texts, one row each."""
    rows = [model.probabilities(text) for text in texts]
    return np.vstack(rows) if rows else np.zeros((0, len(model.labels)))
