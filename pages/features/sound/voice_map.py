"""A map of the held-out voices with the learner's own recording on it."""

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pages.widgets.audio import sound_urls
from pages.widgets.map import map_codec
from pages.widgets.map.map_canvas import draw_map, send_sprite_sheet
from pages.widgets.map.sprite_sheet import thumbnail_sheet

if TYPE_CHECKING:
    from torch import Tensor

    from ssl_core.data import SoundSet

COLOUR_FACTORS = ("said", "speaker")


@dataclass(frozen=True)
class _Factor:
    """A factor of the map; its value is NaN for the learner's own point."""

    kind: str
    values: np.ndarray
    names: tuple[str, ...]


def draw(sounds: "SoundSet", image: "Tensor", features: "Tensor", nearest: int) -> None:
    """Draw the map with the learner's recording selected.

    Args:
        sounds: M held-out voices.
        image: ``[1, 1, F, T]`` uint8, the recording.
        features: ``[M + 1, D]``, those of the recording last.
        nearest: number of neighbours of a point.
    """
    from ssl_core import embed

    key = f"own-{_digest(image)}"
    _send_images(key, sounds, image)
    sentence = (
        f"Your recording (ringed) among {len(sounds.images)} voices that no encoder has "
        "heard, in feature space, by PCA."
    )
    neighbours = embed.nearest(directions(features), nearest)
    frame = map_codec.encode_frame(embed.pca(features), neighbours) | {
        "frame_id": _digest(features),
        "state": "",
        "title": sentence,
        "alt": sentence,
        "chosen": len(sounds.images),
    }
    draw_map(key, frame, key="own_map", height=360)


def _digest(tensor: "Tensor") -> str:
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()[:12]


def _send_images(key: str, sounds: "SoundSet", image: "Tensor") -> None:
    # Not send_thumbnails: it caches for all users, and the recording is private.
    images = np.concatenate([sounds.images.numpy(), image.numpy()])
    sheet, tile, across = thumbnail_sheet(images)
    send_sprite_sheet(
        key,
        sheet,
        tile=tile,
        columns=across,
        factors={
            name: _Factor("class", _unknown_last(factor.values.numpy()), factor.names)
            for name in COLOUR_FACTORS
            if (factor := sounds.factors[name])
        },
        label=COLOUR_FACTORS[0],
        sounds=sound_urls.HELD_OUT_VOICES,
    )


def directions(features: "Tensor") -> "Tensor":
    """Unit vectors of the features, after the voices' mean is subtracted.

    All features share one large direction, which centring removes.

    Args:
        features: ``[M + 1, D]``, those of the recording last.
    """
    from torch.nn.functional import normalize

    return normalize(features - features[:-1].mean(0), dim=1)


def _unknown_last(values: np.ndarray) -> np.ndarray:
    return np.append(values.astype(np.float32), np.nan)
