"""For teachers: question sets, exports, own questions."""
