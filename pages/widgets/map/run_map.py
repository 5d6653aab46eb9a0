"""The map of one run: its pictures and its current frame."""

from pages.shell import resources, user_runs
from pages.widgets.audio import sound_urls
from pages.widgets.map import map_codec, map_stream
from pages.widgets.map.map_canvas import draw_map, send_thumbnails
from ssl_core.data import medium_of
from ssl_core.service import MapSet


def send_images(run: str) -> MapSet | None:
    """Send thumbnails and factors of a run's map; draws nothing visible.

    Call it once per run, outside the fragments that refresh the page.

    Returns:
        The map set that was sent; None if the run has no map yet.
    """
    map_set = resources.service().map_set(run)
    if map_set is not None:
        send_thumbnails(
            run, map_set.images, map_set.factors, map_set.label, _sounds_url(run)
        )
    return map_set


def draw(
    run: str, key: str, placeholder: str, *, layout: str = "pca", height: int = 420
) -> None:
    """Draw a run's map; the browser updates it until the run ends.

    Args:
        run: a run that the learner may see.
        key: of this map on its page.
        placeholder: title of the map before its first frame.
        layout: "pca" or "umap".
        height: of the canvas in CSS pixels.
    """
    active = resources.service().status(run).state in user_runs.ACTIVE
    frame = map_stream.next_frame(run, layout) or map_codec.empty_frame(placeholder)
    is_live = active or not frame["over"]
    draw_map(
        run,
        frame,
        key=key,
        frames_url=map_stream.frames_url(run, layout) if is_live else None,
        height=height,
    )


def _sounds_url(run: str) -> str | None:
    """URL of the points' sounds; None if they are pictures."""
    data = str(resources.service().status(run).config.get("data"))
    return sound_urls.sounds_of_run(run) if medium_of(data) == "sound" else None
