"""What the panels in the sidebar of the 3D view share."""

import bpy


class Sidebar:
    """A panel's place: before bpy.types.Panel among its bases."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Facsimile"
    layout: bpy.types.UILayout
