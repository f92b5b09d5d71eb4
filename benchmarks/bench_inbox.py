"""How quick the workbench's database is with many trials: the inbox by every filter, and one decision.

    python benchmarks/bench_inbox.py [TRIALS] [DATABASE-URL]

The trials are made up: some hundred documents with 3 KB of words each, under many numbers; their findings are spread
over forty codes.
"""

from __future__ import annotations

import itertools
import json
import random
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

import critparse
from critparse.review.events import Decided, Decision, Origin, Submitted
from critparse.review.store import Inbox, Store, connect, migrate
from critparse.review.store.blobs import digest_of, packed
from critparse.review.store.fulltext import index
from critparse.review.store.inbox import Cursor, weight
from critparse.review.store.tables import Blob, EventTable, FindingTable, TrialTable
from critparse.review.store.words import words_of
from critparse.schema import ParsedTrial

CODES = [f"code-{number:02}" for number in range(40)]
SEVERITIES = ("error", "warning", "info")
CRITERIA = "".join(f"* HbA1c below {number} % and no insulin within {number} months\n" for number in range(5, 25))
RECORD = {"id": "NCT00000000", "eligibility": f"Inclusion Criteria:\n\n{CRITERIA}"}
"""Its document is as long as those of many trials; its texts are replaced."""
TITLES = ["asthma", "diabetes", "lupus", "cancer", "stroke", "pain", "sleep", "heart", "kidney", "liver"]
DOCUMENTS, WORDS, DIFFERENT = 400, 450, 30_000
REPEATS = 40


