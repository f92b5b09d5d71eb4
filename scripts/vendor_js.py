"""Fetch the scripts that the workbench's pages use, as ``static/VENDORED.toml`` pins them, with ``npm pack``.

To move to another version: change ``version`` there, run with ``--new`` (which writes the digest), and run the tests.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

STATIC = Path(__file__).resolve().parent.parent / "src/critparse/review/pages/static"
PINS = STATIC / "VENDORED.toml"


def fetched(package: str, version: str, member: str) -> bytes:
    """One file of a published version of a package."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", f"{package}@{version}"]
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(folder).glob("*.tgz")
        with tarfile.open(archive) as files:
            found = files.extractfile(member)
            assert found is not None, f"{package} has no {member}"
            return found.read()


def main() -> int:
    """Write every file; 1 where one is not what the digest says."""
    for name, pin in tomllib.loads(PINS.read_text("utf8")).items():
        content = fetched(pin["package"], pin["version"], pin["member"])
        digest = hashlib.sha256(content).hexdigest()
        if digest != pin["sha256"]:
            if "--new" not in sys.argv:
                print(f"{name}: {digest} is not the digest of {PINS.name}", file=sys.stderr)
                return 1
            PINS.write_text(re.sub(pin["sha256"], digest, PINS.read_text("utf8")), encoding="utf8")
        (STATIC / pin["file"]).write_bytes(content)
        print(f"{name} {pin['version']}: {len(content):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
