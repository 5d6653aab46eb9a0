"""The commands, one file each.

``add_arguments(parser)`` declares the flags; ``prepare(args)`` refuses bad input with a
ValueError, writes nothing, and returns the work to do, whose result is the exit status.
"""
