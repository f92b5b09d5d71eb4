"""``python -m critparse`` is the command line."""

from __future__ import annotations

from critparse.cli import main

if __name__ == "__main__":
    main()
