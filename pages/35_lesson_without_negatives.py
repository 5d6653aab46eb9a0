"""Lesson 6: what prevents collapse without negatives."""

from pages.features.lessons import lesson_page, without_negatives

lesson_page.draw(
    "without_negatives",
    lesson_page.Exercise(
        heading="Two runs, one of them collapses",
        task=(
            "cover the maps with your hand and watch only the two losses. Would you have "
            "known which run is collapsing? Now look at the maps, and at what is kept."
        ),
        draw=without_negatives.draw,
    ),
)
