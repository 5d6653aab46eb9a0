"""Augmentations: two views of one picture or sound, and each augmentation alone."""

import streamlit as st

from pages.features.augmentations import picture_picker
from pages.features.playground import notices, sidebar_values
from pages.widgets import augmented_views, count_button, source_code, tiles
from pages.widgets.palette import ANCHOR, NEUTRAL, POSITIVE
from ssl_core.augment import AUGMENTATIONS, Policy, offered

st.title("Augmentations", anchor=False)
sound = sidebar_values.medium() == "sound"
item = "sound" if sound else "picture"
st.markdown(
    f"A :orange[view] and its :green[partner] come from one {item}. Whatever the switches "
    "in the sidebar may change, the encoder learns to **ignore**; whatever they leave alone, "
    "it may use. Move them and look."
)
notices.draw()

if sound:
    from pages.features.augmentations import clip_picker
    from pages.widgets.audio import spectrogram

    images = clip_picker.choose()
else:
    images = picture_picker.choose()
seed = count_button.draw(
    "Roll the dice again",
    "roll",
    "roll_seed",
    icon=":material/casino:",
    type="primary",
)
policy = Policy.of(sidebar_values.values()["augment"])

st.subheader("All switches together: two views", anchor=False)
views = augmented_views.two_views(images, policy, seed)
columns = st.columns(3)
captions = (f"The {item}", ":orange[**One view**]", ":green[**Its partner**]")
alts = (
    "The spectrogram of the sound." if sound else "The original picture.",
    *(
        f"View {v}: {augmented_views.params_text(params)}"
        for v, params in zip("AB", views.params, strict=True)
    ),
)
for column, view, caption, colour, alt in zip(
    columns,
    [views.original, *views.images],
    captions,
    (NEUTRAL, ANCHOR, POSITIVE),
    alts,
    strict=True,
):
    with column:
        if sound:
            levels = view[:, :, 0].copy()
            spectrogram.draw_picture(levels, colour, alt)
            st.markdown(caption)
            spectrogram.draw_levels_player(levels, f"{alt} Made audible.")
        else:
            st.image(tiles.data_url(view), width="stretch", alt=alt)
            st.markdown(caption)
on = ", ".join(a.label for a in policy.augmentations) or "nothing"
st.caption(f"On: {on}. Seed {seed}: the same seed rolls the same dice.")
if sound:
    st.caption(
        "What you hear is made from what you see (Griffin-Lim); a spectrogram has lost "
        "the fine structure of a sound, so it comes out a little hoarse."
    )
with st.expander("The dice that made these views", icon=":material/casino:"):
    st.dataframe(
        augmented_views.params_table(views.params),
        hide_index=True,
        alt="Every random number behind the two views",
    )

st.subheader("Each one alone", anchor=False)
st.caption(
    "At the strength set in the sidebar; its own default where it is switched off."
)
examples = augmented_views.each_augmentation_alone(
    images, sidebar_values.strengths(), seed
)
across = 3 if sound else 6
for start in range(0, len(examples), across):
    for column, tile in zip(
        st.columns(across), examples[start : start + across], strict=False
    ):
        with column:
            alt = f"{tile.label}: {tile.params}"
            if sound:
                spectrogram.draw_picture(tile.image[:, :, 0].copy(), NEUTRAL, alt)
            else:
                st.image(tiles.data_url(tile.image), width="stretch", alt=alt)
            st.markdown(f"**{tile.label}**")
            st.caption(tile.params)

st.subheader("The code that ran", anchor=False)
slug = st.selectbox(
    "Augmentation",
    list(offered(sidebar_values.medium())),
    key="source_of",
    persist_state="session",
    format_func=lambda s: AUGMENTATIONS[s].label,
)
source_code.draw(AUGMENTATIONS[slug])
