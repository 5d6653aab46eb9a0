"""The learner's own recording on the map of the voices that no encoder has heard."""

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

SHOWN = ("said", "speaker")  # what colours the points


@dataclass(frozen=True)
class _Known:
    """What a map takes as a factor; nothing is known of the learner's own point."""

    kind: str
    values: np.ndarray
    names: tuple[str, ...]


def draw(spoken: "SoundSet", image: "Tensor", features: "Tensor", nearest: int) -> None:
    """Draw the map, the own point chosen on it.

    Args:
        spoken: M voices.
        image: ``[1, 1, F, T]`` uint8, the own recording.
        features: ``[M + 1, D]``, the own one last.
        nearest: how many neighbours a point has.
    """
    from ssl_core.embed import pca

    key = f"own-{_named(image)}"
    _send_pictures(key, spoken, image)
    says = (
        f"Your recording (ringed) among {len(spoken.images)} voices that no encoder has "
        "heard, in feature space, by PCA."
    )
    frame = map_codec.encode_frame(pca(features), _neighbours(features, nearest)) | {
        "frame_id": _named(features),
        "state": "",
        "title": says,
        "alt": says,
        "chosen": len(spoken.images),
    }
    draw_map(key, frame, key="own_map", height=360)


def _named(tensor: "Tensor") -> str:
    return hashlib.sha256(tensor.numpy().tobytes()).hexdigest()[:12]


def _send_pictures(key: str, spoken: "SoundSet", image: "Tensor") -> None:
    # Not map_images_from: its cache is the server's, and the recording is the learner's.
    pictures = np.concatenate([spoken.images.numpy(), image.numpy()])
    sheet, tile, across = thumbnail_sheet(pictures)
    send_sprite_sheet(
        key,
        sheet,
        tile=tile,
        columns=across,
        factors={
            name: _Known("class", _unknown_last(factor.values.numpy()), factor.names)
            for name in SHOWN
            if (factor := spoken.factors[name])
        },
        label=SHOWN[0],
        sounds=sound_urls.HELD_OUT_VOICES,
    )


def _neighbours(features: "Tensor", nearest: int) -> np.ndarray:
    """The nearest rows of each row by cosine, the mean of the voices taken off."""
    from torch.nn.functional import normalize

    unit = normalize(features - features[:-1].mean(0), dim=1)
    alike = unit @ unit.T
    alike.fill_diagonal_(-2.0)
    rows: np.ndarray = alike.topk(nearest).indices.numpy()
    return rows


def _unknown_last(values: np.ndarray) -> np.ndarray:
    return np.append(values.astype(np.float32), np.nan)
