"""Lesson 8: augmentations decide which factors the features keep."""

from pages.features.lessons import lesson_page, meaning

lesson_page.draw(
    "meaning",
    lesson_page.Exercise(
        heading="Choose what shall be kept",
        task=(
            "say first which views would keep what you want to ask for; then pick it, and see "
            "who keeps it best, in pictures and in sound."
        ),
        draw=meaning.draw,
    ),
)
