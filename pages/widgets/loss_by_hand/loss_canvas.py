"""The loss by hand: points that the learner drags, and autograd as a second opinion.

The browser owns the points and computes loss and arrows while they move
(``assets/components/by_hand``). Once they rest it says what it found; here the same is
computed with the core's own loss and autograd, and the two are compared.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.shell import components, url_params
from pages.widgets import palette
from pages.widgets.loss_by_hand import arrangements
from pages.widgets.loss_by_hand.arrangements import KNOBS, LINK, Arrangement
from pages.widgets.loss_by_hand.points import Point

TOLERANCE = 1e-5
_KEY = "by_hand_circle"

_mount = components.declare("ssl_lab_by_hand", "by_hand", styles=["by_hand"])


@dataclass
class State:
    """What one learner has before them; ``revision`` counts what Python itself moved."""

    shown: Arrangement
    link: dict[str, str]
    complaints: list[str] = field(default_factory=list)
    revision: int = 1
    verdict: dict[str, Any] | None = None

    def lay(self, shown: Arrangement) -> None:
        """Put other points before the learner."""
        self.shown, self.verdict = shown, None
        self.revision += 1


def state() -> State:
    """The learner's bench; a link that was opened since lays its points on it.

    Call it where the whole page runs. While only the fragment runs, the browser's address
    may lag behind what the last run wrote there, and would look like another link.
    """
    asked = {n: st.query_params[n] for n in LINK if n in st.query_params}
    known: State | None = st.session_state.get("by_hand")
    if known is None or (asked and asked != known.link):
        shown, complaints = arrangements.from_link(asked)
        if known is None:
            known = st.session_state.by_hand = State(shown, asked)
        else:
            known.lay(shown)
        known.complaints = complaints
    return known


def draw() -> None:
    """Draw the circle or sphere with its table, and keep the link up to date."""
    now: State = st.session_state.by_hand
    _write_link(now)
    for complaint in now.complaints:
        url_params.complain(f"{complaint}.")
    _mount(
        key=_KEY,
        data={
            "revision": now.revision,
            "state": {**_fields(now.shown), "anchor": now.shown.anchor_row},
            "arrangements": arrangements.every(),
            "limits": {"tau": [KNOBS["tau"].low, KNOBS["tau"].high, KNOBS["tau"].step]},
            "colours": {
                "anchor": palette.ANCHOR,
                "positive": palette.POSITIVE,
                "negative": palette.NEGATIVE,
            },
            "verdict": now.verdict,
        },
        on_moved_change=_moved,
    )


def autograd(shown: Arrangement) -> tuple[float, list[list[float]]]:
    """The core's NT-Xent of an arrangement and its gradient, in float64.

    ``nt_xent`` normalises inside, so the gradient lies along the circle or sphere.
    """
    import torch

    from ssl_core.methods.simclr import nt_xent

    z = torch.tensor(shown.points, dtype=torch.float64, requires_grad=True)
    loss = nt_xent(z[0::2], z[1::2], shown.tau)
    loss.backward()
    assert z.grad is not None
    return loss.item(), z.grad.tolist()


def compare_with_autograd(
    shown: Arrangement, loss: float, gradient: tuple[Point, ...]
) -> tuple[bool, str]:
    """Whether the browser's numbers are autograd's, and the sentence that says so."""
    true_loss, true_gradient = autograd(shown)
    off = abs(loss - true_loss)
    off_gradient = max(
        abs(a - b)
        for mine, theirs in zip(gradient, true_gradient, strict=True)
        for a, b in zip(mine, theirs, strict=True)
    )
    if off <= TOLERANCE and off_gradient <= TOLERANCE:
        return True, (
            f"autograd agrees: {true_loss:.4f} (difference {_tiny(off)}; "
            f"in the arrows at most {_tiny(off_gradient)})"
        )
    return False, (
        f"autograd does not agree: it says {true_loss:.4f}, the page {loss:.4f}; the "
        f"arrows differ by up to {_tiny(off_gradient)}. Trust autograd, not this picture."
    )


def lowest_loss(images: int, tau: float, space: str) -> str:
    """What is left of the loss when every partner coincides, as a sentence."""
    best = Arrangement(images, tau, space, arrangement="perfect")
    loss, _ = autograd(best)
    where = f"N = {images} on the {space} at τ = {tau:g}"
    start = (
        f"For {where}, partners that coincide and images as far apart as they can be"
    )
    if loss > 1e-9:
        return f"{start} still cost **{loss:.4g}** nats."
    # Less than log Σ exp − similarity can tell; log1p can.
    first, others = best.points[0], best.points[2:]
    cosines = (sum(a * b for a, b in zip(first, p, strict=True)) for p in others)
    left = math.log1p(math.fsum(math.exp((c - 1) / tau) for c in cosines))
    return f"{start} still cost **{left:.1e}** nats: next to nothing, but not 0."


def coincide(shown: Arrangement) -> bool:
    """Whether all points stand in one place, to what an eye can see."""
    first = shown.points[0]
    return all(math.dist(first, p) < 1e-3 for p in shown.points)


def _moved() -> None:
    """The browser's points have come to rest: check them, and what it made of them."""
    now: State = st.session_state.by_hand
    sent: Mapping[str, Any] = st.session_state[_KEY]["moved"]
    try:
        shown = arrangements.from_browser(sent)
        gradient = arrangements.vectors(
            "gradient", sent.get("gradient"), shown.images, shown.space
        )
        loss = float(sent.get("loss", math.nan))
        agrees, text = compare_with_autograd(shown, loss, gradient)
    except (TypeError, ValueError, AttributeError) as error:
        now.complaints = [f"The browser sent what cannot be: {error}"]
        return
    if now.complaints and shown != now.shown:
        now.complaints = []
    now.shown = shown
    stamp = str(sent.get("stamp"))[:60]
    now.verdict = {"stamp": stamp, "agrees": agrees, "text": text}


def _write_link(now: State) -> None:
    now.link = arrangements.to_link(now.shown)
    for name in LINK:
        url_params.write(name, now.link.get(name, ""))


def _tiny(difference: float) -> str:
    return f"{difference:.0e}" if difference else "0"


def _fields(shown: Arrangement) -> dict[str, Any]:
    names = ("images", "tau", "space", "arrangement", "points")
    return {name: getattr(shown, name) for name in names}
