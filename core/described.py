"""Models whose schema says of each field what the docstring beneath the field says.

Pydantic does the same with `use_attribute_docstrings`, and reads the source of every class as it is
made: of all that a process of the API did to start, a good part. Here it is read once somebody asks
for a schema, which few processes are ever asked for.
"""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pydantic import BaseModel, GetJsonSchemaHandler

Words = dict[str, str | None]
"""By the name of a field; None where nothing stands beneath it."""


class Described(BaseModel):
    """A model that is described so. A `description` of a field's own goes before its docstring."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core_schema: Any, handler: GetJsonSchemaHandler, /
    ) -> dict[str, Any]:
        """As pydantic makes it, with the words of each field in its place."""
        told = handler(core_schema)
        properties = handler.resolve_ref_schema(told).get("properties", {})
        for name, words in words_of(cls).items():
            field = cls.model_fields.get(name)
            if field is None or field.description is not None:
                continue
            by_mode = handler.mode == "serialization"
            alias = field.serialization_alias if by_mode else field.validation_alias
            for spelling in (alias, name):
                if isinstance(spelling, str) and spelling in properties:
                    properties[spelling]["description"] = words
                    break
        return told


def words_of(model: type[BaseModel]) -> dict[str, str]:
    """What stands beneath the fields of a model, also those that it has from others."""
    words: Words = {}
    for each in reversed(model.__mro__):
        if not each.__module__.startswith("pydantic"):
            words |= _read(each.__module__).get(each.__qualname__, {})
    return {name: said for name, said in words.items() if said is not None}


@cache
def _read(module: str) -> dict[str, Words]:
    """Every class of a module by its qualified name; none where its source is not there."""
    try:
        source = inspect.getsource(sys.modules[module])
    except (OSError, TypeError):
        return {}
    return dict(_classes(ast.parse(source).body, ""))


def _classes(statements: Iterable[ast.AST], within: str) -> Iterator[tuple[str, Words]]:
    for node in statements:
        inner = within
        if isinstance(node, ast.ClassDef):
            yield within + node.name, dict(_fields(node))
            inner = f"{within}{node.name}."
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = f"{within}{node.name}.<locals>."
        children = (child for child in ast.iter_child_nodes(node) if isinstance(child, ast.stmt))
        yield from _classes(children, inner)


def _fields(made: ast.ClassDef) -> Iterator[tuple[str, str | None]]:
    for node, beneath in pairwise([*made.body, ast.Pass()]):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, _docstring(beneath)


def _docstring(node: ast.stmt) -> str | None:
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return None
    said = node.value.value
    return inspect.cleandoc(said) if isinstance(said, str) else None
