"""The picture of the augmentations page: bundled, uploaded, or from the camera."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from pages.shell import resources
from pages.shell.once_per_file import once_per_file
from ssl_core.data.shapes import shapes

SIDE = 128


@dataclass(frozen=True)
class Photograph:
    """A photograph from scikit-learn, with the attribution that its licence requires.

    Args:
        file: its name in ``sklearn.datasets``.
        author: name on Flickr.
        page: where the author published it.
    """

    file: str
    author: str
    page: str

    @property
    def credit(self) -> str:
        """Author, licence and changes, as Markdown."""
        return (
            f"Photograph: [{self.author}]({self.page}), [CC BY 2.0]({CC_BY}), cropped and "
            "scaled down."
        )


CC_BY = "https://creativecommons.org/licenses/by/2.0/"
FLICKR = "https://www.flickr.com/photos"
PHOTOGRAPHS = {
    "Flower": Photograph("flower.jpg", "vultilion", f"{FLICKR}/vultilion/6056698931/"),
    "Temple": Photograph(
        "china.jpg", "danielbuechele", f"{FLICKR}/danielbuechele/6061409035/"
    ),
}


def choose() -> Tensor:
    """Let the learner choose a bundled picture, an upload or the camera.

    Returns:
        ``[1, 3, S, S]`` uint8.
    """
    return _load_picture().unsqueeze(0)


def _load_picture() -> Tensor:
    kinds = ["Shape", *PHOTOGRAPHS, "Upload", "Camera"]
    kind = (
        st.segmented_control(
            "Picture", kinds, default="Shape", key="picture", persist_state="session"
        )
        or "Shape"
    )
    if kind == "Shape":
        return _load_shape()
    if photograph := PHOTOGRAPHS.get(kind):
        st.caption(photograph.credit)
        return _load_photo(photograph.file)
    file = (
        st.file_uploader(
            "An image", type=["png", "jpg", "jpeg", "webp"], key="one_image"
        )
        if kind == "Upload"
        else st.camera_input("Your camera", key="camera")
    )
    sandbox = resources.service().sandbox
    if file is None:
        sandbox.warm_up()
        return _load_shape()
    try:
        pixels = once_per_file(file, lambda data: sandbox.decode_picture(data, SIDE))
        return torch.from_numpy(pixels)
    except ValueError as error:
        st.error(f"{file.name}: {error}", icon=":material/broken_image:")
        return _load_shape()


@st.cache_data(max_entries=4, show_spinner=False)
def _shape_pixels() -> np.ndarray:
    data = shapes(count=64, held_out=8, size=SIDE, seed=3)
    stars = (data.factors["shape"].values == 3).nonzero()
    return data.images[stars[0, 0]].numpy()


def _load_shape() -> Tensor:
    return torch.from_numpy(_shape_pixels())


@st.cache_data(max_entries=4, show_spinner=False)
def _photo_pixels(name: str) -> np.ndarray:
    from sklearn.datasets import load_sample_image

    pixels = load_sample_image(name)
    side = min(pixels.shape[:2])
    top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
    square = torch.from_numpy(pixels[top : top + side, left : left + side].copy())
    small = torch.nn.functional.interpolate(
        square.permute(2, 0, 1).unsqueeze(0).float(),
        SIDE,
        mode="bilinear",
        antialias=True,
    )
    return small[0].round().clamp(0, 255).byte().numpy()


def _load_photo(name: str) -> Tensor:
    return torch.from_numpy(_photo_pixels(name))
