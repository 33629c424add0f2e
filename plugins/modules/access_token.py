#!/usr/bin/python

# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module sailpoint.isc.access_token."""

from __future__ import annotations

DOCUMENTATION = r"""
module: access_token
short_description: Get one access token of a SailPoint Identity Security Cloud tenant for a whole play
version_added: 0.1.0
description:
  - Requests one token, so that the following modules do not each request their own.
  - Also returns what the token contains, such as whether it acts for a user. To edit tasks and to start entitlement
    aggregations, it must.
  - The result is hidden from the output of the play, at any verbosity. Do not print the registered variable.
author: sailpoint.isc contributors (@sailpoint-isc)
extends_documentation_fragment:
  - sailpoint.isc.auth
  - sailpoint.isc.attributes
  - sailpoint.isc.attributes.info
attributes:
  check_mode:
    details: The module requests a token in check mode too, because later tasks need it. That changes nothing.
notes:
  - Cannot run with C(async), because that would leave the token in a file.
"""

EXAMPLES = r"""
- name: Run a play with one token
  hosts: localhost
  gather_facts: false
  tasks:
    - name: Get a token
      sailpoint.isc.access_token:
        base_url: https://acme.api.identitynow.com
        client_id: "{{ isc_client_id }}"
        client_secret: "{{ isc_client_secret }}"
      register: isc

    - name: Use it for the following tasks
      module_defaults:
        group/sailpoint.isc.isc:
          base_url: https://acme.api.identitynow.com
          access_token: "{{ isc.access_token }}"
      block:
        - name: Make sure that the token acts for a user
          ansible.builtin.assert:
            that: isc.identity.has_user_context

        - name: Count the pending tasks
          sailpoint.isc.pending_tasks_info:
            count_only: true
"""

RETURN = r"""
access_token:
  description: The token, for the option O(access_token) of the other modules.
  returned: success
  type: str
  sample: eyJhbGciOi...
expires_in:
  description: Seconds until the token expires. Null if that is not known.
  returned: success
  type: int
  sample: 43199
identity:
  description: What the token contains. Values that it does not contain are null, or empty lists.
  returned: success
  type: dict
  contains:
    tenant:
      description: Id of the tenant.
      type: str
      returned: success
    pod:
      description: Pod on which the tenant lives.
      type: str
      returned: success
    org:
      description: Name of the tenant.
      type: str
      returned: success
    user_name:
      description: User for whom the token acts; null for an API client.
      type: str
      returned: success
    authorities:
      description: User levels, such as V(ORG_ADMIN).
      type: list
      elements: str
      returned: success
    scopes:
      description: Scopes of the token.
      type: list
      elements: str
      returned: success
    has_user_context:
      description: Whether the token acts for a user, as a personal access token does.
      type: bool
      returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sailpoint.isc.plugins.module_utils import _module
from ansible_collections.sailpoint.isc.plugins.module_utils._http.client import Client
from ansible_collections.sailpoint.isc.plugins.module_utils._http.tokens import identity


def work(module: AnsibleModule, client: Client) -> dict[str, object]:
    token = client.token()
    seconds = token.seconds_left(client.now())
    return {
        "access_token": token.value,
        "expires_in": None if seconds is None else int(seconds),
        "identity": identity(token),
    }


def main() -> None:
    _module.run(work, returns_token=True)


if __name__ == "__main__":
    main()
