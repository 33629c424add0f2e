# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Sends one request until it is answered: connections, time limits, retries, and what an error response says.

Knows nothing of tokens; client.py adds them.
"""

from __future__ import annotations

import contextlib
import contextvars
import dataclasses
import json
import random
import re
import socket
import threading
import time
import typing as t
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import RequestFailed

# Not where it is needed first: threads that import from a zip file at the same time trip over each other on Python 3.9.
from ansible_collections.sailpoint.isc.plugins.module_utils._http import failures
from ansible_collections.sailpoint.isc.plugins.module_utils._http.json_text import read_json
from ansible_collections.sailpoint.isc.plugins.module_utils._http.multipart import BrokenUpload
from ansible_collections.sailpoint.isc.plugins.module_utils._http.settings import Settings
from ansible_collections.sailpoint.isc.plugins.module_utils._text import length, one_line, valid_text
from ansible_collections.sailpoint.isc.plugins.module_utils._version import VERSION

try:
    import requests
    from requests.utils import get_environ_proxies, select_proxy
    from urllib3 import Timeout
    from urllib3 import exceptions as urllib3_errors

    HAS_REQUESTS = True
except ImportError:
    HAS_REQUESTS = False

# Every JWT begins like this, also one that was never ours.
_ANY_TOKEN = re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*)*", re.ASCII)
_MOST_REDIRECTS = 3
_FIRST_PAUSE = 0.5
_LEAST_PAUSE = 0.1
_LEAST_LIMIT = 0.1
# Then a pause is 8 minutes.
_MOST_DOUBLINGS = 10
# Seconds between two clocks above which the user is told
_MOST_OFFSET = 60

if t.TYPE_CHECKING:
    Authorize = t.Callable[["requests.PreparedRequest"], "requests.PreparedRequest"]


@dataclasses.dataclass
class Call:
    """A request, and what makes an answer to it a usable one.

    accept: tells whether the JSON of an answer is what was asked for; None where no body is wanted.
    wanted: what accept looks for, in words.
    body: what is sent, or what makes it anew for every try.
    idempotent: false where the request must not be sent again unless it is certain that it had no effect.
    optional: true for what is good to know and no more: it is not tried again, and its failure is told nobody.
    once: whoever sends it sees to it whether it is sent again, and looks first what has become of it.
    advice: what to do about a status, where the general advice is not good enough.
    """

    method: str
    url: str
    accept: t.Callable[[t.Any], bool] | None = None
    wanted: str = ""
    body: t.Any = None
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    idempotent: bool = True
    optional: bool = False
    once: bool = False
    advice: dict[int, str] = dataclasses.field(default_factory=dict)
    attempts: int = 0


class Answer(t.NamedTuple):
    """What came back: body is the JSON, None where there was none to read."""

    status: int
    headers: t.Mapping[str, str]
    body: t.Any


def no_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sends a request as it is. Given in place of nothing, or requests would look for a login in .netrc."""
    return request


