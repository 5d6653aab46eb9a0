"""Lessons on screen: a question first, the text, something live, questions again."""
