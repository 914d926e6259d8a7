# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3: an object for each network, written only if it is still the one that was read.

There are servers that ignore these conditions, and some that look at them only before they write, so they are tried first.

Source: the Amazon S3 user guide, "How to prevent object overwrites with conditional writes".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NoReturn
from urllib.parse import quote, unquote

from ansible_collections.meshwork.wireguard.plugins.plugin_utils._plan.model.findings import PlanError
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.address import Address, registry_name
from ansible_collections.meshwork.wireguard.plugins.plugin_utils._stores.store import (
    SUFFIX,
    Entry,
    Note,
    Store,
    network_of,
    one_line,
    utc,
)

_OPTIONS = ("endpoint_url", "region", "profile")
_LONGEST = 500
"""Bytes of each part of a note; an object has 2 KiB of metadata at most."""
_MISSING = ("NoSuchKey", "404", "NotFound", "NoSuchVersion")
_CREDENTIALS = "check the credentials on the controller (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a role)"
_REMEDIES: Mapping[str, str] = {
    "NoSuchBucket": "create the bucket, or correct the address",
    "InvalidAccessKeyId": _CREDENTIALS,
    "SignatureDoesNotMatch": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "AccessDenied": (
        "allow s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket, and for the history s3:GetBucketVersioning, "
        "s3:ListBucketVersions and s3:GetObjectVersion"
    ),
    "NotImplemented": "the server lacks what the registry needs; update it, or use another store, as postgresql://",
}
_REACH = f"check endpoint_url and region in the address, that the server can be reached, and {_CREDENTIALS}"
_OVERTAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409", "OperationAborted")
"""What a server answers when a condition does not hold, or another request was faster."""
_AT_ONCE = 4
_NO_ETAG = '"00000000000000000000000000000000"'
_probed: set[tuple[str, ...]] = set()
"""The places that this process has seen keep conditions."""


