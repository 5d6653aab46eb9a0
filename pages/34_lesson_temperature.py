"""Lesson 5: who pushes, and how evenly."""

from pages.features.lessons import lesson_page, temperature

lesson_page.page(
    "temperature",
    lesson_page.Live(
        "Who pushes this anchor?",
        "guess which negatives are left pushing at τ = 0.04, then go there slowly. "
        "Look at their pictures: are they of the anchor's shape?",
        temperature.draw,
    ),
)
