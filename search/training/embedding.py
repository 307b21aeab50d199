"""Training the static embedding: a table of token vectors, so that texts that belong together lie together."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.embedding.builtin import save_model
from search.embedding.tokens import TokenTable
from search.training import kernels
from search.training.own import own_sources
from search.training.sources import Source, What, collected_sources, law_sources, read_laws
from search.training.spectral import token_directions
from search.training.texts import Bags, TextPool, choose_vocabulary, make_bags

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How it is trained. `buckets` rows are shared by all tokens outside the vocabulary."""

    dimensions: int = 256
    vocabulary: int = 40_000
    buckets: int = 24_000
    steps: int = 2_500
    batch: int = 512
    rate: float = 0.002
    temperature: float = 0.05
    token_drop: float = 0.15
    spectral_texts: int = 60_000
    spectral_share: float = 0.8
    random_share: float = 0.6


@dataclass(frozen=True, slots=True)
class NumberedSource:
    name: str
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    negative: NDArray[np.int64]


def train_embedding(
    data_dir: Path,
    out: Path,
    *,
    seed: int = 7,
    what: What = "shipping",
    recipe: Recipe | None = None,
    points: Path | None = None,
    progress: Progress = print,
) -> dict[str, int | str]:
    """Write to `out` a model trained on the data in `data_dir` (the folder that the setting KB_DATA names).

    `shipping` takes statutes, pairs with an open licence and the project's own texts alone; `all` every collected
    pair, to see what more data would bring: what it makes must not ship. `points` is a folder of import files
    (JSONL) whose texts are the project's own. The same seed, data and machine give the same bytes.
    """
    recipe = recipe or Recipe()
    rng = random.Random(seed)
    laws = read_laws(data_dir)
    sources = [
        *collected_sources(data_dir, what),
        *law_sources(laws, rng),
        *own_sources(laws, points, rng),
    ]
    for source in sources:
        progress(f"{source.name}: {len(source.pairs)} pairs, {len(source.negatives)} with hard negatives")
    pool = TextPool()
    numbered = [_number(source, pool, rng) for source in sources]
    texts = pool.texts
    vocabulary = choose_vocabulary(texts, recipe.vocabulary)
    table = TokenTable(vocabulary, recipe.buckets)
    progress(f"{len(texts)} texts, {len(vocabulary)} tokens known")
    bags = make_bags(texts, table)
    vectors = _start(bags, recipe, np.random.default_rng(seed))
    progress("starting point ready")
    weights = np.array([source.weight for source in sources])
    _train(vectors, bags, numbered, weights / weights.sum(), recipe, seed, progress)
    save_model(out, vocabulary, recipe.buckets, vectors)
    return {
        "what": what,
        "seed": seed,
        "pairs": sum(len(source.pairs) for source in sources),
        "texts": len(texts),
        "tokens": len(vocabulary),
        "dimensions": recipe.dimensions,
        "bytes": out.stat().st_size,
    }


def _number(source: Source, pool: TextPool, rng: random.Random) -> NumberedSource:
    left, right, negative = [], [], []
    for one, two in source.pairs:
        left.append(pool.add(one))
        right.append(pool.add(two))
        others = source.negatives.get(one)
        negative.append(pool.add(rng.choice(others)) if others else -1)
    return NumberedSource(source.name, np.array(left), np.array(right), np.array(negative))


def _start(bags: Bags, recipe: Recipe, rng: np.random.Generator) -> NDArray[np.float32]:
    held = bags.document_frequency()
    rarity = np.log((len(bags.indptr) + 1) / (held + 1)).astype(np.float32)
    matrix = bags.matrix()
    chosen = rng.permutation(matrix.shape[0])[: recipe.spectral_texts]
    sample = matrix[np.sort(chosen)]
    sample = sample.multiply(rarity[None, :]).tocsr()
    lengths = np.sqrt(sample.multiply(sample).sum(axis=1)).A1
    sample = sample.multiply(1.0 / np.maximum(lengths, 1e-9)[:, None]).tocsr().astype(np.float32)
    directions = token_directions(sample, recipe.dimensions, rng)
    noise = rng.standard_normal(directions.shape).astype(np.float32) / np.sqrt(recipe.dimensions)
    start = recipe.spectral_share * directions + recipe.random_share * noise
    scaled: NDArray[np.float32] = (start * rarity[:, None] / rarity.mean()).astype(np.float32)
    return scaled


def _train(
    vectors: NDArray[np.float32],
    bags: Bags,
    sources: Sequence[NumberedSource],
    chances: NDArray[np.float64],
    recipe: Recipe,
    seed: int,
    progress: Progress,
) -> None:
    rng = np.random.default_rng(seed + 1)
    first, second = np.zeros_like(vectors), np.zeros_like(vectors)
    running = 0.0
    for step in range(1, recipe.steps + 1):
        source = sources[int(rng.choice(len(sources), p=chances))]
        rows = rng.permutation(len(source.left))[: recipe.batch]
        negatives = source.negative[rows]
        negatives = negatives[negatives >= 0]
        texts = np.concatenate([source.left[rows], source.right[rows], negatives])
        indptr, ids, weights = kernels.gather_batch(
            bags.indptr, bags.ids, bags.weights, texts, seed * 1_000_003 + step, recipe.token_drop
        )
        sums = kernels.sum_bags(indptr, ids, weights, vectors)
        loss, gradient = contrast(sums, source.left[rows], texts[len(rows) :], recipe.temperature)
        touched, starts, members, values = kernels.group_by_token(indptr, ids, weights, len(vectors))
        rate = recipe.rate * min(1.0, step / 50) * max(0.05, 1.0 - step / recipe.steps)
        kernels.adam_step(vectors, first, second, touched, starts, members, values, gradient, rate, step)
        running = 0.98 * running + 0.02 * loss if step > 1 else loss
        if step % 100 == 0:
            progress(f"step {step} of {recipe.steps}: loss {running:.3f}")


def contrast(
    sums: NDArray[np.float32], left: NDArray[np.int64], others: NDArray[np.int64], temperature: float
) -> tuple[float, NDArray[np.float32]]:
    """InfoNCE both ways and its gradient by the sums.

    `sums` holds the n left texts, then the n right ones, then hard negatives, which only left texts see. A
    candidate that is the same text as the true one is no negative.
    """
    count = len(left)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    lengths = np.maximum(lengths, 1e-6)
    unit = sums / lengths
    scores = (unit[:count] @ unit[count:].T) / temperature
    right = others[:count]
    same = right[:, None] == others[None, :]
    same |= np.pad(left[:, None] == left[None, :], ((0, 0), (0, len(others) - count)))
    np.fill_diagonal(same, False)
    scores[same] = -1e4
    forward = _softmax(scores)
    backward = _softmax(scores[:, :count].T).T
    diagonal = np.arange(count)
    loss = -0.5 * float(
        np.log(forward[diagonal, diagonal] + 1e-12).mean()
        + np.log(backward[diagonal, diagonal] + 1e-12).mean()
    )
    forward[diagonal, diagonal] -= 1.0
    backward[diagonal, diagonal] -= 1.0
    slope = forward
    slope[:, :count] += backward
    slope *= 0.5 / (count * temperature)
    toward = np.concatenate([slope @ unit[count:], slope.T @ unit[:count]])
    gradient = (toward - unit * np.sum(toward * unit, axis=1, keepdims=True)) / lengths
    return loss, np.ascontiguousarray(gradient, dtype=np.float32)


def _softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    raised = np.exp(scores - scores.max(axis=1, keepdims=True))
    share: NDArray[np.float32] = raised / raised.sum(axis=1, keepdims=True)
    return share
