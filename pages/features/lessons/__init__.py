"""Lessons: the page, and the live part of each lesson."""
