"""Sound: the same code on spectrograms of spoken syllables."""

from pages.features.labs import lab_page, sound_cases
from pages.features.labs.lab import Lab
from pages.features.sound import query_recording, view_player
from ssl_core import probes
from ssl_core.augment import spectrograms
from ssl_core.data.sound import log_mel

lab_page.draw(
    Lab(
        slug="sound",
        question="Does it work for sound, too?",
        introduction=(
            "A spectrogram is a picture of a sound: time to the right, frequency upwards. "
            "Method, loss, loop, probes and map are the ones that you know; only the data "
            "and the augmentations are others. The mathematics is the same. What it comes "
            "to *mean* is what the views leave alone.",
            "Here eight drawn speakers say nine syllables. Two views of one clip share "
            "*what* was said and *who* said it, and, unless you change them, also pitch, "
            "loudness and noise. Listen to what is left, then let two encoders learn.",
        ),
        cases=sound_cases.CASES,
        curves=("knn", "said", "speaker"),
        draw_evidence=sound_cases.draw_evidence,
        caution=(
            "Masks and crops are not what decides here. If both views share the loudness, it "
            "finds the :green[partner], as colour does for pictures: without gain kNN is "
            "{sound|no gain|knn}, below the untrained {sound|all views|random_init}; with all "
            "views {sound|all views|knn}. The time mask even costs: without it, "
            "{sound|no time mask|knn}. And do not say that who speaks is forgotten: the probe "
            "*rises*, from {sound|all views|untrained_speaker} to "
            "{sound|all views|probe_speaker}, as no view turns one voice into another. In the "
            "playground voices get a faint mixup besides; after 600 steps it makes no "
            "difference that five seeds show: kNN {sound|and faint mixup|knn}. These are "
            "drawn syllables; what holds here need not hold for speech."
        ),
        code=(*spectrograms.ALL, log_mel, probes.linear_probes),
        more_links={
            "Voices in the playground": ("playground", {"data": "voices", "seed": "7"}),
            "Every augmentation, one by one": ("augmentations", {"data": "voices"}),
        },
        draw_before_prediction=view_player.draw,
        draw_after_evidence=query_recording.draw,
    )
)
