"""Start the installed ``critparse serve``, ask it, have it end. Usage: PYTHON -I serve_test.py

PYTHON is that of the environment which the wheel was installed into; the present folder is written to. Nothing but the
standard library is needed besides.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

SECONDS = 120
ask = build_opener(ProxyHandler({})).open


def main() -> None:
    """Health, one record, one page, the end."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    program = Path(sys.executable).with_name("critparse")
    command = [program, "serve", "--no-auth", "--workers", "1", "--port", str(port)]
    with Path("serve.log").open("wb") as log:
        server = subprocess.Popen(command, stderr=log)
    try:
        wait_until_ready(server, f"http://127.0.0.1:{port}/health/ready")
        body = json.dumps({"source": Path("NCT01741857.txt").read_text("utf-8")}).encode()
        request = Request(f"http://127.0.0.1:{port}/v1/parse", body, {"Content-Type": "application/json"})
        with ask(request, timeout=60) as answer:
            document = json.load(answer)
        assert document["findings"], "the record was not read"
        assert document["parser"]["model"] != "none", "the trained model does not answer"
        with ask(f"http://127.0.0.1:{port}/", timeout=10) as page:
            assert "critparse" in page.read().decode(), "the pages are not in the wheel"
        server.send_signal(signal.SIGTERM)
        status = server.wait(30)
        assert status == 0, f"told to end, the server ended with {status}"
    except BaseException:
        sys.stderr.write(Path("serve.log").read_text("utf-8"))
        raise
    finally:
        server.kill()
    print("critparse serve: ready, parsed, ended in order")


def wait_until_ready(server: subprocess.Popen[bytes], url: str) -> None:
    """Wait until database and parser answer."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        assert server.poll() is None, "the server did not start"
        try:
            with ask(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise AssertionError("the server does not become ready")


if __name__ == "__main__":
    main()
