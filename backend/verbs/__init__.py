"""The verbs of `python -m backend`: one module each, found by its name.

A verb module has SUMMARY, a line for the help; add_arguments(parser); and run(arguments), which returns the exit
status or raises Refusal. Its top level imports nothing heavy, so that the help is instant.
"""
