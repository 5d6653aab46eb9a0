"""Lesson 8: choosing augmentations is choosing a meaning."""

from pages._ui.lessons import factors, story

story.page(
    "meaning",
    story.Live(
        "Choose what shall be kept",
        "say first which views would keep what you want to ask for; then pick it, and see "
        "who keeps it best, in pictures and in sound.",
        factors.draw,
    ),
)
