"""Makes, mends and removes the backend's environment. Nothing here knows of Blender, and nothing runs unasked.

A plan says what would happen, a worker carries it out in a thread of its own, and only an environment that has passed
the backend's own self-test is marked as finished.
"""
