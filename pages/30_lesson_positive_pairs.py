"""Lesson 1: what makes two pictures a pair."""

from pages.features.lessons import lesson_page, positive_pairs

lesson_page.page(
    "positive_pairs",
    lesson_page.Live(
        "Two views, made as you watch",
        "switch everything off but Crop and roll a few times. What do both views of "
        "a row still share? Each answer is a cue that the encoder may use. Then "
        "switch one cue off.",
        positive_pairs.draw,
    ),
)
