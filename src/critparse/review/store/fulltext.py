"""Trials by their words. ``trial.words`` has the words of a trial; the database keeps an index of them.

PostgreSQL makes the column ``vector`` of them by itself. Beside SQLite's table stands the full-text table
``trial_words``, which is written along.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, TextClause, false, text

from critparse.review.store.words import words

_HAVING = {
    # Trials of a frequent word are many to sort; with the plus, SQLite goes through the inbox and looks for them there.
    "sqlite": "+trial.id IN (SELECT rowid FROM trial_words WHERE trial_words MATCH :asked)",
    "postgresql": "trial.vector @@ CAST(:asked AS tsquery)",
}
_FORGET = text("INSERT INTO trial_words (trial_words, rowid, words) VALUES ('delete', :id, :words)")
_KEEP = text("INSERT INTO trial_words (rowid, words) VALUES (:id, :words)")


def having(asked: str, dialect: str) -> ColumnElement[bool] | TextClause:
    """The condition that a trial has words that begin like each of those asked for. Without a word, no trial has."""
    wanted = dict.fromkeys(words(asked))
    if not wanted:
        return false()
    if dialect == "sqlite":
        query = " ".join(f'"{word}"*' for word in wanted)  # words have neither quotes nor any other sign
    else:
        query = " & ".join(f"'{word}':*" for word in wanted)
    return text(_HAVING[dialect]).bindparams(asked=query)


def index(connection: Connection, trial: int, before: str | None, after: str) -> None:
    """Keep the index in step with the words of a trial; ``before``: those that it knows, None for a new trial."""
    if connection.dialect.name != "sqlite" or before == after:
        return
    if before is not None:
        connection.execute(_FORGET, {"id": trial, "words": before})
    connection.execute(_KEEP, {"id": trial, "words": after})
