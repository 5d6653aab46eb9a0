"""The matrix inspector: a real batch, its matrix, and one cell of it."""
