"""How the server is set up; the options of ``critparse serve``."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from critparse.errors import ServeError

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Config:
    """Everything an operator can choose.

    ``workers``: processes that read records; ``queue``: records that may wait or be read at once; ``timeout``: seconds
    for one record; ``max_body``: bytes of a request; ``rate``: requests a minute from one address, 0 for no limit;
    ``proxies``: addresses whose X-Forwarded headers are believed.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    database: str = "sqlite:///critparse.db"
    auth: bool = True
    workers: int = 2
    queue: int = 64
    timeout: float = 60.0
    max_body: int = 10 * MEGABYTE
    rate: int = 1200
    model: bool = True
    vocab: str | None = None
    proxies: str = "127.0.0.1"

    def check(self) -> None:
        """Nothing, when it can be served so.

        Raises:
            ServeError: without accounts, on an address that others can reach.
        """
        if not self.auth and not is_loopback(self.host):
            reason = f"--no-auth is for this machine alone (127.0.0.1, ::1, localhost), not for {self.host}"
            raise ServeError(reason=reason)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
