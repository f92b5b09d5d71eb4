"""Alembic's scripts; they run when the server starts (:mod:`critparse.review.store.migrate`)."""
