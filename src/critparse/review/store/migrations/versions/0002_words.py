"""Trials are found by all that their texts and findings say.

``trial.words`` gets the words of the documents that are there, some at a time, and an index.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from critparse.review.store.fulltext import index
from critparse.review.store.words import Said, words, words_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_log = logging.getLogger(__name__)
_BATCH = 100
_TRIALS = sa.text(
    "SELECT trial.id, trial.words, blob.data FROM trial JOIN blob ON blob.digest = trial.document "
    "WHERE trial.id > :after ORDER BY trial.id LIMIT :batch"
)
_UPDATE = sa.text("UPDATE trial SET words = :words WHERE id = :id")


def upgrade() -> None:
    """Read the documents, write their words, index them."""
    connection = op.get_bind()
    postgresql = connection.dialect.name == "postgresql"
    if not postgresql:
        op.execute(
            "CREATE VIRTUAL TABLE trial_words USING fts5(words, content='', tokenize='ascii', detail=none, prefix='1')"
        )
    for batch in _batches(connection):
        connection.execute(_UPDATE, [{"id": trial, "words": found} for trial, found in batch])
        for trial, found in batch:
            index(connection, trial, None, found)
    op.create_index("ix_trial_corrected", "trial", ["corrected", "weight", "id"])  # rows are long to look through now
    if postgresql:
        vector = "array_to_tsvector(string_to_array(words, ' '))"  # kept, for it takes longer to make than to compare
        op.execute(f"ALTER TABLE trial ADD COLUMN vector tsvector GENERATED ALWAYS AS ({vector}) STORED")
        op.execute("CREATE INDEX ix_trial_words ON trial USING gin (vector)")


def _batches(connection: sa.Connection) -> Iterator[list[tuple[int, str]]]:
    last = 0
    while rows := connection.execute(_TRIALS, {"after": last, "batch": _BATCH}).all():
        yield [(trial, _words(trial, known, data)) for trial, known, data in rows]
        last = rows[-1][0]


def _words(trial: int, known: str, data: bytes) -> str:
    try:
        return words_of(Said.model_validate_json(zlib.decompress(data)))
    except (ValueError, zlib.error) as error:
        _log.warning(
            "a document cannot be read: trial %d is found by number, title and conditions", trial, exc_info=error
        )
        return " ".join(dict.fromkeys(words(known)))
