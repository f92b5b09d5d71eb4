"""How quick the workbench's database is with many trials: the inbox by every filter, and one decision.

    python benchmarks/bench_inbox.py [TRIALS] [DATABASE-URL]

The trials are one made-up record under many numbers; their findings are spread over forty codes.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert
from sqlalchemy.orm import Session

import critparse
from critparse.review.events import Decided, Decision, Origin, Submitted
from critparse.review.store import Inbox, Store, connect, migrate
from critparse.review.store.blobs import digest_of, packed
from critparse.review.store.inbox import Cursor, weight
from critparse.review.store.tables import Blob, EventTable, FindingTable, TrialTable

CODES = [f"code-{number:02}" for number in range(40)]
SEVERITIES = ("error", "warning", "info")
RECORD = {"id": "NCT00000000", "eligibility": "Inclusion Criteria:\n\n* Age 18 to 70 years\n* HbA1c below 8 %\n"}
WORDS = ["asthma", "diabetes", "lupus", "cancer", "stroke", "pain", "sleep", "heart", "kidney", "liver"]
REPEATS = 15


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
        measure("counts by code", store.codes)
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
        "by words": Inbox(search="lupus kidney"),
        "by words that nothing has": Inbox(search="nothing has this"),
        "by code and words": Inbox(code="code-07", search="lupus"),
    }


def measure(name: str, ask: Callable[[], object]) -> None:
    """Ask some times; the median, the worst, and what this process itself worked."""
    times, started = [], time.process_time()
    for _ in range(REPEATS):
        begun = time.perf_counter()
        ask()
        times.append((time.perf_counter() - begun) * 1000)
    work = (time.process_time() - started) * 1000 / REPEATS
    print(
        f"{name:<28} median {statistics.median(times):8.1f} ms   worst {max(times):8.1f} ms   of the CPU {work:6.1f} ms"
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
    document = critparse.parse(RECORD, model=False)
    finding = document.findings[0] if document.findings else None
    data = packed(document)
    digest, now = digest_of(data), datetime.now(UTC)
    origin = Origin(record=digest, kind="text", format="auto", machine=digest, parser="0")
    what = json.dumps(Submitted(key="x", after=origin, document=digest).model_dump(mode="json"))
    with Session(engine) as session, session.begin():  # type: ignore[arg-type]
        session.add(Blob(digest=digest, data=zlib.compress(data)))
        session.flush()
        for start in range(1, count + 1, 1000):
            trials, findings, events = [], [], []
            for number in range(start, min(start + 1000, count + 1)):
                found = [(drawn.choice(CODES), drawn.choice(SEVERITIES)) for _ in range(drawn.randrange(30))]
                if number % 5000 == 0:
                    found.append(("rare", "error"))
                sums = [sum(severity == one for _, severity in found) for one in SEVERITIES]
                title = " ".join(drawn.choices(WORDS, k=12))
                trials.append(
                    {
                        "id": number, "key": str(number), "version": 1, "trial_id": f"NCT{number:08}", "title": title,
                        "register": drawn.choice(["ClinicalTrials.gov"] * 9 + ["CTIS"]), "parser": "0",
                        "words": f"nct{number:08} {title}", "weight": weight(*sums), "open_errors": sums[0],
                        "open_warnings": sums[1], "open_infos": sums[2], "findings": len(found), "corrected": False,
                        "submitted": now, "changed": now, "document": digest, "origin": origin.model_dump_json(),
                    }
                )  # fmt: skip
                events.append(
                    {"trial": number, "version": 1, "at": now, "who": "x", "kind": "submitted", "what": what,
                     "document": digest}
                )  # fmt: skip
                for place, (code, severity) in enumerate(found):
                    findings.append(
                        {"trial": number, "fingerprint": f"{place:016x}", "code": code, "severity": severity,
                         "present": True, "position": place, "state": "open", "reason": "",
                         "data": finding.model_dump_json() if finding else FINDING}
                    )  # fmt: skip
            for table, rows in ((TrialTable, trials), (FindingTable, findings), (EventTable, events)):
                session.execute(insert(table), rows)


FINDING = json.dumps(
    {"code": "x", "severity": "info", "message": "m" * 200, "suggestion": "", "check_version": "1", "evidence": []}
)

if __name__ == "__main__":
    main()
