"""Trials fetched by their number from ClinicalTrials.gov (API v2), and kept on disk.

This is the one place where critparse uses the network, and only when it is asked for a number. Environment variables:
``CRITPARSE_CTGOV_URL`` (another address of the API), ``CRITPARSE_CACHE`` (the folder of the copies).
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from critparse.errors import FetchError, InputError, NotInCache, UnknownTrial
from critparse.sources import web
from critparse.sources.cache import Cache
from critparse.sources.containers import parse_json
from critparse.sources.record import NCT_NUMBER

URL = "CRITPARSE_CTGOV_URL"
DEFAULT_URL = "https://clinicaltrials.gov/api/v2/studies"
MAX_AGE = 7 * 24 * 3600.0
"""Seconds for which a copy is taken for the registry's own; registries are edited rarely, but they are."""

_log = logging.getLogger(__name__)


def trial_number(text: str) -> str | None:
    """The registry number that the text is (``"nct01234567"`` too), in capitals; ``None`` for any other text."""
    return text.upper() if NCT_NUMBER.fullmatch(text.upper()) else None


@dataclass(frozen=True, slots=True)
class Fetcher:
    """How trials are fetched. Times are in seconds.

    ``max_age``: how old a copy may be; 0 always asks the registry. ``offline`` never does, and takes a copy of any age.
    ``retries``: how often to ask again after an error that may pass; ``timeout`` is for each time.
    """

    url: str = field(default_factory=lambda: os.environ.get(URL) or DEFAULT_URL)
    cache: Cache = field(default_factory=Cache)
    max_age: float = MAX_AGE
    offline: bool = False
    timeout: float = 30.0
    retries: int = 3
    sleep: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, *, refresh: bool, offline: bool) -> Fetcher:
        """The usual one, which asks the registry always (``refresh``), never (``offline``), or when it has to."""
        return cls(max_age=0.0 if refresh else MAX_AGE, offline=offline)

    def fetch(self, number: str) -> dict[str, Any]:
        """The study of that number, as the API has it.

        Raises:
            InputError: ``number`` is none of ClinicalTrials.gov.
            FetchError: one of its kinds: unknown trial, no connection, no answer in time, not in the cache, an answer
                that is no study.
        """
        trial = trial_number(number.strip())
        if trial is None:
            raise InputError(where=f"{number!r}", reason="it is no number of ClinicalTrials.gov (NCT and eight digits)")
        kept = self.cache.get(self.url, trial, max_age=float("inf") if self.offline else self.max_age)
        if kept is not None:
            try:
                return _study(kept, trial)
            except FetchError as error:
                _log.warning("the copy of %s in the cache is damaged: %s", trial, error)
        if self.offline:
            raise NotInCache(where=trial, cache=self.cache.folder)
        answer = self._answer(trial)
        study = _study(answer, trial)
        self.cache.put(self.url, trial, answer)
        return study

    def _answer(self, trial: str) -> bytes:
        client = web.Client(self.timeout, self.retries, self.sleep)
        try:
            return client.get(f"{self.url.rstrip('/')}/{trial}", trial, accept="application/json")
        except web.NotFound:
            raise UnknownTrial(where=trial, registry=web.host(self.url)) from None


def _study(answer: bytes, trial: str) -> dict[str, Any]:
    """The study in an answer.

    Raises:
        FetchError: there is none.
    """
    try:
        study = parse_json(answer.decode(), trial)
    except UnicodeDecodeError:
        raise FetchError(where=trial, reason="the answer is not JSON") from None
    except InputError as error:
        raise FetchError(where=trial, reason=f"the answer is not JSON ({error.details['reason']})") from None
    if not isinstance(study, dict) or not isinstance(study.get("protocolSection"), Mapping):
        raise FetchError(where=trial, reason="the answer is JSON, but no study")
    return study
