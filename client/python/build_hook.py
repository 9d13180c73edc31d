"""Lets hatchling generate what the package needs, where the server's sources are at hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class GenerateHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs generate.py; a source distribution brings the generated files along."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, str(Path(self.root)))
        import generate

        if (generate.ROOT / "proto").exists():
            generate.main([])
