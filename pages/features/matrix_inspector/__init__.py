"""The matrix inspector: a batch, its similarity matrix, and one cell of it."""
