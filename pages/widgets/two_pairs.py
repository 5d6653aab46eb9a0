"""Two pairs of views on a circle, with their NT-Xent."""

import math

from pages.widgets.palette import ANCHOR, GHOST, NEGATIVE, POSITIVE


def two_pairs(turn: float, temperature: float) -> tuple[str, str]:
    """Two images, two views each, as directions on a circle, and their NT-Xent.

    All four views stand alike here: one partner, one view opposite, one in between. So one
    anchor's loss is the batch's, and needs no torch; and a circle and four lines need no
    Plotly. The first page would wait for either.

    Args:
        turn: degrees between a view and its partner.
        temperature: tau > 0.

    Returns:
        A drawing as SVG, and what it shows in a sentence.
    """
    partner = math.cos(math.radians(turn))
    scores = [cosine / temperature for cosine in (partner, -1.0, -partner)]
    loss = math.log(sum(map(math.exp, scores))) - scores[0]
    half = turn / 2
    views = (
        _view(90 + half, ANCHOR, "anchor", "end", -12),
        _view(90 - half, POSITIVE, "its partner", "start", -12),
        _view(270 + half, NEGATIVE, "negative", "start", 26),
        _view(270 - half, NEGATIVE, "negative", "end", 26),
    )
    # Large bold letters, for one grey has to be read on a white page and on a dark one.
    letters = 'style="font: bold 19px sans-serif" fill="#7a828c"'
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-220 -135 440 270" {letters}>'
        f'<circle r="100" fill="none" stroke="{GHOST}"/>{"".join(views)}</svg>'
    )
    return drawing, _sentence(turn, temperature, loss)


def _view(angle: float, colour: str, role: str, side: str, below: float) -> str:
    """A line from the middle, a dot at its end, and what the view is."""
    x, y = 100 * math.cos(math.radians(angle)), -100 * math.sin(math.radians(angle))
    return (
        f'<path d="M0 0L{x:.1f} {y:.1f}" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{colour}"/>'
        f'<text x="{x:.1f}" y="{y + below:.1f}" text-anchor="{side}">{role}</text>'
    )


def _sentence(turn: float, temperature: float, loss: float) -> str:
    cosine = math.cos(math.radians(turn))
    nothing = math.log(3)
    verdict = "worse than knowing nothing" if loss > nothing else "below it"
    return (
        f"Partner at cosine {cosine:.2f}, temperature {temperature:.2f}: NT-Xent is "
        f"**{loss:.3f}** nats. If all four views coincided it would be log 3 = "
        f"{nothing:.3f}; this is {verdict}."
    )
