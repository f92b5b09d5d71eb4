from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from review_support import Client, application, parser
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)

from critparse.review.store import connect, migrate

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A server without accounts that holds a trial with a decision and a correction."""
    engine = connect(str(tmp_path_factory.mktemp("fuzz") / "review.db"))
    migrate(engine)
    found = application(engine, parser())
    client = Client(found)
    trial = client.submitted()
    edit = {"change": "kind", "criterion": "E1", "to": "inclusion"}
    client.post(f"/v1/trials/{trial['trial']['id']}/corrections", {"version": 1, "edit": edit})
    yield found
    engine.dispose()


def described() -> list[Any]:
    """The operations of the API by its own description."""
    app = application(connect(str(Path(tempfile.gettempdir()) / "never-opened.db")), parser())
    found = schemathesis.openapi.from_dict(app.openapi())
    return [operation.ok() for operation in found.get_all_operations()]


def aim(case: Any, app: Any) -> None:
    """Let half of what is drawn be about the trial that there is, at its present version."""
    if isinstance(case.path_parameters, dict) and "id" in case.path_parameters and case.path_parameters["id"] % 2:
        case.path_parameters["id"] = 1
        trial = Client(app).get("/v1/trials/1").json()
        if isinstance(case.body, dict) and "version" in case.body:
            case.body["version"] = trial["trial"]["version"]
            edit = case.body.get("edit")
            if isinstance(edit, dict):
                criteria = trial["document"]["criteria"]  # removed and merged by what was drawn before
                if criteria:
                    edit["criterion"] = criteria[len(edit["criterion"]) % len(criteria)]["id"]
        if "fingerprint" in case.path_parameters:
            case.path_parameters["fingerprint"] = trial["findings"][0]["fingerprint"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation", described(), ids=lambda operation: operation.label)
def test_whatever_is_sent_gets_an_answer_of_the_described_shape(operation: Any, mode: Any, app: Any) -> None:
    """Requests made from the API's own description, sound or not: no 5xx, and every answer is as described."""

    @settings(max_examples=30, database=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            aim(case, app)
        sent = case.as_transport_kwargs(base_url="http://localhost")
        names = ("params", "json", "data", "files", "cookies")
        options = {name: sent[name] for name in names if sent.get(name) is not None}
        if isinstance(options.get("data"), bytes | str):
            options["content"] = options.pop("data")
        options["headers"] = {name: value for name, value in sent["headers"].items() if name.lower() != "host"}
        client = Client(app)
        client.cookies.update(options.pop("cookies", None))
        answer = client.request(sent["method"], sent["url"], **options)
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=CHECKS)

    try:
        ask()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE  # where nothing can be wrong
