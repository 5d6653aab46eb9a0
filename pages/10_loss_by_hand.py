"""The loss by hand: drag embeddings and see what NT-Xent wants from each of them."""

import streamlit as st

from pages._ui import learner, source
from pages._ui.by_hand import bench, words

st.title("What does the loss want from each point?", anchor=False)
learner.remember()
st.markdown(
    "SimCLR's loss sees no picture, only directions. These points are the embeddings of "
    "a few images, two views each, and you may put them where you like. Every view in "
    "turn is the :orange[anchor]: it must pick its :green[partner] among all the others, "
    "the :red[negatives] included."
)
st.markdown(
    "Drag a point, and watch the loss and the arrows: they are minus its gradient, the "
    "way each point would take in training. Click a point to make it the anchor. When "
    "the points rest, PyTorch's autograd computes the same from the code below."
)
bench.bench()


@st.fragment
def lab() -> None:
    """Everything that follows the points."""
    words.prediction()
    bench.circle()
    words.careful()


lab()

st.subheader("Places worth seeing", anchor=False)
words.gallery()
st.caption(
    "The address bar holds points, τ and N: copy the link to share what you made."
)

st.subheader("The same in symbols", anchor=False)
symbols, arrows = st.columns(2, gap="large")
with symbols:
    st.markdown(
        "**The loss**, in the code's names: `z` has unit rows, *p* is a softmax."
    )
    st.latex(words.SYMBOLS)
with arrows:
    st.markdown("**The arrow** that point *k* adds at point *i*.")
    st.latex(words.ARROWS)
    st.markdown(
        "*p* appears twice: *k* is a candidate of *i*, and *i* one of *k*. The last "
        "factor keeps only what can move a unit vector: the part along the circle."
    )
with st.expander("The code that ran: nt_xent", icon=":material/code:"):
    # Late, like all of the core that draws in torch.
    from ssl_core.methods.simclr import nt_xent

    source.show(nt_xent)
