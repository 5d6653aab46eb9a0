"""The quiz on screen: one question at a time, progress, results, what teachers get."""
