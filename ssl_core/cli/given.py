"""What an experiment's arms are given to learn from: looked at before any work."""

from pathlib import Path

from ssl_core.data import SOURCES, load, medium_of
from ssl_core.experiments import Experiment


def giving(chosen: Experiment) -> str:
    """The option with which a learner gives what an experiment's arms learn from."""
    needs = {values.get("data") for values in chosen.arms.values()}
    return "--digits" if "digits" in needs else "--photos"


def checked(chosen: Experiment, text: str | None, option: str) -> str | None:
    """A source, or the path of a folder or zip, that the experiment can learn from.

    Args:
        chosen: the experiment.
        text: what was given, None for nothing.
        option: under which name it was given.

    Raises:
        ValueError: naming the option, its value and what is allowed.
    """
    if text is None:
        return None
    if giving(chosen) == "--digits":
        _require_speakers(text, option)
        return text
    require_pictures(text, option)
    return text


def require_pictures(text: str, option: str) -> None:
    """Refuse what holds no pictures.

    Raises:
        ValueError: naming the option, its value and what is allowed.
    """
    sources = [name for name, source in SOURCES.items() if source.medium == "pictures"]
    if text in sources:
        return
    if not Path(text).exists() or medium_of(text) != "pictures":
        raise ValueError(
            f"{option} is {text!r}; allowed are {', '.join(sources)}, or the path of a "
            "folder or zip of images"
        )
    try:
        load(text)
    except ValueError as refusal:
        raise ValueError(f"{option} is {text!r}: {refusal}") from None


def _require_speakers(text: str, option: str) -> None:
    from ssl_core.data.clips import clips
    from ssl_core.experiments.speakers import SPEAKERS

    allowed = (
        "allowed is a folder or zip of recordings <digit>_<speaker>_<take>.wav of "
        f"{', '.join(SPEAKERS)}"
    )
    if not Path(text).exists():
        raise ValueError(f"{option} is {text!r}; {allowed}")
    try:
        known = clips(text).factors.get("speaker")
    except ValueError as refusal:
        raise ValueError(f"{option} is {text!r}: {refusal}") from None
    if missing := set(SPEAKERS) - set(known.names if known else ()):
        raise ValueError(
            f"{option} is {text!r}, without {', '.join(sorted(missing))}; {allowed}"
        )
