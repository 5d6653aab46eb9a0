"""The loss by hand: the canvas, and a comparison of its numbers with autograd.

The browser holds the points, and computes loss and arrows while the learner drags them
(``assets/components/by_hand``). When they stop, it sends its numbers. Python computes the same
with the core's loss and autograd, and compares.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from pages.shell import components, url_params
from pages.widgets import palette
from pages.widgets.loss_by_hand import arrangements
from pages.widgets.loss_by_hand.arrangements import KNOBS, URL_PARAMS, Arrangement
from pages.widgets.loss_by_hand.points import Point

TOLERANCE = 1e-5
_KEY = "by_hand_circle"

_mount = components.declare("ssl_lab_by_hand", "by_hand", styles=["by_hand"])


@dataclass
class State:
    """The arrangement of one session.

    Args:
        arrangement: the points on the canvas.
        link: their URL parameters.
        complaints: about the link, or about a message of the browser.
        revision: counts the changes by Python; the browser then takes over the points.
        verdict: result of the comparison with autograd, None before it.
    """

    arrangement: Arrangement
    link: dict[str, str]
    complaints: list[str] = field(default_factory=list)
    revision: int = 1
    verdict: dict[str, Any] | None = None

    def replace(self, arrangement: Arrangement) -> None:
        """Send other points to the browser."""
        self.arrangement, self.verdict = arrangement, None
        self.revision += 1


def state() -> State:
    """The session's state; takes over the points of a link that was opened since.

    Call it in a run of the whole page. In a run of a fragment the URL may be outdated, and
    would look like another link.
    """
    params = {n: st.query_params[n] for n in URL_PARAMS if n in st.query_params}
    current: State | None = st.session_state.get("by_hand")
    if current is None or (params and params != current.link):
        arrangement, complaints = arrangements.from_link(params)
        if current is None:
            current = st.session_state.by_hand = State(arrangement, params)
        else:
            current.replace(arrangement)
        current.complaints = complaints
    return current


def draw() -> None:
    """Draw the circle or sphere with its table, and update the URL."""
    current: State = st.session_state.by_hand
    _write_link(current)
    for complaint in current.complaints:
        url_params.complain(f"{complaint}.")
    _mount(
        key=_KEY,
        data={
            "revision": current.revision,
            "state": _fields(current.arrangement),
            "arrangements": arrangements.all_arrangements(),
            "limits": {"tau": [KNOBS["tau"].low, KNOBS["tau"].high, KNOBS["tau"].step]},
            "colours": {
                "anchor": palette.ANCHOR,
                "positive": palette.POSITIVE,
                "negative": palette.NEGATIVE,
            },
            "verdict": current.verdict,
        },
        on_moved_change=_on_moved,
    )


def autograd(arrangement: Arrangement) -> tuple[float, list[list[float]]]:
    """The core's NT-Xent of an arrangement, and its gradient, in float64.

    ``nt_xent`` normalises the points, so the gradient is tangential to circle or sphere.

    Returns:
        The loss in nats, and a vector for each of the 2N points.
    """
    import torch

    from ssl_core.methods.simclr import nt_xent

    z = torch.tensor(arrangement.points, dtype=torch.float64, requires_grad=True)
    loss = nt_xent(z[0::2], z[1::2], arrangement.tau)
    loss.backward()
    assert z.grad is not None
    return loss.item(), z.grad.tolist()


def compare_with_autograd(
    arrangement: Arrangement, loss: float, gradient: tuple[Point, ...]
) -> tuple[bool, str]:
    """Compare the browser's numbers with autograd's.

    Args:
        arrangement: of the points.
        loss: computed by the browser, in nats.
        gradient: computed by the browser, a vector for each point.

    Returns:
        Whether both differ by at most :data:`TOLERANCE`, and a sentence that says so.
    """
    true_loss, true_gradient = autograd(arrangement)
    loss_error = abs(loss - true_loss)
    gradient_error = max(
        abs(a - b)
        for vector, true_vector in zip(gradient, true_gradient, strict=True)
        for a, b in zip(vector, true_vector, strict=True)
    )
    if loss_error <= TOLERANCE and gradient_error <= TOLERANCE:
        return True, (
            f"autograd agrees: {true_loss:.4f} (difference {_format_error(loss_error)}; "
            f"in the arrows at most {_format_error(gradient_error)})"
        )
    return False, (
        f"autograd does not agree: it says {true_loss:.4f}, the page {loss:.4f}; the "
        f"arrows differ by up to {_format_error(gradient_error)}. "
        "Trust autograd, not this picture."
    )


def lowest_loss(images: int, tau: float, space: str) -> str:
    """A sentence with the loss of coinciding partners and images far apart.

    Args:
        images: N.
        tau: temperature.
        space: "circle" or "sphere".
    """
    best = Arrangement(images, tau, space, preset="perfect")
    loss, _ = autograd(best)
    where = f"N = {images} on the {space} at τ = {tau:g}"
    start = (
        f"For {where}, partners that coincide and images as far apart as they can be"
    )
    if loss > 1e-9:
        return f"{start} still cost **{loss:.4g}** nats."
    # Too small for log Σ exp − similarity in float64; log1p is exact.
    first, others = best.points[0], best.points[2:]
    cosines = (sum(a * b for a, b in zip(first, p, strict=True)) for p in others)
    loss = math.log1p(math.fsum(math.exp((c - 1) / tau) for c in cosines))
    return f"{start} still cost **{loss:.1e}** nats: next to nothing, but not 0."


def all_coincide(arrangement: Arrangement) -> bool:
    """Whether all points have visibly the same position."""
    first = arrangement.points[0]
    return all(math.dist(first, p) < 1e-3 for p in arrangement.points)


def _on_moved() -> None:
    """Check the points and numbers of the browser after the points have stopped."""
    current: State = st.session_state.by_hand
    message: Mapping[str, Any] = st.session_state[_KEY]["moved"]
    try:
        arrangement = arrangements.from_browser(message)
        gradient = arrangements.parse_vectors(
            "gradient",
            message.get("gradient"),
            arrangement.images,
            arrangement.space,
        )
        loss = float(message.get("loss", math.nan))
        agrees, text = compare_with_autograd(arrangement, loss, gradient)
    except (TypeError, ValueError, AttributeError) as error:
        current.complaints = [f"The browser sent invalid numbers: {error}"]
        return
    if current.complaints and arrangement != current.arrangement:
        current.complaints = []
    current.arrangement = arrangement
    stamp = str(message.get("stamp"))[:60]
    current.verdict = {"stamp": stamp, "agrees": agrees, "text": text}


def _write_link(current: State) -> None:
    current.link = arrangements.to_link(current.arrangement)
    for name in URL_PARAMS:
        url_params.write(name, current.link.get(name, ""))


def _format_error(error: float) -> str:
    return f"{error:.0e}" if error else "0"


def _fields(arrangement: Arrangement) -> dict[str, Any]:
    names = ("images", "tau", "space", "preset", "points")
    fields = {name: getattr(arrangement, name) for name in names}
    return fields | {"anchor": arrangement.anchor_row}
