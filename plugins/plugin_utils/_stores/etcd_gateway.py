# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd's JSON gateway: requests and answers, with the certificates that Ansible finds.

Source: the etcd documentation, "API reference" and "Why gRPC gateway". Keys and values are in base64; numbers are strings; what
is zero or false is left out of answers.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from ansible.module_utils.urls import make_context

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import Address
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import one_line

_SECONDS = 10
_UNAUTHENTICATED = 16
_OPTIONS = ("ca", "cert", "key")
_OTHER = "the answer is none of etcd"
_REACH = "check that the server runs and can be reached from the controller"
_CREDENTIALS = "check user and password, in the address or in ETCDCTL_USER and ETCDCTL_PASSWORD"
_REMEDIES = (
    ("permission denied", "give the user's role read and write permission on the registry's prefix"),
    ("user name is empty", _CREDENTIALS),
    ("authentication failed", _CREDENTIALS),
    ("invalid auth token", _CREDENTIALS),
    ("authentication is not enabled", "leave user and password out"),
    ("database space exceeded", "compact and defragment it, and disarm the alarm"),
    ("", "check the server and its log, then start again"),
)
"""A part of what the server says, and the remedy."""


class _Refused(Exception):
    """The server answered with an error."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class _NoRedirect(HTTPRedirectHandler):
    """Send a token to no other server."""

    def redirect_request(self, *_arguments: Any) -> None:
        """A redirect is an error."""


class Gateway:
    """One server, with credentials of the address or of etcdctl's environment variables."""

    def __init__(self, address: Address) -> None:
        address.only(_OPTIONS)
        self._address = address
        url = urlsplit(address.url.removeprefix("etcd+"))
        try:
            port = url.port
        except ValueError:
            raise PlanError(f"registry {address.shown}: has no valid port; correct it") from None
        if not url.hostname:
            raise PlanError(f"registry {address.shown}: has no host; write etcd+https://HOST:2379/PREFIX#NAME")
        host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
        self._url = f"{url.scheme}://{host}:{port or 2379}/v3/"
        self._files = {key: address.options.get(key) or os.environ.get(f"ETCDCTL_{key.upper()}") for key in _OPTIONS}
        self._files["ca"] = self._files["ca"] or os.environ.get("ETCDCTL_CACERT")
        self._token: str | None = None
        self._opener: OpenerDirector | None = None

    def call(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a request.

        :param method: as ``kv/txn``.
        :raises PlanError: no answer, or an error, with the remedy.
        """
        try:
            if self._token is None:
                self._authenticate()
            try:
                return self._request(method, body)
            except _Refused as error:  # a token is valid for some minutes, and until users change
                if self._token is None or (error.code != _UNAUTHENTICATED and "auth" not in str(error)):
                    raise
                self._authenticate()
                return self._request(method, body)
        except _Refused as error:
            said = self._address.hide(one_line(str(error)))
            remedy = next(remedy for part, remedy in _REMEDIES if part in said)
            raise PlanError(f"registry {self._address.shown}: {said}; {remedy}") from None

    def range(self, asked: Mapping[str, Any]) -> list[tuple[str, bytes]]:
        """Keys and values of the answer to ``kv/range``.

        :raises PlanError: as :meth:`call`.
        """
        answer = self.call("kv/range", asked)
        try:
            items = [(base64.b64decode(item["key"]), base64.b64decode(item.get("value", ""))) for item in answer.get("kvs", [])]
            return [(key.decode("utf-8", "replace"), value) for key, value in items]
        except (TypeError, ValueError, AttributeError, KeyError):
            self._unreachable(ValueError(_OTHER))

    def _authenticate(self) -> None:
        user, password = self._address.user, self._address.password
        if user is None:
            user, _colon, inside = os.environ.get("ETCDCTL_USER", "").partition(":")
            password = inside or None
        if user:
            self._token = None
            password = os.environ.get("ETCDCTL_PASSWORD", "") if password is None else password
            answer = self._request("auth/authenticate", {"name": user, "password": password})
            if "token" not in answer:
                self._unreachable(ValueError(_OTHER))
            self._token = str(answer["token"])

    def _request(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", **({"Authorization": self._token} if self._token else {})}
        try:
            request = Request(self._url + method, json.dumps(body).encode(), headers)  # noqa: S310 - http or https
            with self._opened().open(request, timeout=_SECONDS) as response:
                answer = json.loads(response.read())
        except HTTPError as error:
            raise _refusal(error) from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._unreachable(error)
        if not isinstance(answer, dict):
            self._unreachable(ValueError(_OTHER))
        return answer

    def _opened(self) -> OpenerDirector:
        """Made once, because reading all certificates takes longer than a request."""
        if self._opener is None:
            handlers: list[Any] = [_NoRedirect()]
            if self._url.startswith("https:"):
                files = self._files
                handlers.append(
                    HTTPSHandler(context=make_context(files["ca"], client_cert=files["cert"], client_key=files["key"]))
                )
            self._opener = build_opener(*handlers)
        return self._opener

    def _unreachable(self, error: Exception) -> NoReturn:
        reason = error.reason if isinstance(error, URLError) else error
        said = self._address.hide(one_line(str(reason))) or type(reason).__name__
        remedy = _REACH
        if isinstance(reason, ssl.SSLError):
            remedy = "give the file of the authority that signed the server's certificate: ?ca=FILE before the #"
        raise PlanError(f"registry {self._address.shown}: cannot reach etcd: {said}; {remedy}") from None


def encoded(text: str) -> str:
    """A key or value for the gateway."""
    return base64.b64encode(text.encode()).decode()


def _refusal(error: HTTPError) -> _Refused:
    try:
        answer = json.loads(error.read())
        return _Refused(int(answer["code"]), str(answer.get("message") or answer["error"]))
    except (ValueError, KeyError, TypeError, AttributeError, OSError, http.client.HTTPException):
        return _Refused(0, f"the answer is HTTP status {error.code}, and none of etcd's")
