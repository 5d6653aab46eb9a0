"""The matrix inspector: a real batch, its similarity matrix, and one cell of it."""
