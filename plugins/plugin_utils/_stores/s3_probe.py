# SPDX-FileCopyrightText: 2026 meshwork.wireguard contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an S3 server keeps the conditions of requests, also of several at once.

There are servers that ignore the headers, and some that look at them only before they write.
"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

OVERTAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "412", "409", "OperationAborted")
"""What a server answers when a condition does not hold, or another request was faster."""
_AT_ONCE = 4
_NO_ETAG = '"00000000000000000000000000000000"'


def code_of(error: Exception) -> str:
    """The error code of an answer."""
    return str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))


def keeps_conditions(client: Any, bucket: str, root: str) -> bool:
    """Try it with an object of its own, which is removed.

    :param root: the start of the object's key.
    :raises ClientError: of the server's, for other reasons.
    """
    key = f"{root}.probe-{uuid.uuid4()}"

    def wins(**condition: str) -> bool:
        try:
            client.put_object(Bucket=bucket, Key=key, Body=uuid.uuid4().bytes, **condition)  # equal bodies have equal ETags
        except client.exceptions.ClientError as error:
            if code_of(error) not in OVERTAKEN:
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