class Transport:
    """Kept connections to one tenant.

    requests_sent: every request that was sent so far, retries and tokens included.
    secrets: texts that no error may show.
    warnings: sentences for the user about what the answers told, though it was no failure.
    deprecated: method and path of the first answer that the server marked deprecated.
    server_time: what the last answer said about the time on the server's clock.
    watch: told every transient failure, and None for every answer.
    clock_offset: how many seconds the server's clock is ahead of this machine's at the least, by the last answer that
        told; 0.0 where none did, and where the two may be the same.
    """

    def __init__(
        self,
        settings: Settings,
        clock: t.Callable[[], float] = time.monotonic,
        sleep: t.Callable[[float], None] = time.sleep,
    ) -> None:
        self.requests_sent = 0
        self.secrets = {secret for secret in (settings.client_secret, settings.access_token) if secret}
        self.warnings: list[str] = []
        self.deprecated: str | None = None
        self.server_time: datetime | None = None
        self.watch: t.Callable[[RequestFailed | None], None] = lambda fault: None
        self.clock_offset = 0.0
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        # Of each thread, and of those that it starts for its own work in a copy of its context
        self._deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("deadline", default=None)
        self._offset_told = False
        self._session = requests.Session()
        # It would read what a redirect comes with, however long that takes.
        self._session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
        self._session.headers["User-Agent"] = f"ansible-sailpoint.isc/{VERSION} requests/{requests.__version__}"
        self._session.headers["Accept"] = "application/json"

    @contextlib.contextmanager
    def until(self, moment: float) -> t.Iterator[None]:
        """Within, nothing is sent and no retry is waited for after this time on the clock.

        That holds for the thread at hand and for those that work for it.
        """
        outer = self._deadline.get()
        token = self._deadline.set(moment if outer is None else min(outer, moment))
        try:
            yield
        finally:
            self._deadline.reset(token)

    def within(self, seconds: float) -> contextlib.AbstractContextManager[None]:
        """As until(), for so many seconds from now on."""
        return self.until(self._clock() + seconds)

    def left(self) -> float | None:
        """Seconds until the deadline of this thread; None where it has none."""
        deadline = self._deadline.get()
        return None if deadline is None else deadline - self._clock()

    def now(self) -> float:
        """The time on the server's clock, where an answer has told it, else on this machine's; seconds since 1970."""
        return time.time() + self.clock_offset

    def close(self) -> None:
        """Closes every kept connection."""
        self._session.close()

    def send(self, call: Call, authorize: Authorize) -> Answer:
        """The answer to a call, tried again while its failures are transient ones. Raises RequestFailed."""
        retry = 0
        while True:
            try:
                answer = self._try(call, authorize)
                self.watch(None)
                return answer
            except RequestFailed as error:
                if call.optional:
                    raise
                if error.transient:
                    self.watch(error)
                again = not call.once and (call.idempotent or not error.maybe_applied)
                if not again or not self.wait_before_retry(error, retry):
                    raise
                retry += 1

    def wait_before_retry(self, error: RequestFailed, retry: int) -> bool:
        """Waits until it makes sense to try again after the retry-th failure; false where it does not."""
        if not error.transient or retry >= self._settings.retries:
            return False
        pause = self._pause(error, retry)
        if pause is not None:
            self._sleep(pause)
        return pause is not None

    def _pause(self, error: RequestFailed, retry: int) -> float | None:
        """Seconds until the next try, None where there is to be none."""
        if error.retry_after is not None:
            if error.retry_after > self._settings.max_retry_delay:
                error.advice = (
                    f"the server asks to wait {error.retry_after:g} s (Retry-After), more than max_retry_delay "
                    f"({self._settings.max_retry_delay:g} s) allows: run this again later, or increase max_retry_delay"
                )
                return None
            # Never early; a little late, so that those who were refused together do not come back together, and the
            # less so the longer one has waited: many at one limit have their turn by and by.
            late = max(error.retry_after, _LEAST_PAUSE) * random.uniform(1, 1 + 0.25 / (retry + 1))
            pause = min(late, self._settings.max_retry_delay)
        else:
            doubled = _FIRST_PAUSE * 2 ** min(retry, _MOST_DOUBLINGS)
            pause = min(doubled, self._settings.max_retry_delay) * random.uniform(0.5, 1)
        left = self.left()
        return pause if left is None or pause < left else None

    def _try(self, call: Call, authorize: Authorize) -> Answer:
        """One try. Raises RequestFailed, which says whether another one makes sense."""
        url = call.url
        for _redirect in range(_MOST_REDIRECTS + 1):
            response, content = self._exchange(call, url, authorize)
            if not response.is_redirect:
                return self._judge(call, response, content)
            target = _joined(url, response.headers["Location"])
            if call.method not in ("GET", "HEAD") or _origin(target) != _origin(url):
                place = _origin(target) or "an invalid address"
                raise self._failure(
                    call,
                    f"returned a redirect to {place}, which is not followed",
                    advice="check that base_url is the address of the tenant's API",
                    response=response,
                    maybe_applied=True,
                )
            url = target
        raise self._failure(call, "failed: too many redirects", advice="check base_url", response=response)

    def _exchange(self, call: Call, url: str, authorize: Authorize) -> tuple[requests.Response, bytes]:
        left = self.left()
        if left is not None and left <= 0:
            raise self._failure(call, "was not sent, because the deadline has passed", transient=True)
        try:
            body = call.body() if callable(call.body) else call.body
        except OSError as error:
            reason = f"was not sent: the file cannot be read ({error.strerror})"
            raise self._failure(call, reason, advice="check the file") from None
        call.attempts += 1
        with self._lock:
            self.requests_sent += 1
        limit = self._limit()
        # What is read from a file takes its time; all else is sent at once, and one limit is enough.
        timeout: t.Any = limit.seconds if callable(call.body) else Timeout(total=limit.seconds)
        proxies = _proxies(url)
        cut = None
        try:
            request = self._session.prepare_request(
                requests.Request(call.method, url, data=body, headers=call.headers, auth=authorize)
            )
            asked_at = time.time()
            # Prepared here, or the session would let the environment turn verification off.
            response = self._session.send(
                request,
                allow_redirects=False,
                stream=True,
                timeout=timeout,
                verify=self._settings.verify,
                proxies=proxies,
            )
            self._read_clock(response.headers, asked_at, time.time())
            limit = self._limit()
            cut = _CutAfter(limit.seconds, response)
            with response, cut:
                content = response.content
                # urllib3 before 2.0 takes a body that is too short for a whole one.
                missing = response.raw.length_remaining
            if missing or cut.done:
                raise urllib3_errors.IncompleteRead(len(content), missing or 0)
            return response, content
        except BrokenUpload as error:
            advice = "run this again when nothing writes to the file"
            raise self._failure(call, f"failed: {error}", advice=advice) from None
        except (requests.RequestException, urllib3_errors.HTTPError, OSError, ValueError) as error:
            proxy = select_proxy(url, proxies)
            origin = None if proxy is None else _origin(proxy)
            why = failures.broken_connection(error, limit, origin, cut is not None and cut.done)
            raise self._failure(call, **why._asdict()) from None

    def _limit(self) -> failures.Limit:
        """How long the request at hand may take from now on."""
        left = self.left()
        if left is None or left >= self._settings.request_timeout:
            return failures.Limit(self._settings.request_timeout)
        return failures.Limit(max(left, _LEAST_LIMIT), by_deadline=True)

    def _judge(self, call: Call, response: requests.Response, content: bytes) -> Answer:
        status = response.status_code
        headers = response.headers
        marks = (headers.get("X-Deprecated", ""), headers.get("Deprecation", ""))
        if self.deprecated is None and any(mark and mark.lower() != "false" for mark in marks):
            self.deprecated = f"{call.method} {urlsplit(call.url).path}"
        body = None
        readable = True
        if content:
            try:
                body = read_json(content)
            except (ValueError, RecursionError):
                readable = False
        if not 200 <= status < 300:
            said = body if readable else content.decode("utf-8", errors="replace")
            why = failures.error_response(status, said, self.redacted)
            why = why._replace(advice=call.advice.get(status, why.advice))
            raise self._failure(call, response=response, retry_after=_retry_after(headers), **why._asdict())
        if call.accept is None:
            return Answer(status, headers, None)
        if not readable or (body is None and status != 204) or not call.accept(body):
            raise self._failure(
                call,
                f"returned status {status} with {failures.kind_of(content, body)} instead of {call.wanted}",
                advice="check that base_url is the address of the tenant's API; if it is, try again later",
                response=response,
                transient=True,
                maybe_applied=True,
            )
        return Answer(status, headers, body)

    def _read_clock(self, headers: t.Mapping[str, str], asked_at: float, answered_at: float) -> None:
        """Compares the clocks by the Date of an answer, which was set between these two moments of this machine's."""
        date = _http_date(headers.get("Date", ""))
        if date is None:
            return
        least, most = date.timestamp() - answered_at, date.timestamp() + 1 - asked_at  # a Date has whole seconds
        offset = max(least, 0.0) + min(most, 0.0)
        with self._lock:
            self.server_time = date
            self.clock_offset = offset
            if abs(offset) > _MOST_OFFSET and not self._offset_told:
                self._offset_told = True
                side = "behind" if offset > 0 else "ahead of"
                self.warnings.append(
                    f"The clock of this host is {length(round(abs(offset), -1))} {side} the tenant's "
                    "clock. Ages are computed with the tenant's clock."
                )

    def _failure(
        self, call: Call, reason: str, response: requests.Response | None = None, **facts: t.Any
    ) -> RequestFailed:
        request_id = "" if response is None else response.headers.get("SLPT-Request-ID", "")
        return RequestFailed(
            one_line(self.redacted(reason)),
            method=call.method,
            url=call.url,
            status=None if response is None else response.status_code,
            request_id=one_line(self.redacted(request_id)) or None,
            attempts=call.attempts,
            **facts,
        )

    def redacted(self, text: str) -> str:
        """The text without any secret or token that is known."""
        forms = {form for secret in tuple(self.secrets) for form in _forms(secret)}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "********")
        return _ANY_TOKEN.sub("********", text)


