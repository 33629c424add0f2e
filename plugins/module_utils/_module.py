# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""The base of every module: options in, a client to work with, a result or a failure out."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible_collections.sailpoint.isc.plugins.module_utils import _argspec
from ansible_collections.sailpoint.isc.plugins.module_utils._entries import invalid_entry, written_out
from ansible_collections.sailpoint.isc.plugins.module_utils._errors import IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http import transport
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._http.settings import Settings, completed
from ansible_collections.sailpoint.isc.plugins.module_utils._progress import PIPE_VARIABLE, Progress, pipe_writer
from ansible_collections.sailpoint.isc.plugins.module_utils._text import listed
from ansible_collections.sailpoint.isc.plugins.module_utils._time import duration_or_seconds

try:
    from ansible.module_utils.secrets import register_secret
except ImportError:  # ansible-core before 2.22

    def register_secret(value: str, /) -> str:
        """Nothing is registered; module.no_log_values does it."""
        return value


# Characters. A registered text is masked everywhere, and a short one would be part of many words.
_SHORTEST_SECRET = 8
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Seconds after which an interrupted module that still runs is interrupted again.
_AGAIN = 0.2
Shorthands = t.Mapping[str, t.Callable[[str], dict[str, str]]]


class Module(AnsibleModule):  # type: ignore[misc]  # ansible carries no types
    """A module whose failures never show its secrets.

    shorthands: see run().
    unused: the environment variables with credentials that were not used because options set the client.
    """

    params: dict[str, t.Any]
    unused: t.Sequence[str] = ()
    _told = False

    def __init__(self, shorthands: Shorthands, **facts: t.Any) -> None:
        self._shorthands = shorthands
        super().__init__(**facts)

    def _load_params(self) -> None:
        """Reads and completes the options before Ansible checks choices and types."""
        super()._load_params()
        written = {
            name: written_out(self.params[name], entry)
            for name, entry in self._shorthands.items()
            if name in self.params
        }
        options = _argspec.stripped({**self.params, **written}, self.argument_spec)
        self.params, self.unused = completed(options, os.environ)

    def fail_json(self, msg: str, **facts: t.Any) -> None:
        """Fails. An invalid option may end the validation before Ansible knows the secrets to mask."""
        for name, option in self.argument_spec.items():
            secret = self.params.get(name)
            if option.get("no_log") and isinstance(secret, str) and secret:
                _register(secret)
                self.no_log_values.add(secret)
        if self.validation_result.errors:
            msg = invalid_entry(self.argument_spec, self.params) or _argspec.explained(msg)
        self._tell_once()
        super().fail_json(msg, **facts)

    def exit_json(self, **facts: t.Any) -> None:
        """Succeeds."""
        self._tell_once()
        super().exit_json(**facts)

    def _tell_once(self) -> None:
        """Keeps an interrupt from printing a second result, be it before or after the module's own."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if self._told:
            raise SystemExit(1)
        self._told = True


Work = t.Callable[[AnsibleModule, Client], dict[str, t.Any]]


@contextlib.contextmanager
def _without_alarm_afterwards() -> t.Iterator[None]:
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@_without_alarm_afterwards()
def run(
    work: Work,
    options: _argspec.Options | None = None,
    *,
    libraries: t.Mapping[str, bool] | None = None,
    returns_token: bool = False,
    empty_in_check_mode: t.Collection[str] = (),
    shorthands: Shorthands | None = None,
    **spec: t.Any,
) -> None:
    """Runs a module: work gets the module and a client, and returns the result, its warnings under that key.

    options: the module's own, as in an argument spec; those of the connection come with it.
    libraries: the libraries that the module needs besides requests, and whether they could be imported.
    returns_token: the result contains the token, so it must not be masked.
    empty_in_check_mode: lists that may be empty in check mode, because their tasks were not started.
    shorthands: options that are lists of dictionaries, and the functions that convert a string in them.
    spec: other arguments of AnsibleModule.
    """
    module = Module(
        shorthands or {}, argument_spec={**_argspec.AUTH, **(options or {})}, supports_check_mode=True, **spec
    )
    client: Client | None = None
    _leave_nothing_behind(module, lambda: client.underway if client else {})
    for library, present in {"requests": transport.HAS_REQUESTS, **(libraries or {})}.items():
        if not present:
            module.fail_json(msg=missing_required_lib(library))

    def keep_secret(token: str) -> None:
        _register(token)
        if not returns_token:
            module.no_log_values.add(token)

    try:
        _argspec.check(module.params, empty_in_check_mode if module.check_mode else ())
        settings = Settings.from_options(module.params, module.unused)
        interval = duration_or_seconds("progress_interval", module.params.get("progress_interval", "0"))
        with Client(settings, keep_secret) as client:
            client.show(Progress(pipe_writer(os.environ.get(PIPE_VARIABLE)), interval, client.transport.redacted))
            result = work(module, client)
    except IscError as error:
        failure = {name: fact for name, fact in error.as_failure().items() if fact is not None}
        _warn(module, client, failure)
        module.fail_json(**failure)
    _warn(module, client, result)
    if returns_token:
        module.no_log_values.discard(result["access_token"])
    module.exit_json(**{"changed": False, **result})


def _leave_nothing_behind(module: AnsibleModule, underway: t.Callable[[], dict[str, str]]) -> None:
    """Makes an interrupted module remove its files with options and secrets; Ansible does this only at a normal end.

    underway: returns the tasks that continue in the tenant.
    """

    def end(number: int, _frame: object) -> None:
        shutil.rmtree(module.tmpdir, ignore_errors=True)
        left = listed(list(underway().values()))
        goes_on = f" What it started or waited for continues in the tenant: {left}." if left else ""
        try:
            module.fail_json(msg=f"Interrupted by {signal.Signals(number).name}.{goes_on}")
        finally:
            # Python swallows the exception that ends the module where a finalizer runs, such as that of an answer.
            signal.signal(signal.SIGALRM, end_again)
            signal.setitimer(signal.ITIMER_REAL, _AGAIN)

    def end_again(_number: int, _frame: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, _AGAIN)
        raise SystemExit(1)

    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, end)


def _warn(module: AnsibleModule, client: Client | None, result: dict[str, t.Any]) -> None:
    for warning in dict.fromkeys([*result.pop("warnings", ()), *(client.warnings if client else ())]):
        module.warn(warning)
    deprecation = client.deprecation() if client is not None else None
    if deprecation:
        module.warn(deprecation)


def _register(secret: str) -> None:
    if len(secret) >= _SHORTEST_SECRET:
        register_secret(secret)
