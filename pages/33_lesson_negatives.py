"""Lesson 4: how many negatives a batch has."""

from pages.features.lessons import lesson_page, negatives

lesson_page.draw(
    "negatives",
    lesson_page.Exercise(
        heading="Count them",
        task=(
            "set N to 2 and count the vermilion cells of the gold row. Then double N "
            "until a false negative is practically certain."
        ),
        draw=negatives.draw,
    ),
)
