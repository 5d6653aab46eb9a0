"""Probes: what can be read from frozen features, beside what chance would give.

A feature that is NaN or infinite counts as 0: nothing can be read from it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

K_NEIGHBOURS = 20
KNN_TEMPERATURE = 0.1  # Wu et al. 2018 (0.07) and the MoCo demo (0.1)


def knn_accuracy(
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    k: int = K_NEIGHBOURS,
    temperature: float = KNN_TEMPERATURE,
) -> float:
    """Weighted k-nearest-neighbour accuracy on cosine similarity (Wu et al. 2018, 3.4).

    Args:
        train_features, test_features: ``[N, D]`` and ``[M, D]`` float.
        train_labels, test_labels: ``[N]`` and ``[M]`` int64 class indices.
        k: neighbours that vote, each with weight exp(similarity / temperature); at most N.
        temperature: tau > 0 of the votes.

    Returns:
        In [0, 1].

    Raises:
        ValueError: if there is nothing to compare, rows and labels do not pair up, or k or
            the temperature is out of range.
    """
    _require(train_features, train_labels, "training")
    _require(test_features, test_labels, "test")
    if k < 1:
        raise ValueError(f"k is {k}; allowed is at least 1")
    if not temperature > 0:
        raise ValueError(f"temperature is {temperature:g}; allowed is more than 0")
    bank = F.normalize(_readable(train_features), dim=1)
    classes = int(torch.maximum(train_labels.max(), test_labels.max())) + 1
    right = 0
    # In pieces, so that a large bank does not need an M x N matrix in memory.
    for features, labels in zip(
        test_features.split(1024), test_labels.split(1024), strict=True
    ):
        similarity = F.normalize(_readable(features), dim=1) @ bank.T
        nearest, index = similarity.topk(min(k, len(bank)), dim=1)
        votes = similarity.new_zeros(len(features), classes)
        votes.scatter_add_(1, train_labels[index], (nearest / temperature).exp())
        right += int((votes.argmax(1) == labels).sum())
    return right / len(test_labels)


def linear_probe(
    train_features: Tensor,
    train_labels: Tensor,
    test_features: Tensor,
    test_labels: Tensor,
    weight_decay: float = 1e-3,
    iterations: int = 40,
) -> float:
    """Accuracy of a linear classifier trained on frozen features.

    Multinomial logistic regression on standardised features, fitted by L-BFGS.

    Args:
        train_features, test_features: ``[N, D]`` and ``[M, D]`` float.
        train_labels, test_labels: ``[N]`` and ``[M]`` int64 class indices.
        weight_decay: L2 penalty on the weights.
        iterations: of L-BFGS.

    Returns:
        In [0, 1].

    Raises:
        ValueError: if there is nothing to compare or rows and labels do not pair up.
    """
    targets = {"label": (train_labels, test_labels)}
    scores = linear_probes(
        train_features, test_features, targets, weight_decay, iterations
    )
    return scores["label"]


def linear_probes(
    train_features: Tensor,
    test_features: Tensor,
    targets: dict[str, tuple[Tensor, Tensor]],
    weight_decay: float = 1e-3,
    iterations: int = 40,
) -> dict[str, float]:
    """:func:`linear_probe` for several targets at once, in one fit.

    Args:
        targets: name -> (training labels ``[N]``, test labels ``[M]``).

    Returns:
        name -> accuracy in [0, 1].
    """
    if not targets:
        return {}
    widths = []
    for train_labels, test_labels in targets.values():
        _require(train_features, train_labels, "training")
        _require(test_features, test_labels, "test")
        widths.append(int(torch.maximum(train_labels.max(), test_labels.max())) + 1)
    x, q = _standardised(_readable(train_features), _readable(test_features))
    weight = x.new_zeros(x.shape[1], sum(widths), requires_grad=True)
    bias = x.new_zeros(sum(widths), requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [weight, bias], max_iter=iterations, line_search_fn="strong_wolfe"
    )

    def closure() -> Tensor:
        optimizer.zero_grad()
        parts = (x @ weight + bias).split(widths, dim=1)
        labels = [train for train, _ in targets.values()]
        loss = sum(F.cross_entropy(p, t) for p, t in zip(parts, labels, strict=True))
        loss = loss + weight_decay * weight.square().sum()
        loss.backward()
        return loss

    with torch.enable_grad():
        optimizer.step(closure)
    with torch.no_grad():
        parts = (q @ weight + bias).split(widths, dim=1)
        return {
            name: (p.argmax(1) == test).float().mean().item()
            for (name, (_, test)), p in zip(targets.items(), parts, strict=True)
        }


def chance(test_labels: Tensor) -> float:
    """Accuracy of always naming the most frequent class, in [0, 1]."""
    return test_labels.bincount().max().item() / len(test_labels)


def _readable(features: Tensor) -> Tensor:
    return features.float().nan_to_num(0.0, posinf=0.0, neginf=0.0)


def _standardised(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    mean, std = train.mean(0), train.std(0).clamp(min=1e-6)
    return (train - mean) / std, (test - mean) / std


def _require(features: Tensor, labels: Tensor, which: str) -> None:
    if features.dim() != 2 or not len(features) or len(features) != len(labels):
        raise ValueError(
            f"{which} features have shape {tuple(features.shape)} for {len(labels)} labels; "
            "allowed is [N, D] with N labels, N at least 1"
        )
