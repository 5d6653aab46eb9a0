"""How cores and GPUs of a cluster are divided among workers."""

from pathlib import Path

import pytest

from ssl_core.service import Service, Settings, worker_factory
from ssl_core.service.ray_worker import resource_shares


@pytest.mark.parametrize(
    ("cpus", "workers", "each"),
    [
        ([4], 1, 4),
        ([4], 3, 1),
        ([4, 4], 2, 4),
        ([3, 3], 3, 1),  # not 2: the third would find 1 and 1
        ([8, 2], 5, 2),
        ([0, 1, 1], 2, 1),
        ([2], 5, 1),  # three wait for their place
        ([], 2, 1),  # a cluster whose nodes are still to come
    ],
)
def test_each_worker_gets_as_many_cores_as_there_is_room_for(
    cpus: list[int], workers: int, each: int
) -> None:
    assert resource_shares([{"CPU": float(n)} for n in cpus], workers) == {
        "num_cpus": each
    }


@pytest.mark.parametrize(
    ("gpus", "workers", "cpus", "part"),
    [
        ([2, 2], 4, 4, 1.0),
        ([2, 2], 1, 8, 1.0),
        ([1, 1], 3, 4, 0.5),
        ([1], 3, 2, 0.3333),
        ([0, 1], 2, 4, 0.5),  # no worker goes where there is no GPU
    ],
)
def test_gpus_are_shared_if_there_are_too_few(
    gpus: list[int], workers: int, cpus: int, part: float
) -> None:
    nodes = [{"CPU": 8.0, "GPU": float(n)} for n in gpus]
    got = resource_shares(nodes, workers)
    assert got == {"num_cpus": cpus, "num_gpus": part}
    rooms = [n * int(1 / part + 1e-3) for n in gpus if n]
    assert sum(min(room, 8 // cpus) for room in rooms) >= workers


def test_a_missing_ray_is_reported_at_start_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(worker_factory, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install -r requirements-cluster.txt"):
        Service(tmp_path, Settings(backend="ray"), umap=False)


def test_a_missing_address_is_reported_at_start_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(worker_factory, "find_spec", lambda name: object())
    with pytest.raises(
        ValueError, match=r"CONTRASTIVE_RAY_ADDRESS is empty.*ray start"
    ):
        Service(tmp_path, Settings(backend="ray"), umap=False)
