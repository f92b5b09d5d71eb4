from __future__ import annotations

from typing import Any

import pytest
from review_support import Client, application, parser
from sqlalchemy import Engine

from critparse.review.store import connect, migrate

schemathesis = pytest.importorskip("schemathesis")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server without accounts that holds a trial with a decision and a correction."""
    engine: Engine = connect(str(tmp_path_factory.mktemp("fuzz") / "review.db"))
    migrate(engine)
    found = application(engine, parser())
    client = Client(found)
    trial = client.submitted()
    edit = {"change": "kind", "criterion": "E1", "to": "inclusion"}
    client.post(f"/v1/trials/{trial['trial']['id']}/corrections", {"version": 1, "edit": edit})
    yield found
    engine.dispose()


@pytest.fixture(scope="module")
def schema(app: Any) -> Any:
    """The API's own description."""
    return schemathesis.openapi.from_asgi("/v1/openapi.json", app)
