"""Lessons: the page, and the exercise of each lesson."""
