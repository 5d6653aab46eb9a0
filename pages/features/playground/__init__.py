"""The playground: sidebar, controls, and the viewer of a run."""
