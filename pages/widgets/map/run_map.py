"""The map of one run: its pictures, and the frame that it stands at."""

from pages.shell import resources, user_runs
from pages.widgets.audio import sound_urls
from pages.widgets.map import map_codec, map_stream
from pages.widgets.map.map_canvas import live_map, map_images_from
from ssl_core.data import medium_of
from ssl_core.service import MapSet


def send_images(run: str) -> MapSet | None:
    """Send thumbnails and factors of a run's map, once per run; shows nothing.

    Call it outside the fragments that refresh themselves.

    Returns:
        What was sent, None if the run has no map yet.
    """
    known = resources.service().map_set(run)
    if known is not None:
        sounds = _sounds_of(run)
        map_images_from(run, known.images, known.factors, known.label, sounds)
    return known


def draw(
    run: str, key: str, waiting: str, *, layout: str = "pca", height: int | None = None
) -> None:
    """Draw a run's map; it follows the run by itself until the run ends.

    Args:
        run: a run that the learner may see.
        key: names this map on its page.
        waiting: title of the map before its first frame.
        layout: "pca" or "umap".
        height: of the canvas in CSS pixels; the canvas's own default if left out.
    """
    active = resources.service().status(run).state in user_runs.ACTIVE
    frame = map_stream.frame(run, layout) or map_codec.empty(waiting)
    follows = active or not frame["over"]
    size = {} if height is None else {"height": height}
    live_map(
        run,
        frame,
        key=key,
        feed=map_stream.address(run, layout) if follows else None,
        **size,
    )


def _sounds_of(run: str) -> str | None:
    """Where the map's points can be heard, None if they are pictures."""
    source = str(resources.service().status(run).config.get("data"))
    return sound_urls.sounds_of_run(run) if medium_of(source) == "sound" else None
