"""One file's bytes to one small square picture, whatever the file turns out to be."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from ssl_core.data.limits import Limits

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
GREY = 128  # what shows through transparent pixels
ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(data: bytes, size: int, limits: Limits) -> np.ndarray:
    """Decode, turn upright, shrink the short side to ``size`` and crop the centre.

    Of an animation the first frame is taken; transparent pixels show mid-grey.

    Args:
        data: a file's content.
        size: side of the result in pixels.
        limits: of which ``pixels`` is checked before anything is decoded.

    Returns:
        ``[3, size, size]`` uint8.

    Raises:
        ValueError: with the reason, in words for a learner.
    """
    if not data:
        raise ValueError("an empty file")
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return _small(image, size, limits)
    except UnidentifiedImageError:
        raise ValueError(f"its content is none of {', '.join(FORMATS)}") from None
    except Image.DecompressionBombError:
        raise ValueError(_too_many_pixels(limits)) from None
    except _Refused:
        raise
    # Decoders answer broken data with a dozen kinds of error, a SyntaxError among them.
    except Exception:
        raise ValueError("damaged or cut short") from None


class _Refused(ValueError):
    """A reason of our own, told apart from a decoder's ValueError."""


def _small(image: Image.Image, size: int, limits: Limits) -> np.ndarray:
    if image.width * image.height > limits.pixels:
        raise _Refused(_too_many_pixels(limits))
    # A JPEG can be decoded at 1/2, 1/4 or 1/8: twice the size wanted is plenty.
    image.draft(None, (2 * size, 2 * size))
    image.load()
    turn = UPRIGHT.get(_orientation(image))
    image = _square(_plain(image), size)
    if turn is not None:  # the centre square turns with its picture, and is small
        image = image.transpose(turn)
    return np.ascontiguousarray(_rgb(image).transpose(2, 0, 1))


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation; 1, upright, where there is none or it cannot be read.

    To be asked after loading, because a TIFF turns itself while it loads.
    """
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # broken EXIF says nothing about the pixels
        return 1


def _plain(image: Image.Image) -> Image.Image:
    """The same picture in a mode that can be resized: L, RGB, RGBA, I or F."""
    if image.mode in ("F", "I") or image.mode.startswith("I;16"):
        return image if image.mode in ("F", "I") else image.convert("I")
    if (
        "A" in image.getbands()
        or "a" in image.getbands()
        or "transparency" in image.info
    ):
        return image.convert("RGBA")
    if image.mode in ("1", "L"):
        return image.convert("L")
    return image.convert("RGB")


def _square(image: Image.Image, size: int) -> Image.Image:
    """The centre square, antialiased down (or up) to ``size``."""
    if image.size == (size, size):
        return image
    side = min(image.size)
    left, top = (image.width - side) / 2, (image.height - side) / 2
    return image.resize(
        (size, size),
        Image.Resampling.BICUBIC,
        box=(left, top, left + side, top + side),
        reducing_gap=3.0,
    )


def _rgb(image: Image.Image) -> np.ndarray:
    """``[H, W, 3]`` uint8 of a picture in one of the plain modes."""
    if image.mode in ("F", "I"):
        values = np.nan_to_num(np.asarray(image, dtype=np.float64))
        return np.repeat(_eight_bits(values, image.mode)[..., None], 3, axis=2)
    if image.mode == "RGBA":
        ground = Image.new("RGBA", image.size, (GREY, GREY, GREY, 255))
        image = Image.alpha_composite(ground, image)
    return np.asarray(image.convert("RGB"))


def _eight_bits(values: np.ndarray, mode: str) -> np.ndarray:
    """16-bit values to their high byte; anything else from its darkest to lightest."""
    if mode == "I" and values.min() >= 0 and values.max() <= 65535:
        scaled = values / 257
    else:
        low, high = values.min(), values.max()
        scaled = (values - low) / max(high - low, 1e-12) * 255
    return np.asarray(scaled.round(), dtype=np.uint8)


def _too_many_pixels(limits: Limits) -> str:
    return f"more than {limits.pixels / 1e6:g} million pixels"
