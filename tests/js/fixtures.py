"""What the core computes, for the tests of the browser's modules to compare with.

``python -m tests.js.fixtures`` writes the files; a test of the app says when they are old.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pages.widgets.map.map_codec import as_base64, encode_frame
from ssl_core.methods.simclr import nt_xent

FOLDER = Path(__file__).parent / "fixtures"


def made() -> dict[str, Any]:
    """File name -> content."""
    return {
        "frames.json": frames(),
        "float32.json": float32(),
        "losses.json": losses(),
    }


def frames() -> list[dict[str, Any]]:
    """Frames of a map as Python packs them, with the positions and neighbours in them."""
    found = []
    for seed, (points, k, scale) in enumerate([(1, 0, 1.0), (7, 3, 1e-3), (90, 6, 40)]):
        numbers = np.random.default_rng(seed)
        xy = numbers.normal(size=(points, 2)).round(6) * scale
        neighbours = numbers.integers(0, points, (points, k))
        found.append(
            {
                "frame": encode_frame(xy, neighbours),
                "xy": xy.tolist(),
                "neighbours": neighbours.tolist(),
            }
        )
    return found


def float32() -> dict[str, Any]:
    """Special values; their texts, because JSON has no NaN."""
    values = np.array([0, -0.0, 1.5, -3e38, 1e-45, np.nan, np.inf, -np.inf], "<f4")
    texts = [str(float(v)).replace("inf", "Infinity") for v in values]
    return {"packed": as_base64(values, "<f4"), "texts": texts}


def losses() -> list[dict[str, Any]]:
    """Unit vectors with the core's NT-Xent and autograd's gradient, in float64."""
    found = []
    for seed in range(16):
        images, dimensions = 2 + seed % 3, 2 + seed % 2
        tau = (0.05, 0.1, 0.2, 0.5, 1.0)[seed % 5]
        numbers = torch.Generator().manual_seed(seed)
        start = torch.randn(
            (2 * images, dimensions), generator=numbers, dtype=torch.float64
        )
        if seed % 4 == 1:  # partners coincide
            start[1::2] = start[0::2]
        if seed % 8 == 3:  # all points coincide
            start[:] = start[0]
        z = torch.nn.functional.normalize(start).requires_grad_(True)
        # It normalises inside, so the gradient lies along the circle or sphere.
        loss = nt_xent(z[0::2], z[1::2], tau)
        loss.backward()
        assert z.grad is not None
        gradient = z.grad.tolist()
        found.append(
            {"points": z.tolist(), "tau": tau, "loss": loss.item()}
            | {"gradient": gradient}
        )
    return found


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, content in made().items():
        (FOLDER / name).write_text(json.dumps(content) + "\n", encoding="utf-8")