class S3Store(Store):
    """The revision is the object's ETag. The bucket's versions are the history."""

    def __init__(self, address: Address) -> None:
        super().__init__(address.shown)
        address.only(_OPTIONS)
        if address.user is not None:
            raise PlanError(f"registry {address.shown}: takes no credentials in the address; {_CREDENTIALS}")
        if not address.host:
            raise PlanError(f"registry {address.shown}: has no bucket; write s3://BUCKET/PREFIX#NAME")
        self._address = address
        self._bucket = address.host
        prefix = address.path.strip("/")
        self._root = f"{prefix}/{registry_name(address)}/" if prefix else f"{registry_name(address)}/"
        self._made: Any = None

    def close(self) -> None:
        """See :class:`Store`."""
        if self._made is not None:
            self._made.close()
            self._made = None

    def networks(self) -> list[str]:
        """See :class:`Store`."""
        with self._client() as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._root, Delimiter="/")
            names = [item["Key"].removeprefix(self._root) for page in pages for item in page.get("Contents", [])]
        return sorted(network for name in names if (network := network_of(name)) is not None)

    def _read(self, network: str) -> tuple[str, str | None]:
        with self._client(absent=True) as client:
            found = client.get_object(Bucket=self._bucket, Key=self._key(network))
            return self.text_of(found["Body"].read(), network), str(found["ETag"])
        return "", None

    def _write(self, network: str, text: str, revision: str | None, note: Note) -> bool:
        about = {"who": note.who, "run": note.run, "summary": note.summary}
        condition = {"IfNoneMatch": "*"} if revision is None else {"IfMatch": revision}
        with self._client() as client:
            self._probe(client)
            try:
                client.put_object(
                    Bucket=self._bucket,
                    Key=self._key(network),
                    Body=text.encode(),
                    ContentType="application/json",
                    Metadata={key: _cut(quote(value, safe=" ,:;()/@")) for key, value in about.items()},
                    **condition,
                )
            except client.exceptions.ClientError as error:
                if _code_of(error) in _OVERTAKEN or (revision is not None and _code_of(error) in _MISSING):
                    return False
                raise
        return True

    def _history(self, network: str) -> list[Entry]:
        with self._client() as client:
            entries = []
            for version in self._versions(client, network):
                about = client.head_object(Bucket=self._bucket, Key=self._key(network), VersionId=version["VersionId"])[
                    "Metadata"
                ]
                parts = (unquote(about.get(key, "")) for key in ("who", "run", "summary"))
                entries.append(Entry(version["ETag"], utc(version["LastModified"]), *parts))
        return entries

    def _read_revision(self, network: str, revision: str) -> str | None:
        with self._client(absent=True) as client:
            for version in self._versions(client, network):
                if version["ETag"] == revision:
                    found = client.get_object(Bucket=self._bucket, Key=self._key(network), VersionId=version["VersionId"])
                    return self.text_of(found["Body"].read(), network)
        return None

    def _versions(self, client: Any, network: str) -> list[Any]:
        """The versions of a network's object, the latest first."""
        if client.get_bucket_versioning(Bucket=self._bucket).get("Status") != "Enabled":
            raise self.error("the bucket keeps no versions, so there is no history", "enable versioning of the bucket")
        key = self._key(network)
        pages = client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=key)
        found = [item for page in pages for item in page.get("Versions", []) if item["Key"] == key]
        return sorted(found, key=lambda item: (item["IsLatest"], item["LastModified"]), reverse=True)

    def _probe(self, client: Any) -> None:
        """Before this process writes for the first time: whether the server keeps conditions."""
        place = (str(self._address.options.get("endpoint_url")), self._bucket, self._root)
        if place in _probed:
            return
        if not _keeps_conditions(client, self._bucket, self._root):
            raise self.error(
                "the server writes objects although the request's condition (If-Match, If-None-Match) does not hold, so runs "
                "would overwrite each other's changes",
                "update the server, or use another store, as postgresql://",
            )
        _probed.add(place)

    def _key(self, network: str) -> str:
        return f"{self._root}{network}{SUFFIX}"

    @contextmanager
    def _client(self, absent: bool = False) -> Iterator[Any]:
        """The client.

        :param absent: leave the block if there is no such object.
        :raises PlanError: what boto3 raises, with a remedy.
        """
        try:
            import boto3
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise self.error("S3 needs a Python library that is missing", "install boto3 on the controller") from None
        try:
            if self._made is None:
                self._made = self._new_client(boto3)
            yield self._made
        except ClientError as error:
            code = _code_of(error)
            if not absent or code not in _MISSING:
                self._refused(error, code)
        except (BotoCoreError, ValueError) as error:
            if isinstance(error, PlanError):
                raise
            raise self.error(f"cannot use S3: {one_line(str(error))}", _REACH) from None

    def _new_client(self, boto3: Any) -> Any:
        from botocore.config import Config

        options = self._address.options
        session = boto3.session.Session(profile_name=options.get("profile"), region_name=options.get("region"))
        config = Config(
            connect_timeout=10,
            read_timeout=30,
            retries={"mode": "standard", "max_attempts": 3},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        return session.client("s3", endpoint_url=options.get("endpoint_url"), config=config)

    def _refused(self, error: Exception, code: str) -> NoReturn:
        default = (
            _REMEDIES["AccessDenied"] if code in ("403", "Forbidden") else "check the address and the server, then start again"
        )
        raise self.error(one_line(str(error)), _REMEDIES.get(code, default))


def _cut(text: str) -> str:
    """The start of a percent-encoded text, without half a character at the end."""
    if len(text) <= _LONGEST:
        return text
    return quote(unquote(text[:_LONGEST].rsplit("%", 1)[0], errors="ignore"), safe=" ,:;()/@")


def _code_of(error: Exception) -> str:
    """The error code of an answer."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def _keeps_conditions(client: Any, bucket: str, root: str) -> bool:
    """Try it with an object of its own, which is removed.

    :param root: the start of the object's key.
    :raises ClientError: of the server's, for other reasons.
    """
    key = f"{root}.probe-{uuid.uuid4()}"

    def wins(**condition: str) -> bool:
        try:
            client.put_object(Bucket=bucket, Key=key, Body=uuid.uuid4().bytes, **condition)  # equal bodies have equal ETags
        except client.exceptions.ClientError as error:
            if _code_of(error) not in _OVERTAKEN:
                raise
            return False
        return True

    def winners(**condition: str) -> int:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return sum(pool.map(lambda _: wins(**condition), range(_AT_ONCE)))

    try:
        if winners(IfNoneMatch="*") != 1 or wins(IfMatch=_NO_ETAG):
            return False
        etag = client.head_object(Bucket=bucket, Key=key)["ETag"]
        return winners(IfMatch=etag) == 1
    finally:
        client.delete_object(Bucket=bucket, Key=key)
