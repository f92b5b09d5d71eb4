"""Corpora and measurements: how well critparse reads what people annotated."""
