"""Fields are described by the docstrings beneath them, in every schema that is asked for."""

from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from core.described import Described, words_of

Kind = TypeVar("Kind")


class Inner(Described):
    """What stands within."""

    amount: int
    """Whole yen."""


class Outer(Described):
    """Fields of every kind."""

    first: int
    """The first,
    in two lines."""
    second: int = Field(default=1, description="Its own words.")
    """Words that are not told."""
    third: Inner
    """Another model."""
    fourth: int | None = Field(default=None, alias="from", examples=[7])
    """Under another name."""
    fifth: int
    sixth: tuple[Inner, ...] = ()
    "Quoted once."
    seventh: int = 0
    _private: int = 0
    """Nobody's."""

    class Within(Described):
        deep: str
        """Of a class within a class."""


class Heir(Outer):
    """Declares two of them anew, and one more."""

    first: int
    fifth: int
    """Said later."""
    eighth: int
    """Its own."""


class OfKind(Described, Generic[Kind]):
    """One that others are made of."""

    kind: Kind
    """Of any kind."""


DESCRIBED: dict[type[BaseModel], dict[str, str | None]] = {
    Inner: {"amount": "Whole yen."},
    Outer: {
        "first": "The first,\nin two lines.",
        "second": "Its own words.",
        "third": "Another model.",
        "from": "Under another name.",
        "fifth": None,
        "sixth": "Quoted once.",
        "seventh": None,
    },
    Outer.Within: {"deep": "Of a class within a class."},
    OfKind[int]: {"kind": "Of any kind."},
}


@pytest.mark.parametrize("model", DESCRIBED, ids=lambda model: model.__qualname__)
@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_a_schema_says_what_stands_beneath_a_field(model, mode):
    properties = model.model_json_schema(mode=mode)["properties"]
    assert {name: each.get("description") for name, each in properties.items()} == DESCRIBED[model]


def test_an_heir_says_what_it_has_from_others_unless_it_declares_the_field_anew():
    properties = Heir.model_json_schema()["properties"]
    told = {name: each.get("description") for name, each in properties.items()}
    assert told == DESCRIBED[Outer] | {"first": None, "fifth": "Said later.", "eighth": "Its own."}


def test_models_within_others_are_described_too():
    schema = TypeAdapter(list[Outer]).json_schema()
    assert schema["$defs"]["Inner"]["properties"]["amount"]["description"] == "Whole yen."
    third = schema["$defs"]["Outer"]["properties"]["third"]
    assert third == {"$ref": "#/$defs/Inner", "description": "Another model."}


def test_a_class_in_a_function_and_one_without_a_source_are_no_trouble():
    class Local(Described):
        name: str
        """Of a person."""

    assert words_of(Local) == {"name": "Of a person."}
    space: dict[str, Any] = {"Described": Described, "__name__": "sys"}
    exec("class Made(Described):\n    name: str", space)  # noqa: S102
    assert space["Made"].model_json_schema()["properties"] == {
        "name": {"title": "Name", "type": "string"}
    }


def test_it_is_what_pydantic_says_of_the_same_source():
    class Theirs(BaseModel):
        model_config = ConfigDict(use_attribute_docstrings=True)

        amount: int = 3
        """Whole yen."""
        inner: Inner | None
        """Or nothing."""

    class Ours(Described):
        amount: int = 3
        """Whole yen."""
        inner: Inner | None
        """Or nothing."""

    assert Ours.model_json_schema()["properties"] == Theirs.model_json_schema()["properties"]
