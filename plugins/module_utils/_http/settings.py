# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Private to the collection: it may change in any release.

"""How to reach a tenant: the connection options of every module, checked before any request is sent."""

from __future__ import annotations

import dataclasses
import ipaddress
import math
import os
import re
import ssl
import typing as t
from urllib.parse import SplitResult, urlsplit

from ansible_collections.sailpoint.isc.plugins.module_utils._errors import InvalidOption, IscError
from ansible_collections.sailpoint.isc.plugins.module_utils._http.api import API_VERSIONS, ApiVersion

# The environment variables of options.
ENVIRONMENT = {
    "base_url": "SAIL_BASE_URL",
    "client_id": "SAIL_CLIENT_ID",
    "client_secret": "SAIL_CLIENT_SECRET",
    "access_token": "SAIL_ACCESS_TOKEN",
    "api_version": "SAIL_API_VERSION",
    "validate_certs": "SAIL_VALIDATE_CERTS",
    "ca_path": "SAIL_CA_PATH",
}
_OPTIONS = (*ENVIRONMENT, "request_timeout", "retries", "max_retry_delay")
_CREDENTIALS = ("client_id", "client_secret", "access_token")
# The domains of SailPoint's clouds: TENANT.DOMAIN is the user interface, TENANT.api.DOMAIN the API.
_CLOUD_DOMAINS = ("identitynow.com", "identitynow-demo.com", "saas.sailpointfedramp.com")
_MOST_RETRIES = 10_000
_LONGEST = 86_400  # seconds
_NOT_USED = (
    "is not used, because it may belong to another tenant than base_url or a credential that is set as an option"
)
_EXAMPLE = "https://acme.api.identitynow.com"


