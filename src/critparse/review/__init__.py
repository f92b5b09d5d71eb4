"""The curators' workbench: ``critparse serve`` (docs/serve.md). Needs the extra ``[web]``.

From the inside out: ``events`` (what can happen to a trial), ``edits``, ``passages`` and ``carry`` (pure functions over
documents), ``store`` (the database), ``accounts`` (who may what), ``parsing`` (processes that read records),
``workbench`` (what people do, for API and pages alike), ``api`` and ``pages``, ``app`` and ``server``.
"""
