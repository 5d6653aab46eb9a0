"""Lesson 6: what keeps everything from becoming one point."""

from pages._ui.lessons import collapsing, story

story.page(
    "without_negatives",
    story.Live(
        "Two runs, one of them collapses",
        "cover the maps with your hand and watch only the two losses. Would you have "
        "known which run is collapsing? Now look at the maps, and at what is kept.",
        collapsing.draw,
    ),
)
