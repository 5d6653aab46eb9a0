"""Lesson 8: choosing augmentations is choosing a meaning."""

from pages.features.lessons import lesson_page, meaning

lesson_page.page(
    "meaning",
    lesson_page.Live(
        "Choose what shall be kept",
        "say first which views would keep what you want to ask for; then pick it, and see "
        "who keeps it best, in pictures and in sound.",
        meaning.draw,
    ),
)
