"""What may never travel, in any tier (docs/field.md 4): a field that would carry it is refused by a name of its own.

Contracts are closed, so such a field would be refused anyway; this says why, and where it belongs.
"""

from collections.abc import Mapping
from types import MappingProxyType

WHY: Mapping[str, str] = MappingProxyType(
    {
        "account": "The child's account stays with who heard it: say the allegation as a code.",
        "recording": "A recording or photograph stays with its custodian: send a pointer and its hash.",
        "findings": "Clinical findings stay in the medical file: say that the exam was done, and point to its report.",
        "address": "No address travels, a shelter's least of all: name the office that knows it.",
        "reporter": "Who reported stays with who took the report: the accused's institution may read this.",
        "notes": "Notes of a therapy, or of anybody, are free text: say a code, and name the office to ask.",
    }
)
_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("account", "statement", "testimony", "narrative", "disclosure", "story"), "account"),
        **dict.fromkeys(("video", "audio", "photo", "photos", "photograph", "photographs", "image"), "recording"),
        **dict.fromkeys(("findings", "finding", "diagnosis", "injuries", "injury", "clinical", "symptoms"), "findings"),
        **dict.fromkeys(("address", "street", "location", "coordinates", "telephone", "phone"), "address"),
        **dict.fromkeys(("reporter", "reported", "informant", "witness"), "reporter"),
        **dict.fromkeys(("notes", "note", "text", "comment", "remarks", "description", "therapy"), "notes"),
    }
)


def why(field: str) -> str | None:
    """Why a field of this name may never travel; None if nothing of the kind is in its name."""
    words = field.lower().replace("-", "_").split("_")
    return next((WHY[_WORDS[word]] for word in words if word in _WORDS), None)
