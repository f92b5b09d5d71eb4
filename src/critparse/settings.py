"""``critparse.toml``: what a team has decided about the checks, in a file beside its records.

.. code-block:: toml

    [check]
    select = ["*"]                     # codes or patterns; the default is all
    ignore = ["copy-*"]
    fail-on = "warning"

    [check.severity]
    "age-boundary-unclear" = "off"     # off, info, warning, error

    [check.per-trial-ignores]
    "NCT01741857" = ["unit-incomplete"]
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, ValidationError

from critparse.errors import SettingsError
from critparse.schema.base import Model

FILE = "critparse.toml"
_MAX_BYTES = 1_000_000


def _kebab(name: str) -> str:
    return name.replace("_", "-")


class CheckSettings(Model):
    """The section ``[check]``. Patterns are codes in which ``*`` and ``?`` stand for any characters."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=_kebab)

    select: tuple[str, ...] = ("*",)
    ignore: tuple[str, ...] = ()
    severity: dict[str, Literal["off", "info", "warning", "error"]] = Field(default_factory=dict)
    fail_on: Literal["error", "warning", "never"] | None = None
    per_trial_ignores: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    def patterns(self) -> Iterator[tuple[str, str]]:
        """Every pattern with the place it stands in."""
        places: list[tuple[str, Iterable[str]]] = [
            ("check.select", self.select),
            ("check.ignore", self.ignore),
            ("check.severity", self.severity),
            *((f"check.per-trial-ignores.{trial}", codes) for trial, codes in self.per_trial_ignores.items()),
        ]
        return ((place, pattern) for place, patterns in places for pattern in patterns)


class Settings(Model):
    """A whole file; ``path`` is where it was read from, ``None`` when there is none."""

    check: CheckSettings = CheckSettings()
    path: Path | None = Field(default=None, exclude=True)


def find(start: Path) -> Path | None:
    """The ``critparse.toml`` of a folder or the nearest one above it."""
    folder = start.resolve()
    return next((place / FILE for place in (folder, *folder.parents) if (place / FILE).is_file()), None)


def load(path: Path) -> Settings:
    """The settings of a file.

    Raises:
        SettingsError: it cannot be read, is no TOML, or holds an unknown key or an impossible value.
    """
    try:
        with path.open("rb") as file:
            values = tomllib.loads(file.read(_MAX_BYTES).decode("utf-8"))
    except OSError as error:
        raise SettingsError(where=path, reason=(error.strerror or str(error)).lower()) from error
    except (ValueError, RecursionError) as error:  # bad TOML, bad UTF-8
        raise SettingsError(where=path, reason=f"it is no TOML: {error}") from None
    if "path" in values:
        raise SettingsError(where=path, reason=_unknown("path", (), Settings))
    try:
        return Settings.model_validate(values).model_copy(update={"path": path})
    except ValidationError as error:
        raise SettingsError(where=path, reason=_reason(error)) from None


def unknown_codes(patterns: Iterable[tuple[str, str]], codes: Collection[str]) -> Iterator[str]:
    """For each pattern that fits no code, a phrase that says so and names the nearest code."""
    for place, pattern in patterns:
        if not any(fnmatchcase(code, pattern) for code in codes):
            yield f"{place}: no check has the code {pattern!r}{_near(pattern, codes)}"


def _reason(error: ValidationError) -> str:
    """The first thing wrong with a file, in one line."""
    first = error.errors(include_url=False, include_context=False)[0]
    *section, key = (str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return _unknown(key, section, CheckSettings if section else Settings)
    place = ".".join((*section, key))
    expected = {"tuple_type": "a list of codes is expected", "model_type": "a section is expected"}
    return f"{place}: {expected.get(first['type']) or _lowered(first)}"


def _lowered(problem: Any) -> str:
    message: str = problem["msg"]
    return f"{message[:1].lower()}{message[1:]}, not {problem['input']!r:.60}"


def _unknown(key: str, section: Iterable[str], model: type[Model]) -> str:
    known = [field.alias or name for name, field in model.model_fields.items() if not field.exclude]
    where = f" in [{'.'.join(section)}]" if section else ""
    return f"unknown key {key!r}{where}{_near(key, known)}"


def _near(word: str, known: Collection[str]) -> str:
    found = get_close_matches(word, known, n=1)
    return f" (did you mean {found[0]!r}?)" if found else ""
