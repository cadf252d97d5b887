"""The checkout as the package that it is inside Blender, so that its relative imports hold without Blender.

The root's __init__.py, which needs bpy, is not run.
"""

import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]

package = ModuleType("facsimile")
package.__path__ = [str(ROOT)]
sys.modules.setdefault("facsimile", package)
