"""Lesson 4: how many negatives, and what they can say."""

from pages._ui.lessons import counting, story

story.page(
    "negatives",
    story.Live(
        "Count them",
        "set N to 2 and count the vermilion cells of the gold row. Then double N "
        "until a false negative is practically certain.",
        counting.draw,
    ),
)
