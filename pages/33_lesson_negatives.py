"""Lesson 4: how many negatives, and what they can say."""

from pages.features.lessons import lesson_page, negatives

lesson_page.page(
    "negatives",
    lesson_page.Live(
        "Count them",
        "set N to 2 and count the vermilion cells of the gold row. Then double N "
        "until a false negative is practically certain.",
        negatives.draw,
    ),
)
