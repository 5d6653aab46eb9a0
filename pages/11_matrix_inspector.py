"""Matrix inspector: one cell of a real batch, from dot product to gradient."""

import streamlit as st

from pages.features.matrix_inspector import batch_source, inspector, presets
from pages.widgets import source_code
from ssl_core import similarity

CAUTION = (
    "- **A row full of high cosines is not a wrong row.** The softmax sees only "
    "differences within a row: add the same amount to all of its cells and neither loss "
    "nor gradient moves.\n"
    "- **The diagonal is no information.** In pictures that leave it in, it is 1 for the "
    "best and for the worst encoder alike.\n"
    "- **The matrix is symmetric, the loss is not.** The mirrored cell has the same "
    "cosine, but another row to compete with, and so another weight and another push.\n"
    "- **A share of the loss is one way to count.** The loss is a log of a sum; we split "
    "it in the proportion of the sum's terms, which is also how the push divides.\n"
    "- **A large gradient is not yet a large turn.** Two vectors that almost coincide "
    "hardly turn, however hard they are pushed: hence the length on the sphere."
)
EQUATION = r"""
\begin{aligned}
\texttt{logit}_{ij} &= \texttt{cosine}_{ij} / \texttt{temperature} \\[4pt]
\texttt{weight}_{ij} &= \frac{\exp \texttt{logit}_{ij}}
{\sum_{k \ne i} \exp \texttt{logit}_{ik}} \\[4pt]
\texttt{loss}_i &= -\log \texttt{weight}_{i,\,\texttt{partner}(i)} \\[4pt]
\frac{\partial\, \texttt{loss}_i}{\partial\, \texttt{cosine}_{ij}} &=
\frac{\texttt{weight}_{ij} - [\,j = \texttt{partner}(i)\,]}{\texttt{temperature}}
\end{aligned}
"""

st.title("What does one cell of the matrix do to the loss?", anchor=False)
st.markdown(
    "A batch of N images becomes 2N views, and every view is compared with every other: "
    "2N × 2N cells, all of them real numbers of a real batch. Each row belongs to one "
    ":orange[anchor], which must find its :green[positive] among the others; all the rest "
    "are its :red[negatives]. **Choose a cell** and see what it does."
)
st.markdown(
    "The diagonal compares a view with itself. It would always win, and says nothing, so it "
    "is struck out. The :green[positives] stand right beside it, because the two views of "
    "an image (1a and 1b) are neighbours here: a good encoder makes just those cells stand "
    "out."
)

batch = batch_source.choose()
# Not st.stop(): the router still has to store the learner's progress.
if batch is not None:
    st.caption(batch.description)
    inspector.draw(batch)
    st.subheader("Careful", anchor=False)
    st.markdown(CAUTION)
    st.subheader("As an equation", anchor=False)
    st.latex(EQUATION)
    st.subheader("Worth seeing once", anchor=False)
    presets.draw()
    with st.expander("The code that ran", icon=":material/code:"):
        source_code.draw(similarity)
