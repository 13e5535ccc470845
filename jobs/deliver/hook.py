"""The client of hooks: one POST to an address that was looked up and checked, and to no other. Redirects are not followed, proxies not asked.

The name is looked up here, every address is checked, and the connection goes to the one that was checked: a name that answers differently when asked
again gets nothing from it. TLS is checked against the name all the same. Connections are kept and used again.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from threading import Lock
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError, SSLError

from pipelines.deliver.address import allowed, refused
from pipelines.deliver.answer import Answer
from pipelines.deliver.schedule import asked_wait_us

CONNECT_S = 5.0
MOST_READ = 1 << 16
"""So much of an answer is read (bytes), so that its connection can be used again; nobody needs what it says."""
KEPT_POOLS = 32


class Hook:
    """Posts to one address."""

    def __init__(self, url: str, *, allow: Sequence[str] = (), timeout_s: float = 20.0, ca_file: str | None = None, connections: int = 4) -> None:
        """Prepare; nothing is looked up or connected yet.

        Args:
            url: Where to.
            allow: Networks beside the public internet that it may lie in.
            timeout_s: Of connecting and of each wait for an answer, and of the whole try.
            ca_file: Certificates of a house's own authority.
            connections: So many are kept.
        """
        parts = urlsplit(url)
        self._secure, self._host = parts.scheme == "https", parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._named = parts.netloc
        self._allow, self._timeout_s, self._ca_file, self._connections = allow, timeout_s, ca_file, connections
        self._pools: dict[str, urllib3.HTTPConnectionPool] = {}
        self._lock = Lock()

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post once. Whatever goes wrong is an answer, too; it names no path and no secret."""
        try:
            addresses = sorted({str(found[4][0]) for found in socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)}, key=_four_first)
        except (OSError, UnicodeError) as error:
            return Answer(False, detail=f"the name {self._host!r} is not known: {getattr(error, 'strerror', None) or error}")
        for address in addresses:
            if problem := self._problem(address):
                return Answer(False, detail=problem)
        answer = Answer(False, detail=f"the name {self._host!r} has no address")
        deadline = time.monotonic() + self._timeout_s
        for address in addresses[:3]:  # of a name with several, the next one where nobody listens
            answer, connected = self._try(address, body, headers, deadline)
            if connected or time.monotonic() >= deadline:
                break
        return answer

    def _problem(self, address: str) -> str | None:
        """Return why an address is not to be reached."""
        if reason := refused(address, self._allow):
            return f"{self._host!r} lies at {address}: {reason}; a route may name it in allow"
        if not self._secure and not allowed(address, self._allow):
            return f"{self._host!r} is not encrypted; use https://, or name its network in allow"
        return None

    def _try(self, address: str, body: bytes, headers: Mapping[str, str], deadline: float) -> tuple[Answer, bool]:
        """Post to one address; return whether somebody listened there."""
        left = max(0.001, deadline - time.monotonic())
        timeout = urllib3.Timeout(connect=min(CONNECT_S, left), read=left)
        try:
            response = self._pool(address).urlopen(
                "POST",
                self._path,
                body=body,
                headers={**headers, "host": self._named, "user-agent": "sojourn"},
                retries=False,
                redirect=False,
                timeout=timeout,
                preload_content=False,
                decode_content=False,
            )
            return _read(response, deadline), True
        except SSLError as error:
            return Answer(False, detail=f"TLS failed: {_short(error)}"), True
        except ConnectTimeoutError:
            return Answer(False, detail=f"no connection within {min(CONNECT_S, left):.0f} s"), False
        except NewConnectionError as error:
            return Answer(False, detail=f"no connection: {_short(error)}"), False
        except ReadTimeoutError:
            return Answer(False, detail=f"no answer within {left:.0f} s"), True
        except (HTTPError, OSError) as error:
            return Answer(False, detail=f"the connection broke: {_short(error)}"), True

    def _pool(self, address: str) -> urllib3.HTTPConnectionPool:
        """Return the connections to an address."""
        with self._lock:
            if address not in self._pools:
                if len(self._pools) >= KEPT_POOLS:
                    self._pools.pop(next(iter(self._pools))).close()
                self._pools[address] = self._new_pool(address)
            return self._pools[address]

    def _new_pool(self, address: str) -> urllib3.HTTPConnectionPool:
        host = f"[{address}]" if ":" in address else address
        if not self._secure:
            return urllib3.HTTPConnectionPool(host, self._port, maxsize=self._connections)
        return urllib3.HTTPSConnectionPool(
            host,
            self._port,
            maxsize=self._connections,
            server_hostname=self._host,
            assert_hostname=self._host,
            cert_reqs="CERT_REQUIRED",
            ca_certs=self._ca_file,
        )


def _read(response: urllib3.BaseHTTPResponse, deadline: float) -> Answer:
    """Return what a response means; its connection is kept where the rest of it is short and comes in time."""
    try:
        taken = 0
        while taken < MOST_READ and time.monotonic() < deadline:
            piece = response.read(8192)
            if not piece:
                response.release_conn()
                break
            taken += len(piece)
        else:
            response.close()
    except (HTTPError, OSError):  # the status has come, and it is all that counts
        response.close()
    status = response.status
    now_us = time.time_ns() // 1000
    if 200 <= status < 300:
        return Answer(True, status)
    where = " (redirects are not followed; name the new address)" if 300 <= status < 400 else ""
    asked = asked_wait_us(response.headers.get("retry-after"), now_us)
    return Answer(False, status, f"HTTP {status}{where}", asked, gone=status == 410)


def _four_first(address: str) -> tuple[int, str]:
    return ip_address(address.partition("%")[0]).version, address


def _short(error: BaseException) -> str:
    """Return the innermost reason: what urllib3 wraps around it names the address."""
    inner: BaseException = error
    while inner.__cause__ is not None or inner.__context__ is not None:
        inner = inner.__cause__ or inner.__context__ or inner
    return (getattr(inner, "strerror", None) or str(inner) or type(inner).__name__)[:200]
