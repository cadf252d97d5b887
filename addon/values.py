"""A single value of a data-block by its path, as an F-curve names it."""

import bpy


def read_value(owner: bpy.types.ID, path: str, index: int = 0) -> float:
    """A number, or one of an array, or a custom property. Raises ValueError or KeyError where it is gone."""
    holder, name, custom = holder_of(owner, path)
    value = holder[name] if custom else getattr(holder, name)
    return float(value if isinstance(value, (int, float)) else value[index])


def write_value(owner: bpy.types.ID, path: str, index: int, value: float) -> None:
    """Set it; what is gone is left alone. What it drives has to be told by the owner's update_tag."""
    try:
        holder, name, custom = holder_of(owner, path)
        kept = holder[name] if custom else getattr(holder, name)
    except (ValueError, KeyError):
        return
    if not isinstance(kept, (int, float)):
        kept[index] = value
    elif custom:
        holder[name] = value
    else:
        setattr(holder, name, value)


def holder_of(owner: bpy.types.ID, path: str) -> tuple[bpy.types.bpy_struct, str, bool]:
    """Who has it, under which name, and whether it is a custom property."""
    custom = path.endswith('"]')
    start = path.rindex('["') if custom else path.rfind(".")
    holder = owner.path_resolve(path[:start]) if start > 0 else owner
    name = bpy.utils.unescape_identifier(path[start + 2 : -2]) if custom else path[start + 1 :]
    return holder, name, custom
