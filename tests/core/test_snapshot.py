"""The labels in the snapshot of a batch."""

from pathlib import Path

import numpy as np

from ssl_core.data import ImageSet, load
from ssl_core.service.snapshot import read_snapshot, tick_line, write_snapshot
from ssl_core.train import Budget, RunConfig, Watch, fit


def snapshot_of(data: ImageSet, path: Path) -> Path:
    config = RunConfig(batch_size=6, device="cpu")
    watch = Watch(bank=20, asked=10, mapped=10)
    tick = list(fit(config, data=data, budget=Budget(steps=1), watch=watch))[-1]
    write_snapshot(path, tick, tick_line(tick, {}, False))
    return path


def test_labels_are_those_of_the_batch_s_rows(tmp_path: Path) -> None:
    data = load("shapes", count=60, held_out=10)
    shown = read_snapshot(snapshot_of(data, tmp_path / "latest.npz"))
    assert data.labels is not None and shown.labels is not None
    assert shown.labels.tolist() == data.labels[shown.batch_rows].tolist()


def test_a_set_without_classes_has_none(tmp_path: Path) -> None:
    data = load("shapes", count=60, held_out=10)
    unknown = ImageSet("unknown", data.images, split=data.split)
    assert read_snapshot(snapshot_of(unknown, tmp_path / "latest.npz")).labels is None


def test_a_snapshot_of_an_older_version_is_still_read(tmp_path: Path) -> None:
    data = load("shapes", count=60, held_out=10)
    path = snapshot_of(data, tmp_path / "latest.npz")
    with np.load(path, allow_pickle=False) as now:
        before = {name: now[name] for name in now.files if name != "labels"}
    np.savez(path, **before)
    shown = read_snapshot(path)
    assert shown.labels is None
    assert shown.similarity.shape == (12, 12)
