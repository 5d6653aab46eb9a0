"""Lesson 1: what makes two pictures a pair."""

from pages._ui.lessons import story, views

story.page(
    "positive_pairs",
    story.Live(
        "Two views, made as you watch",
        "switch everything off but Crop and roll a few times. What do both views of "
        "a row still share? Each answer is a cue that the encoder may use. Then "
        "switch one cue off.",
        views.draw,
    ),
)