class _CutAfter:
    """Cuts an answer off whose body is not complete in time, however steadily it trickles in.

    The time limit of a socket is one of silence; this is the limit of the whole body, in seconds.  done: it was cut.
    """

    def __init__(self, limit: float, response: requests.Response) -> None:
        self.done = False
        self._timer = threading.Timer(limit, self._cut, [response])
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_exception: object) -> None:
        self._timer.cancel()

    def _cut(self, response: requests.Response) -> None:
        self.done = True
        # The connection lets go of a socket that will not be reused: it is only to be had from the body's reader.
        try:
            reader: t.Any = response.raw._original_response
            reader.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            response.raw.close()


def _joined(url: str, location: str) -> str:
    """Where a redirect goes to, however it is written."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _origin(url: str) -> str:
    """Scheme, host and port of a URL, in which there can be no secret; empty where it is no address of a host."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    default = {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port not in (None, default) else "")


def _proxies(url: str) -> dict[str, str]:
    """The proxies of the environment for a URL, with a scheme, which requests 2.25 does not do without."""
    return {
        scheme: address if "://" in address else f"http://{address}"
        for scheme, address in get_environ_proxies(url).items()
    }


def _forms(secret: str) -> tuple[str, ...]:
    """A secret as it may stand in what a server says: as it is, in a URL or a form, in JSON."""
    text = valid_text(secret)
    return secret, quote(text), quote(text, safe=""), quote_plus(text), json.dumps(secret)[1:-1]


def _retry_after(headers: t.Mapping[str, str]) -> float | None:
    """Seconds to wait as the server asks, in either form of Retry-After; None where it asks nothing readable."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _http_date(value)
    if until is None:
        return None
    # The server's own clock says what its date means.
    now = _http_date(headers.get("Date", "")) or datetime.now(timezone.utc)
    return max(0.0, (until - now).total_seconds())


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
