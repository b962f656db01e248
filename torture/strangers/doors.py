"""Every route of the API as its own description tells it: a door, and how to knock at it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from urllib.parse import quote, urlencode
from uuid import UUID

from town.wire import Call

METHODS: Final = ("get", "put", "post", "patch", "delete")
_PARAMETER: Final = re.compile(r"{(\w+)}")
_ROLES: Final = re.compile(r"role (.*?), scope")
_NAMED: Final = re.compile(r"`([a-z]+)`")

Name = Callable[[str], str | None]
"""What stands under a parameter's or a member's name; None leaves the example as it is."""


@dataclass(frozen=True, slots=True)
class Door:
    """One operation. `face` is whose token it takes: any for all of them, "" for none at all."""

    operation_id: str
    method: str
    path: str
    face: str
    roles: tuple[str, ...]
    """Of the face, which may come in; empty where all may."""
    parameters: tuple[Mapping[str, Any], ...]
    bodies: tuple[Any, ...]
    schema: Mapping[str, Any]
    """Of the body: which members it needs; the others may be left out."""
    schemas: Mapping[str, Any] = field(repr=False)

    @property
    def own_id(self) -> str:
        """The name of the id that whoever knocks makes, where the door takes a new one."""
        named = _PARAMETER.findall(self.path)
        is_new = self.method == "PUT" and self.path.endswith("}") and named[-1].endswith("_id")
        return named[-1] if is_new else ""

    def knock(self, names: Name, random: Random, token: str | None) -> Call:
        """A request that is well formed, with these names in path, query and body."""
        path = _PARAMETER.sub(lambda found: quote(self._said(found[1], names), safe=""), self.path)
        query = {
            each["name"]: self._said(each["name"], names)
            for each in self.parameters
            if each["in"] == "query"
            and (each.get("required") or (_is_a_name(each) and random.random() < 0.5))
        }
        address = f"{path}?{urlencode(query)}" if query else path
        return Call(self.method, address, self._content(names, random), token)

    def _content(self, names: Name, random: Random) -> bytes:
        if not self.bodies:
            return b""
        body = random.choice(self.bodies)
        if isinstance(body, str):  # XML
            return body.encode()
        return json.dumps(self._filled(body, self.schema, names, random)).encode()

    def _filled(
        self, value: Any, schema: Mapping[str, Any], names: Name, random: Random, name: str = ""
    ) -> Any:
        """An example with these names in it, and some of what may be left out left out."""
        if isinstance(value, dict):
            said = self._of(schema)
            needed, members = said.get("required", ()), said.get("properties", {})
            return {
                key: self._filled(each, members.get(key, {}), names, random, key)
                for key, each in value.items()
                if key in needed or random.random() < 0.5
            }
        if isinstance(value, list):
            return [self._filled(each, {}, names, random, name) for each in value]
        if isinstance(value, str) and (_is_uuid(value) or name == "qr"):
            return names(name) or value
        return value

    def _of(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema of an object, behind its name and behind whether it may be absent."""
        choices = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
        named = next((each["$ref"] for each in choices if "$ref" in each), "")
        found: Mapping[str, Any] = self.schemas.get(named.rpartition("/")[2], schema)
        return found

    def _said(self, name: str, names: Name) -> str:
        said = names(name)
        if said is not None:
            return said
        found = next(each for each in self.parameters if each["name"] == name)
        schema = found["schema"]
        choices = (found.get("example"), *schema.get("examples", ()), *schema.get("enum", ()))
        return str(next(each for each in choices if each is not None))


def doors_of(page: Mapping[str, Any]) -> tuple[Door, ...]:
    """All doors of an OpenAPI page."""
    return tuple(_doors(page))


def _doors(page: Mapping[str, Any]) -> Iterator[Door]:
    for path, operations in page["paths"].items():
        for method in METHODS:
            if method in operations:
                yield _door(page, path, method, operations[method])


def _door(page: Mapping[str, Any], path: str, method: str, said: Mapping[str, Any]) -> Door:
    faces = [face for choice in said.get("security", ()) for face in choice]
    roles = _ROLES.search(said.get("description", ""))
    content: Mapping[str, Any] = next(
        iter(said.get("requestBody", {}).get("content", {}).values()), {}
    )
    examples = [each["value"] for each in content.get("examples", {}).values()]
    return Door(
        operation_id=said["operationId"],
        method=method.upper(),
        path=path,
        face=faces[0] if faces else "",
        roles=tuple(_NAMED.findall(roles[1])) if roles else (),
        parameters=tuple(said.get("parameters", ())),
        bodies=tuple(examples or ([content["example"]] if "example" in content else ())),
        schema=content.get("schema", {}),
        schemas=page["components"]["schemas"],
    )


def _is_a_name(parameter: Mapping[str, Any]) -> bool:
    name: str = parameter["name"]
    return name.endswith("_id") or name in ("actor", "refers_to")


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
