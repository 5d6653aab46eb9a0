"""Lesson 6: what keeps everything from becoming one point."""

from pages.features.lessons import lesson_page, without_negatives

lesson_page.page(
    "without_negatives",
    lesson_page.Live(
        "Two runs, one of them collapses",
        "cover the maps with your hand and watch only the two losses. Would you have "
        "known which run is collapsing? Now look at the maps, and at what is kept.",
        without_negatives.draw,
    ),
)
