"""What all models share."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Frozen, closed to unknown fields: a document that says more than the schema is refused, not trimmed."""

    model_config = ConfigDict(frozen=True, extra="forbid")
