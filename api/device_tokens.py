"""The device token: what an app or browser shows of itself at each sign-in, whoever signs in."""

from typing import Annotated

from pydantic import Field, StringConstraints

from access.login_devices import DEVICE_TOKEN

DeviceToken = Annotated[
    str,
    StringConstraints(strict=True, pattern=DEVICE_TOKEN),
    Field(
        description="Of an earlier sign-in in this app or browser, whoever signed in: keep it.",
        examples=["b" * 43],
    ),
]
