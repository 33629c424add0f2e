# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""Sends one request until it is answered: connections, time limits, retries, and what an error response says.

Does not handle tokens; client.py adds them.
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

# At the top of the file: concurrent imports of threads from a zip file fail on Python 3.9.
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

# Every JWT starts like this, also one that is not ours.
_ANY_TOKEN = re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*)*", re.ASCII)
_MOST_REDIRECTS = 3
_FIRST_PAUSE = 0.5
_LEAST_PAUSE = 0.1
_LEAST_LIMIT = 0.1
# Limits a pause to 8 minutes.
_MOST_DOUBLINGS = 10
# Seconds between the clocks above which there is a warning
_MOST_OFFSET = 60

if t.TYPE_CHECKING:
    Authorize = t.Callable[["requests.PreparedRequest"], "requests.PreparedRequest"]


@dataclasses.dataclass
class Call:
    """A request, and which answers to it are usable.

    accept: returns whether the JSON of an answer is usable; None if no body is wanted.
    wanted: what accept expects, in words.
    body: the body, or a function that creates it for every attempt.
    idempotent: false if the request must not be retried unless it certainly had no effect.
    optional: the request is not retried, and its failure is not shown.
    once: the request is not retried here; the caller first checks its effect.
    advice: advice for a status instead of the general one.
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
    """The answer to a call. body: the JSON; None if there is none."""

    status: int
    headers: t.Mapping[str, str]
    body: t.Any


def no_authorization(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Sends a request without authorization. With None, requests would search .netrc for a login."""
    return request


class Transport:
    """Persistent connections to one tenant.

    requests_sent: the number of requests sent so far, including retries and token requests.
    secrets: texts that are masked in errors.
    warnings: warnings for the user.
    deprecated: method and path of the first request that the server marked as deprecated.
    server_time: the time of the server's clock in the last answer.
    watch: called with every transient failure, and with None for every answer.
    clock_offset: the minimum number of seconds by which the server's clock is ahead of this host's, by the last
        answer with a Date; 0.0 if there was none, or if the clocks may be equal.
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
        # Per thread, and inherited by threads that run in a copy of its context
        self._deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("deadline", default=None)
        self._offset_told = False
        self._session = requests.Session()
        # requests would read the body of a redirect, however long that takes.
        self._session.get_redirect_target = lambda resp: None  # type: ignore[method-assign]
        self._session.headers["User-Agent"] = f"ansible-sailpoint.isc/{VERSION} requests/{requests.__version__}"
        self._session.headers["Accept"] = "application/json"

    @contextlib.contextmanager
    def until(self, moment: float) -> t.Iterator[None]:
        """Within, no request is sent and no retry is waited for after this time on the clock.

        Applies to the current thread and to threads that run in a copy of its context.
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
        """Seconds until the deadline of this thread; None if it has none."""
        deadline = self._deadline.get()
        return None if deadline is None else deadline - self._clock()

    def now(self) -> float:
        """The time of the server's clock if an answer contained it, else of this host's; seconds since 1970."""
        return time.time() + self.clock_offset

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def send(self, call: Call, authorize: Authorize) -> Answer:
        """The answer to a call; transient failures are retried. Raises RequestFailed."""
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
        """Waits before the next retry (retry: the number of retries so far); false if there is to be none."""
        if not error.transient or retry >= self._settings.retries:
            return False
        pause = self._pause(error, retry)
        if pause is not None:
            self._sleep(pause)
        return pause is not None

    def _pause(self, error: RequestFailed, retry: int) -> float | None:
        """Seconds until the next attempt; None if there is to be none."""
        if error.retry_after is not None:
            if error.retry_after > self._settings.max_retry_delay:
                error.advice = (
                    f"the server asks to wait {error.retry_after:g} s (Retry-After), more than max_retry_delay "
                    f"({self._settings.max_retry_delay:g} s) allows: run this again later, or increase max_retry_delay"
                )
                return None
            # Never early, but with jitter, so that clients that were refused together do not retry together. The
            # jitter decreases with the number of retries, so that each of many clients gets its turn.
            late = max(error.retry_after, _LEAST_PAUSE) * random.uniform(1, 1 + 0.25 / (retry + 1))
            pause = min(late, self._settings.max_retry_delay)
        else:
            doubled = _FIRST_PAUSE * 2 ** min(retry, _MOST_DOUBLINGS)
            pause = min(doubled, self._settings.max_retry_delay) * random.uniform(0.5, 1)
        left = self.left()
        return pause if left is None or pause < left else None

    def _try(self, call: Call, authorize: Authorize) -> Answer:
        """One attempt. Raises RequestFailed, which says whether a retry makes sense."""
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
        # Sending a file may take long; for anything else, one limit for the whole request is enough.
        timeout: t.Any = limit.seconds if callable(call.body) else Timeout(total=limit.seconds)
        proxies = _proxies(url)
        cut = None
        try:
            request = self._session.prepare_request(
                requests.Request(call.method, url, data=body, headers=call.headers, auth=authorize)
            )
            asked_at = time.time()
            # Prepared here, because otherwise the environment could turn off verification.
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
                # urllib3 before 2.0 accepts a body that is too short.
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
        """The time limit of a request that is sent now."""
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
        """Compares the clocks by the Date of an answer, which was set between these two times of this host."""
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
        """The text with known secrets and any token masked."""
        forms = {form for secret in tuple(self.secrets) for form in _forms(secret)}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "********")
        return _ANY_TOKEN.sub("********", text)


class _CutAfter:
    """Cuts off an answer whose body is not complete in time, even if data keeps arriving.

    The timeout of a socket applies to each read; this limit applies to the whole body, in seconds.  done: it was cut.
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
        # The connection no longer references a socket that is not reused; only the reader of the body does.
        try:
            reader: t.Any = response.raw._original_response
            reader.fp.raw._sock.shutdown(socket.SHUT_RDWR)
        except (AttributeError, OSError):
            response.raw.close()


def _joined(url: str, location: str) -> str:
    """The target of a redirect."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def _origin(url: str) -> str:
    """Scheme, host and port of a URL, which contain no secret; empty if it has no host."""
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
    """The proxies of the environment for a URL, with a scheme, which requests 2.25 requires."""
    return {
        scheme: address if "://" in address else f"http://{address}"
        for scheme, address in get_environ_proxies(url).items()
    }


def _forms(secret: str) -> tuple[str, ...]:
    """The forms in which a secret may be in an answer: plain, in a URL or a form, in JSON."""
    text = valid_text(secret)
    return secret, quote(text), quote(text, safe=""), quote_plus(text), json.dumps(secret)[1:-1]


def _retry_after(headers: t.Mapping[str, str]) -> float | None:
    """The seconds in Retry-After, in either form; None if it is missing or unreadable."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _http_date(value)
    if until is None:
        return None
    # The date is relative to the server's own clock.
    now = _http_date(headers.get("Date", "")) or datetime.now(timezone.utc)
    return max(0.0, (until - now).total_seconds())


def _http_date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=timezone.utc)
