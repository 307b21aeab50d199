"""What each feature adds to a hit, by the weights of the model that ranked it."""

from collections.abc import Mapping

from search.ranking.model import RankingModel


def contributions(features: Mapping[str, float], model: RankingModel) -> dict[str, float]:
    """Weight times value of each feature that the model weighs, the largest first. Before the comparison with the
    best candidate of each feature, so they tell what speaks for a hit rather than sum up to its score."""
    weights = {**model.weights, "official": model.official, "equality": model.equality}
    found = {
        name: round(weight * features[name], 4)
        for name, weight in weights.items()
        if weight and features.get(name)
    }
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))
