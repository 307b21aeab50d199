"""A small transformer made on the spot: a vocabulary of characters, random weights, a minute of training.

Only where `sentence-transformers` is installed; nothing is downloaded.
"""

from collections.abc import Sequence
from pathlib import Path

# Each is told apart from every other of its batch by its own title.
Pair = tuple[str, str]
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_STEPS, _BATCH, _LEARNING_RATE, _TEMPERATURE, _LONGEST = 150, 48, 2e-3, 0.05, 48


def make_model(folder: Path, pairs: Sequence[Pair], *, seed: int = 7) -> Path:
    """Writes a model that `SentenceTransformer(folder)` reads; `pairs` mean the same."""
    import torch
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder.mkdir(parents=True, exist_ok=True)
    characters = sorted({each for pair in pairs for text in pair for each in text if not each.isspace()})
    (folder / "vocab.txt").write_text("\n".join((*_SPECIAL, *characters)), encoding="utf-8")
    tokenizer = BertTokenizerFast(vocab=str(folder / "vocab.txt"), model_max_length=256)
    torch.manual_seed(seed)
    model = BertModel(
        BertConfig(
            vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4,
            intermediate_size=128, max_position_embeddings=256,
        )
    )  # fmt: skip
    _train(model, tokenizer, pairs)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _train(model, tokenizer, pairs: Sequence[Pair]) -> None:  # type: ignore[no-untyped-def]
    import torch

    chosen = torch.Generator().manual_seed(1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=_LEARNING_RATE)

    def mean(texts: list[str]):  # type: ignore[no-untyped-def]
        read = tokenizer(texts, padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt")
        mask = read["attention_mask"].unsqueeze(-1)
        summed = (model(**read).last_hidden_state * mask).sum(1) / mask.sum(1)
        return torch.nn.functional.normalize(summed, dim=1)

    model.train()
    for _ in range(_STEPS):
        batch = [pairs[at] for at in torch.randperm(len(pairs), generator=chosen)[:_BATCH].tolist()]
        likeness = mean([one for one, _ in batch]) @ mean([two for _, two in batch]).T / _TEMPERATURE
        loss = torch.nn.functional.cross_entropy(likeness, torch.arange(len(batch)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