def main() -> None:
    """Fill a database, then measure."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory() as folder:
        engine = connect(sys.argv[2] if len(sys.argv) > 2 else str(Path(folder) / "bench.db"))
        migrate(engine)
        store = Store(engine)
        started = time.perf_counter()
        fill(engine, count)
        print(f"{count:,} trials filled in {time.perf_counter() - started:.0f} s")
        middle = store.page(Inbox(limit=200)).next
        assert middle is not None
        for name, wanted in queries(middle).items():
            measure(f"{name}", lambda wanted=wanted: store.page(wanted))  # type: ignore[misc]
        rows = store.page(Inbox(search="warfarin")).trials
        measure(f"the excerpts of {len(rows)} trials", lambda: store.excerpts(rows, "warfarin"))
        measure("counts by code and registry", store.overview)
        measure("one trial", lambda: store.trial(7))
        measure("one decision", lambda: decide(store))
        engine.dispose()


def queries(middle: Cursor) -> dict[str, Inbox]:
    """What people ask the inbox for."""
    return {
        "first page": Inbox(),
        "a later page": Inbox(after=middle),
        "a page in the middle": Inbox(after=Cursor(weight(1, 1, 1), 1)),
        "by code": Inbox(code="code-07"),
        "by a rare code": Inbox(code="rare"),
        "by severity": Inbox(severity="info"),
        "by code, dismissed (none)": Inbox(code="code-07", state="dismissed"),
        "by registry": Inbox(registry="CTIS"),
        "by a number": Inbox(search="NCT00012345"),
        "by a rare word": Inbox(search="warfarin"),
        "by a frequent word": Inbox(search="kidney"),
        "by two words": Inbox(search="lupus insulin"),
        "by the beginning of words": Inbox(search="ki"),
        "by one letter": Inbox(search="k"),
        "by twenty letters": Inbox(search=" ".join("abcdefghijklmnopqrst")),
        "by a word that nothing has": Inbox(search="nowhere"),
        "all trials, by a rare word": Inbox(state=None, search="warfarin"),
        "by code and a rare word": Inbox(code="code-07", search="warfarin"),
        "by code and a frequent word": Inbox(code="code-07", search="kidney"),
        "by registry and a rare word": Inbox(registry="CTIS", search="warfarin"),
        "corrected, a frequent word": Inbox(corrected=True, search="kidney"),
    }


def measure(name: str, ask: Callable[[], object]) -> None:
    """Ask some times; the median, what 95 % stay below, the worst, and what this process itself worked."""
    times, started = [], time.process_time()
    for _ in range(REPEATS):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    work = (time.process_time() - started) * 1000 / REPEATS
    ordered = sorted(times)
    most = ordered[REPEATS * 95 // 100 - 1]
    print(
        f"{name:<28} median {statistics.median(times):8.1f} ms   95 % {most:8.1f} ms   worst {ordered[-1]:8.1f} ms"
        f"   of the CPU {work:6.1f} ms"
    )


def decide(store: Store) -> None:
    """One decision, as a curator makes it."""
    trial = store.trial(7)
    after = Decision(state="dismissed", reason=str(trial.version))
    what = Decided(finding=f"{0:016x}", code="x", before=Decision(), after=after)
    store.append(7, trial.version, "bench", what)


def fill(engine: object, count: int) -> None:
    """Trials as many submissions would have left them, written at once."""
    drawn = random.Random(1)
    packs = [packed(document) for document in documents(drawn)]
    finding = critparse.parse(RECORD, model=False).findings[:1]
    digests, now = [digest_of(data) for data in packs], datetime.now(UTC)
    said = [words_of(ParsedTrial.model_validate_json(data)) for data in packs]
    origin = Origin(record=digests[0], kind="text", format="auto", machine=digests[0], parser="0")
    what = json.dumps(Submitted(key="x", after=origin, document=digests[0]).model_dump(mode="json"))
    with Session(engine) as session, session.begin():  # type: ignore[arg-type]
        session.add_all(
            Blob(digest=digest, data=zlib.compress(data)) for digest, data in zip(digests, packs, strict=True)
        )
        session.flush()
        for start in range(1, count + 1, 1000):
            trials: list[dict[str, Any]] = []
            findings, events = [], []
            for number in range(start, min(start + 1000, count + 1)):
                found = [(drawn.choice(CODES), drawn.choice(SEVERITIES)) for _ in range(drawn.randrange(30))]
                if number % 5000 == 0:
                    found.append(("rare", "error"))
                sums = [sum(severity == one for _, severity in found) for one in SEVERITIES]
                title = " ".join(drawn.choices(TITLES, k=12))
                chosen = number % DOCUMENTS
                trials.append(
                    {
                        "id": number, "key": str(number), "version": 1, "trial_id": f"NCT{number:08}", "title": title,
                        "register": drawn.choice(["ClinicalTrials.gov"] * 9 + ["CTIS"]), "parser": "0",
                        "words": f"nct{number:08} {said[chosen]}", "weight": weight(*sums), "open_errors": sums[0],
                        "open_warnings": sums[1], "open_infos": sums[2], "findings": len(found), "corrected": False,
                        "submitted": now, "changed": now, "document": digests[chosen],
                        "origin": origin.model_dump_json(),
                    }
                )  # fmt: skip
                events.append(
                    {"trial": number, "version": 1, "at": now, "who": "x", "kind": "submitted", "what": what,
                     "document": digests[chosen]}
                )  # fmt: skip
                for place, (code, severity) in enumerate(found):
                    findings.append(
                        {"trial": number, "fingerprint": f"{place:016x}", "code": code, "severity": severity,
                         "present": True, "position": place, "state": "open", "reason": "",
                         "data": finding[0].model_dump_json() if finding else FINDING}
                    )  # fmt: skip
            for table, rows in ((TrialTable, trials), (FindingTable, findings), (EventTable, events)):
                session.execute(insert(table), rows)
            for one in trials:
                index(session.connection(), one["id"], None, one["words"])


def documents(drawn: random.Random) -> Iterator[ParsedTrial]:
    """Documents of words that are as frequent as words are: "warfarin" in one of them, "kidney" in nearly all."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    known = ["kidney", "insulin"] + ["".join(drawn.choices(letters, k=drawn.randint(3, 11))) for _ in range(DIFFERENT)]
    often = list(itertools.accumulate(1 / (place + 1) for place in range(len(known))))
    first = critparse.parse(RECORD, model=False)
    for number in range(DOCUMENTS):
        words = " ".join(drawn.choices(known, cum_weights=often, k=WORDS)) + (" lupus" if number % 7 == 0 else "")
        text = first.texts[0].model_copy(update={"text": words + (" warfarin" if number == 7 else "")})
        yield first.model_copy(update={"texts": (text,)})


FINDING = json.dumps(
    {"code": "x", "severity": "info", "message": "m" * 200, "suggestion": "", "check_version": "1", "evidence": []}
)

if __name__ == "__main__":
    main()
