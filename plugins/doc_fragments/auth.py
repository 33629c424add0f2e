# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The connection options of every module."""

from __future__ import annotations


class ModuleDocFragment:
    """Fragment sailpoint.isc.auth."""

    DOCUMENTATION = r"""
options:
  base_url:
    description:
      - Address of the tenant's API, such as V(https://acme.api.identitynow.com).
      - A slash at the end is dropped, and so is a version at the end that agrees with O(api_version).
        One that disagrees is an error.
      - Plain V(http://) is accepted for loopback addresses only.
      - If not set, the value of the environment variable E(SAIL_BASE_URL) is used.
      - Where this option or a credential is set as an option, no credential is taken from the environment, which may
        hold those of another tenant.
    type: str
    required: true
  client_id:
    description:
      - Id of a personal access token or of an API client.
      - Needed together with O(client_secret) unless O(access_token) is given.
      - If not set, the value of the environment variable E(SAIL_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret that belongs to O(client_id).
      - If not set, the value of the environment variable E(SAIL_CLIENT_SECRET) is used.
    type: str
  access_token:
    description:
      - A token to use as it is, so that none is asked for; M(sailpoint.isc.access_token) gets one for a whole play.
      - When it is refused, and O(client_id) and O(client_secret) are there too, a new one is asked for. Beside a token
        that is set as an option, they have to be options too.
      - If not set, the value of the environment variable E(SAIL_ACCESS_TOKEN) is used.
    type: str
  api_version:
    description:
      - Version of the API to talk to. V(v1) is SailPoint's per-service version, the successor of all others.
      - If not set, the value of the environment variable E(SAIL_API_VERSION) is used.
    type: str
    choices: [beta, v2024, v2025, v2026, v1]
    default: beta
  validate_certs:
    description:
      - Whether the server's certificate must be valid. Turn this off for tests only; nothing else turns it off.
      - If not set, the value of the environment variable E(SAIL_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - Bundle of certificates (PEM) to trust in place of the usual ones, even where E(REQUESTS_CA_BUNDLE) or
        E(CURL_CA_BUNDLE) is set.
      - If not set, the value of the environment variable E(SAIL_CA_PATH) is used.
    type: path
  request_timeout:
    description:
      - Seconds in which a request must connect and its answer must begin. From then on, the rest of the answer may take
        so many seconds again.
      - A file that is sent may take longer. It is given up after so many seconds in which nothing moves.
    type: float
    default: 30
  retries:
    description:
      - How often a request that failed for a passing reason is tried again. Passing reasons are timeouts, connections
        that break, the statuses 408, 429, 500, 502, 503 and 504, and answers that should be JSON and are not.
    type: int
    default: 5
  max_retry_delay:
    description:
      - The longest single pause before a try, in seconds. A server that asks for more (C(Retry-After)) ends the task.
    type: float
    default: 60
requirements:
  - requests >= 2.25.1
  - jsonpatch >= 1.24 (for M(sailpoint.isc.task_status))
notes:
  - All modules can be given their connection options at once, by C(module_defaults) of the group C(sailpoint.isc.isc)
    or by environment variables.
  - White space at either end of a text, or of a text in a list, is never part of a value and is dropped. That goes for
    paths of files too. Connection options and environment variables that are empty count as not set.
  - Proxies are taken from the usual environment variables (E(HTTPS_PROXY), E(NO_PROXY)).
  - A failed task returns what is known of RV(ignore:status), RV(ignore:url), RV(ignore:method), RV(ignore:request_id),
    RV(ignore:detail_code), RV(ignore:tracking_id) and RV(ignore:request_attempts) of the request that failed, beside
    C(msg). What is not known is left out. Give C(request_id) to SailPoint's support.
"""
