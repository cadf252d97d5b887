"""The demo of build.py: the main job on two heads, through the extension as a user installs it."""
