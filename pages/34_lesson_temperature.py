"""Lesson 5: which negatives push, and how evenly."""

from pages.features.lessons import lesson_page, temperature

lesson_page.draw(
    "temperature",
    lesson_page.Exercise(
        heading="Who pushes this anchor?",
        task=(
            "guess which negatives are left pushing at τ = 0.04, then go there slowly. "
            "Look at their pictures: are they of the anchor's shape?"
        ),
        draw=temperature.draw,
    ),
)
