"""Lesson 5: who pushes, and how evenly."""

from pages._ui.lessons import pushing, story

story.page(
    "temperature",
    story.Live(
        "Who pushes this anchor?",
        "guess which negatives are left pushing at τ = 0.04, then go there slowly. "
        "Look at their pictures: are they of the anchor's shape?",
        pushing.draw,
    ),
)
