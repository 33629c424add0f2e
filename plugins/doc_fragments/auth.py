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
      - A trailing slash is ignored. A version at the end is ignored if it is the same as O(api_version), and an error
        if it is another one.
      - V(http://) is accepted for loopback addresses only.
      - If not set, the value of the environment variable E(SAIL_BASE_URL) is used.
      - If this or a credential is set as an option, the module takes no credentials from the environment, because those
        may belong to another tenant.
    type: str
    required: true
  client_id:
    description:
      - Id of a personal access token or of an API client.
      - Required together with O(client_secret) unless O(access_token) is set.
      - If not set, the value of the environment variable E(SAIL_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - Secret that belongs to O(client_id).
      - If not set, the value of the environment variable E(SAIL_CLIENT_SECRET) is used.
    type: str
  access_token:
    description:
      - An access token to use, so that the module does not request one. M(sailpoint.isc.access_token) gets one for a
        whole play.
      - If the tenant refuses it, and O(client_id) and O(client_secret) are set too, the module requests a new one. If
        the token is set as an option, they must be set as options too.
      - If not set, the value of the environment variable E(SAIL_ACCESS_TOKEN) is used.
    type: str
  api_version:
    description:
      - Version of the API to use. V(v1) is SailPoint's per-service version, the successor of all others.
      - If not set, the value of the environment variable E(SAIL_API_VERSION) is used.
    type: str
    choices: [beta, v2024, v2025, v2026, v1]
    default: beta
  validate_certs:
    description:
      - Whether to verify the server's certificate. Turn this off for tests only. Nothing else turns it off.
      - If not set, the value of the environment variable E(SAIL_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - Bundle of CA certificates (PEM) to trust instead of the default ones. It takes precedence over
        E(REQUESTS_CA_BUNDLE) and E(CURL_CA_BUNDLE).
      - If not set, the value of the environment variable E(SAIL_CA_PATH) is used.
    type: path
  request_timeout:
    description:
      - The time limit, in seconds, for connecting and for the first part of the answer together. The rest of the answer
        may take the same time again.
      - Sending a file may take longer. The module fails if no data could be sent for this time.
    type: float
    default: 30
  retries:
    description:
      - How often a request is retried after a transient failure. Transient failures are timeouts, broken connections,
        the statuses 408, 429, 500, 502, 503 and 504, and answers that are not JSON although they should be.
    type: int
    default: 5
  max_retry_delay:
    description:
      - The longest pause before a retry, in seconds. If the server asks for a longer one (C(Retry-After)), the task
        fails.
    type: float
    default: 60
requirements:
  - requests >= 2.25.1
  - jsonpatch >= 1.24 (for M(sailpoint.isc.task_status))
notes:
  - To set the connection options of all modules at once, use C(module_defaults) for the group C(sailpoint.isc.isc), or
    environment variables.
  - Leading and trailing white space is removed from strings, including strings in lists and paths of files. Empty
    connection options and empty environment variables count as not set.
  - Proxies are taken from the usual environment variables (E(HTTPS_PROXY), E(NO_PROXY)).
  - If a request fails, the task returns RV(ignore:status), RV(ignore:url), RV(ignore:method), RV(ignore:request_id),
    RV(ignore:detail_code), RV(ignore:tracking_id) and RV(ignore:request_attempts) of that request in addition to
    C(msg), as far as they are known. SailPoint's support can look up the C(request_id).
"""
