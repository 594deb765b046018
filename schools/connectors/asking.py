"""Asking another service over HTTP: patience with what passes, a clear sentence for what does not, no secret told."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import ssl
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final

import httpx

from attendance_portal.sealing import Secret
from schools.connectors.terms import SourceTrouble, Timing, Trouble

ATTEMPTS: Final = 6
LONGEST_PAUSE: Final = 120.0
"""Seconds that are waited out on the spot; whoever is told to wait longer comes back later."""
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_LARGEST: Final = 50_000_000  # bytes of one answer

Rows = list[Mapping[str, Any]]


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates are believed: read once a process, for reading them takes longer than many an answer."""
    return httpx.create_ssl_context()


class Asker:
    """Asks one service with a bearer token: one question at a time, retried while the trouble may pass.

    `name` is the service's in sentences. The token goes to the address asked and to no other.
    """

    def __init__(self, name: str, token: Secret, timing: Timing) -> None:
        self.name, self._token, self._timing = name, token, timing
        headers = {"Accept": "application/json"}
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=False, headers=headers, verify=_trusted())
        self.requests = 0
        self.seconds = 0.0
        """Spent waiting for answers."""

    def close(self) -> None:
        self._client.close()

    def pages(self, address: str, query: Mapping[str, str]) -> Iterator[Rows]:
        """The rows of each page, by the service's own links to the next; a page that comes twice is told.

        Raises SourceTrouble.
        """
        url = httpx.URL(address).copy_merge_params(dict(query))
        seen: set[bytes] = set()
        while True:
            answer = self.answer(url)
            rows = _rows(answer, self)
            for trace in (str(url).encode(), _trace(rows) if rows else b""):
                if trace and trace in seen:
                    raise SourceTrouble(
                        Trouble.REPEATS, f"{self.name} sent the same page twice. It is tried again later."
                    )
                seen.add(trace)
            yield rows
            following = _next(answer)
            if following is None:
                return
            url = self._same_place(url, following)

    def _same_place(self, here: httpx.URL, following: str) -> httpx.URL:
        """The next page's address; one that lies elsewhere is refused, for the token would go there too."""
        try:
            url = here.join(following)
        except httpx.InvalidURL:
            raise self._broken() from None
        if (url.scheme, url.host, url.port) != (here.scheme, here.host, here.port):
            raise SourceTrouble(
                Trouble.NOT_UNDERSTOOD,
                f"{self.name} points to another address for its next page, and the token is not sent there. "
                "Ask the supplier.",
            )
        return url

    def answer(self, url: httpx.URL) -> Mapping[str, Any]:
        """One answer as JSON, asked up to `ATTEMPTS` times. Raises SourceTrouble."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(url)
            except SourceTrouble as trouble:
                if not trouble.kind.passes or attempt == ATTEMPTS or trouble.wait > LONGEST_PAUSE:
                    raise
                self._timing.sleep(trouble.wait or self._pause(attempt))
        raise AssertionError("the last attempt returns or raises")

    def _pause(self, attempt: int) -> float:
        """Seconds: twice as long each time, and half of it left to chance."""
        longest = min(LONGEST_PAUSE, 2.0**attempt)
        return longest / 2 + longest / 2 * self._timing.chance()

    def _once(self, url: httpx.URL) -> Mapping[str, Any]:
        began = self._timing.now()
        self.requests += 1
        try:
            # The header is made here and nowhere kept, so that no picture of this object holds the token.
            headers = {"Authorization": f"Bearer {self._token.reveal()}"}
            with self._client.stream("GET", url, headers=headers) as response:
                self._refuse(response)
                body = self._body(response)
        except httpx.TimeoutException:
            raise SourceTrouble(Trouble.UNREACHABLE, f"{self.name} did not answer in time.") from None
        except (httpx.RemoteProtocolError, httpx.DecodingError):
            raise self._broken() from None
        except httpx.RequestError:
            raise SourceTrouble(Trouble.UNREACHABLE, f"{self.name} could not be reached.") from None
        finally:
            self.seconds += (self._timing.now() - began).total_seconds()
        return self._understood(body)

    def _body(self, response: httpx.Response) -> bytes:
        parts, size = [], 0
        for part in response.iter_bytes():
            size += len(part)
            if size > _LARGEST:
                raise self._broken()
            parts.append(part)
        return b"".join(parts)

    def _broken(self) -> SourceTrouble:
        return SourceTrouble(Trouble.BROKEN, f"{self.name} sent an answer that broke off or could not be read.")

    def _understood(self, body: bytes) -> Mapping[str, Any]:
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            raise self._broken() from None
        if not isinstance(answer, dict):
            raise self._broken()
        return answer

    def _refuse(self, response: httpx.Response) -> None:
        """The sentence for each status that is not an answer."""
        status, name = response.status_code, self.name
        if status == 200:
            return
        if status in (408, 425, 429):
            raise SourceTrouble(Trouble.BUSY, f"{name} asked us to come more slowly.", wait=self._wait(response))
        if status >= 500:
            raise SourceTrouble(Trouble.UNWELL, f"{name} is out of order ({status}).", wait=self._wait(response))
        kind, words = _REFUSALS.get(status, _REFUSED_OTHERWISE)
        raise SourceTrouble(kind, words.format(name=name, status=status))

    def _wait(self, response: httpx.Response) -> float:
        """Seconds of the header Retry-After, a number or a date; 0 where it is not sent or makes no sense."""
        told = response.headers.get("Retry-After", "").strip()
        if told.isdecimal():
            return float(min(int(told), 86_400))
        try:
            until = parsedate_to_datetime(told)
        except (ValueError, TypeError):
            return 0.0
        until = until if until.tzinfo else until.replace(tzinfo=dt.UTC)
        return min(max((until - self._timing.now()).total_seconds(), 0.0), 86_400.0)


_REFUSALS: Final[Mapping[int, tuple[Trouble, str]]] = {
    401: (Trouble.TOKEN, "{name} does not accept the token. Enter a new one."),
    403: (
        Trouble.NOT_APPROVED,
        "{name} does not let us read this school: it has not approved the attendance service, has withdrawn its "
        "approval, or has left something out of it. Ask the school to approve it.",
    ),
    404: (Trouble.NOT_THERE, "{name} does not know this school any longer. Look for the schools again."),
}
_REFUSED_OTHERWISE: Final = (
    Trouble.NOT_UNDERSTOOD,
    "{name} did not understand what it was asked ({status}). Tell the people who look after this service.",
)


def _rows(answer: Mapping[str, Any], asker: Asker) -> Rows:
    """The rows of an answer; raises SourceTrouble where it has none."""
    data = answer.get("data")
    if isinstance(data, dict):
        return [data]
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise SourceTrouble(Trouble.BROKEN, f"{asker.name} sent an answer that broke off or could not be read.")
    return data


def _next(answer: Mapping[str, Any]) -> str | None:
    """The address of the next page, as the service gives it; None at the end."""
    meta = answer.get("meta")
    paging = meta.get("pagination") if isinstance(meta, dict) else None
    if not isinstance(paging, dict) or paging.get("more") is False:
        return None
    following = paging.get("next")
    return following if isinstance(following, str) and following else None


def _trace(told: object) -> bytes:
    """What tells one page, or one address, from another."""
    return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=16).digest()
