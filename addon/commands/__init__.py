"""The verbs of blender --command facsimile, one a file."""
