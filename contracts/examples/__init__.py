"""A content that passes and one that does not, for every type; exported beside this file as whole commands."""

from collections.abc import Mapping
from typing import Any

from contracts.examples import accounting, erasing, handoffs, intervention, investigation, post, register, reintegration

_MODULES = (handoffs, intervention, investigation, reintegration, register, accounting, erasing, post)
VALID: Mapping[str, Mapping[str, Any]] = {name: said for module in _MODULES for name, said in module.VALID.items()}
INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    name: wrong for module in _MODULES for name, wrong in module.INVALID.items()
}
