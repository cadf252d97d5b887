"""Facsimile: a face that acts, for any character.

Blender calls these two. Imports wait for it, because test runners import every package on their way, this one too.
"""


def register() -> None:
    from .addon import registration

    registration.register()


def unregister() -> None:
    from .addon import registration

    registration.unregister()
