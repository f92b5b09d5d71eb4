"""People's corrections as training data: brat files, which ``critparse train`` reads, and JSON lines."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator

from critparse.exports.brat import brat_files
from critparse.review.carry import corrections
from critparse.review.store.store import Store, Trial

_UNFIT = re.compile(r"[^A-Za-z0-9._-]+")
_EPOCH = (1980, 1, 1, 0, 0, 0)


def json_lines(store: Store) -> Iterator[str]:
    """One line for each passage that people corrected: its words, what the parser read, what stands now."""
    for trial in store.corrected():
        machine = store.document(trial.state.origin.machine)
        texts = {text.id: text.text for text in trial.document.texts}
        for before, after in corrections(machine, trial.document):
            line = {
                "trial": trial.row.trial_id or trial.state.key,
                "version": trial.version,
                "parser": trial.state.origin.parser,
                "text_id": after.text_id,
                "start": after.start,
                "end": after.end,
                "text": texts[after.text_id][after.start : after.end],
                "machine": before.model_dump(mode="json", include={"criteria", "notes"}),
                "corrected": after.model_dump(mode="json", include={"criteria", "notes"}),
            }
            yield json.dumps(line, ensure_ascii=False) + "\n"


def brat_archive(store: Store) -> bytes:
    """A zip file with the .txt and .ann files of every corrected trial; the same corrections give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for trial in store.corrected():
            for ending, content in brat_files(trial.document).items():
                archive.writestr(zipfile.ZipInfo(f"{_stem(trial)}{ending}", _EPOCH), content)
    return buffer.getvalue()


def _stem(trial: Trial) -> str:
    """A file's name: ``critparse train`` wants the registry number at its beginning."""
    return _UNFIT.sub("_", trial.row.trial_id or f"trial-{trial.id}").strip("._")[:80] or f"trial-{trial.id}"
