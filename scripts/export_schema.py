"""Write the JSON Schema of the document that critparse produces, from the models, to ``docs/schema.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from critparse.schema import SCHEMA_VERSION, ParsedTrial

TARGET = Path(__file__).resolve().parent.parent / "docs" / "schema.json"


class _Complete(GenerateJsonSchema):
    """Requires every field: critparse writes them all, if only as null."""

    def field_is_required(self, *_: Any, **__: Any) -> bool:
        return True


def schema() -> dict[str, Any]:
    """The JSON Schema of a :class:`ParsedTrial` as critparse writes it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:critparse:schema:{SCHEMA_VERSION}",
        **ParsedTrial.model_json_schema(mode="serialization", schema_generator=_Complete),
    }


def rendered() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(rendered(), encoding="utf-8")
    print(f"wrote {TARGET}")