def completed(options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> tuple[dict[str, t.Any], list[str]]:
    """The options, completed from the environment, and the variables with credentials that were not used.

    A null or empty option or variable counts as not set. If an option sets a tenant or a client, the
    environment is not used for credentials: they may belong to another tenant.
    """
    found = {name: value for name, value in options.items() if name not in _OPTIONS or value not in (None, "")}
    one_is_named = any(name in found for name in ("base_url", *_CREDENTIALS))
    unused = []
    for name, variable in ENVIRONMENT.items():
        value = environ.get(variable, "").strip()
        if not value or name in found:
            continue
        if one_is_named and name in _CREDENTIALS:
            unused.append(variable)
        else:
            found[name] = value
    return found, unused


@dataclasses.dataclass(frozen=True)
class Settings:
    """The settings of a client. Times are seconds; verify is the argument of requests."""

    base_url: str
    api: ApiVersion
    client_id: str | None
    client_secret: str | None = dataclasses.field(repr=False)
    access_token: str | None = dataclasses.field(repr=False)
    verify: bool | str
    request_timeout: float
    retries: int
    max_retry_delay: float

    @property
    def can_renew(self) -> bool:
        """Whether a new token can be requested."""
        return bool(self.client_id and self.client_secret)

    @classmethod
    def from_options(cls, options: t.Mapping[str, t.Any], unused: t.Sequence[str] = ()) -> Settings:
        """Settings from the options of a module. Raises InvalidOption, or IscError if options contradict.

        unused: the environment variables that were not used, from `completed`.
        """
        api = API_VERSIONS.get(options["api_version"])
        if api is None:
            raise InvalidOption("api_version", options["api_version"], f"give one of {', '.join(API_VERSIONS)}")
        base_url = _base_url(options["base_url"], api)
        settings = cls(
            base_url=base_url,
            api=api,
            client_id=options["client_id"],
            client_secret=options["client_secret"],
            access_token=_token(options["access_token"]),
            verify=_verify(options["validate_certs"], options["ca_path"], base_url),
            request_timeout=_number("request_timeout", options["request_timeout"], positive=True),
            retries=int(_number("retries", options["retries"], _MOST_RETRIES)),
            max_retry_delay=_number("max_retry_delay", options["max_retry_delay"]),
        )
        if not settings.access_token and not settings.can_renew:
            missing = {"client_id": settings.client_id, "client_secret": settings.client_secret}
            absent = [name for name, value in missing.items() if not value]
            what = "No credentials are given" if len(absent) == 2 else f"{absent[0]} is missing or empty"
            why = f"; the environment ({', '.join(unused)}) {_NOT_USED}" if unused else ""
            raise IscError(f"{what}: set client_id and client_secret, or access_token{why}.")
        return settings


def _base_url(value: str, api: ApiVersion) -> str:
    """Scheme, host and path of the tenant's API, without a version and without a slash at the end."""
    url = _split(value)
    if url.username or url.password:
        raise IscError(f"base_url contains a user name or a password: set it to {url.scheme}://{url.hostname} only.")
    if url.query or url.fragment:
        raise IscError(f"base_url has a query or a fragment: set it to {url.scheme}://{url.netloc} only.")
    if url.scheme == "http" and not _is_loopback(url.hostname or ""):
        raise InvalidOption("base_url", value, "http is allowed for loopback addresses only; use https")
    host = (url.hostname or "").lower()
    for domain in _CLOUD_DOMAINS:
        tenant = host[: -len(domain) - 1] if host.endswith("." + domain) else ""
        if tenant and not tenant.endswith(".api"):
            raise InvalidOption(
                "base_url", value, f"this is the user interface; the API is at https://{tenant}.api.{domain}"
            )
    path = url.path.rstrip("/")
    version = re.search(r"/(beta|v\d+)$", path, re.ASCII)
    if version is not None:
        path = path[: version.start()]
        if version[1] != api.name:
            raise InvalidOption(
                "base_url",
                value,
                f"it ends in {version[1]} but api_version is {api.name}; "
                f"set base_url to {url.scheme}://{url.netloc}{path} and api_version to the version you want",
            )
    return f"{url.scheme}://{url.netloc}{path}"


def _split(value: str) -> SplitResult:
    try:
        url = urlsplit(value)
        well_formed = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        well_formed = None
    if not well_formed or re.search(r"[\s\x00-\x1f\\]", value):
        shown = value if "@" not in value else value.rpartition("@")[2]
        raise InvalidOption("base_url", shown, f"give the address of the tenant's API, such as {_EXAMPLE}")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _token(value: str | None) -> str | None:
    """Checks a token, which goes into a header: only visible ASCII is valid. The value must not be shown."""
    if value and not re.fullmatch(r"[!-~]+", value):
        raise IscError("access_token contains white space or other invalid characters: set it to the token only.")
    return value


def _verify(validate_certs: bool, ca_path: str | None, base_url: str) -> bool | str:
    """The verify argument of requests: a bundle for all programs applies if none is set for this tenant."""
    if not validate_certs:
        return False
    bundles = {"ca_path": ca_path}
    if base_url.startswith("https:"):
        bundles.update((name, os.environ.get(name)) for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"))
    return next((_checked(name, path) for name, path in bundles.items() if path), True)


def _checked(name: str, path: str) -> str:
    """The path, if certificates can be read from it. Raises InvalidOption with the name of the option or variable."""
    try:
        if os.path.isdir(path):
            ssl.create_default_context(capath=path)
        else:
            ssl.create_default_context(cafile=path)
    except OSError as error:  # includes ssl.SSLError
        reason = "it is not a bundle of PEM certificates" if isinstance(error, ssl.SSLError) else "it cannot be read"
        raise InvalidOption(name, path, f"{reason}; give a file with the certificates to trust") from None
    return path


def _number(option: str, value: float, most: int = _LONGEST, *, positive: bool = False) -> float:
    if not math.isfinite(value) or value < 0 or (positive and value == 0):
        raise InvalidOption(option, value, "give a number greater than zero" if positive else "give zero or more")
    if value > most:
        raise InvalidOption(option, value, f"give {most} or less")
    return value
