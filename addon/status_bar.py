"""The status bar below all editors."""

import bpy


def show_status(text: str) -> None:
    """Show a text in the status bar in place of the keys; an empty one brings these back."""
    for workspace in bpy.data.workspaces:
        workspace.status_text_set(f"Facsimile   {text}" if text else None)
