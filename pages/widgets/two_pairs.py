"""Two pairs of views on a circle, with their NT-Xent."""

import math

from pages.widgets.palette import ANCHOR, NEGATIVE, NEUTRAL, POSITIVE


def two_pairs(angle: float, temperature: float) -> tuple[str, str]:
    """Two images, two views each, as directions on a circle, and their NT-Xent.

    All four views have the same cosines to the others, so the loss of one anchor is the loss
    of the batch. It is computed without torch, and drawn without Plotly, because the first
    page of the app should not wait for their imports.

    Args:
        angle: degrees between a view and its partner.
        temperature: tau > 0.

    Returns:
        A drawing as SVG, and a sentence that says what it shows.
    """
    partner_cosine = math.cos(math.radians(angle))
    cosines = (partner_cosine, -1.0, -partner_cosine)
    logits = [cosine / temperature for cosine in cosines]
    loss = math.log(sum(map(math.exp, logits))) - logits[0]
    half = angle / 2
    views = (
        _view(90 + half, ANCHOR, "anchor", "end", -12),
        _view(90 - half, POSITIVE, "its partner", "start", -12),
        _view(270 + half, NEGATIVE, "negative", "start", 26),
        _view(270 - half, NEGATIVE, "negative", "end", 26),
    )
    # Large and bold, because the same grey must be readable on a white and a dark page.
    font = 'style="font: bold 19px sans-serif" fill="#7a828c"'
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-220 -135 440 270" {font}>'
        f'<circle r="100" fill="none" stroke="{NEUTRAL}"/>{"".join(views)}</svg>'
    )
    return drawing, _sentence(partner_cosine, temperature, loss)


def _view(angle: float, colour: str, role: str, anchor: str, shift: float) -> str:
    """A line from the centre, a dot at its end, and the role of the view.

    Args:
        angle: in degrees, anticlockwise from the right.
        colour: of line and dot.
        role: text beside the dot.
        anchor: SVG's ``text-anchor``, "start" or "end".
        shift: of the text, in pixels downwards.
    """
    x, y = 100 * math.cos(math.radians(angle)), -100 * math.sin(math.radians(angle))
    return (
        f'<path d="M0 0L{x:.1f} {y:.1f}" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}"/>'
        f'<text x="{x:.1f}" y="{y + shift:.1f}" text-anchor="{anchor}">{role}</text>'
    )


def _sentence(cosine: float, temperature: float, loss: float) -> str:
    chance = math.log(3)
    comparison = "worse than knowing nothing" if loss > chance else "below it"
    return (
        f"Partner at cosine {cosine:.2f}, temperature {temperature:.2f}: NT-Xent is "
        f"**{loss:.3f}** nats. If all four views coincided it would be log 3 = "
        f"{chance:.3f}; this is {comparison}."
    )
