"""The OpenAPI document: Litestar's description of the routes, completed, and its names.

Names are plain for the native API, and begin with the dialect for others. A client generator makes
a class of each schema and a function of each operation, so they are unique and read well in code.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from inspect import cleandoc
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.serialization import encode_json
from litestar.types import Method
from litestar.types.internal_types import PathParameterDefinition
from litestar.typing import FieldDefinition
from msgspec import inspect

from backchannel.http.docs.samples import sample

PLAIN = {"native", "shared"}
"""The packages whose names need no prefix."""

Json = dict[str, Any]

REFERENCE = "#/components/schemas/"
NO_NUL = r"^[^\u0000]*$"
"""The texts without a NUL character, as a regular expression of ECMA-262."""


def schema_name(kind: type) -> str:
    """The name of a type's schema: `Message` of the native API, `ChatSocketMessage` of another."""
    own = kind.__name__.strip("_").removesuffix("Body")
    return _pascal(_dialect(kind.__module__)) + own


def operation_id(
    handler: HTTPRouteHandler,
    method: Method,  # noqa: ARG001 - the framework passes it
    path: list[str | PathParameterDefinition],
) -> str:
    """The name of an operation: that of its function, such as `sendMessage`.

    A function that serves several paths gives the longer ones the name of their last part.
    """
    name = _pascal(handler.fn.__name__)
    if len(handler.paths) > 1 and len(path) > 1:
        name += f"In{_pascal(str(path[-1]))}"
    whole = _pascal(_dialect(handler.fn.__module__)) + name
    return whole[0].lower() + whole[1:]


def _dialect(module: str) -> str:
    """The package of a dialect that a module is in, empty if names need no prefix."""
    package, _, rest = module.removeprefix("backchannel.").partition(".")
    name = rest.partition(".")[0]
    return "" if package != "dialects" or name in PLAIN else name


def _pascal(snake: str) -> str:
    return "".join(word.title() for word in snake.split("_"))


class StructDescriptions(OpenAPISchemaPlugin):
    """Adds the name of a struct's class to its schema, its docstring, and its strictness."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """The schema that the next plugin makes, with the docstring of the class."""
        others = [plugin for plugin in schema_creator.plugins if plugin is not self]
        following = next(each for each in others if _supports(each, field_definition))
        schema: Schema = following.to_openapi_schema(field_definition, schema_creator)
        struct: type[msgspec.Struct] = field_definition.annotation
        schema.title = schema_name(struct)
        schema.description = struct.__doc__ and cleandoc(struct.__doc__)
        limit_items(schema, struct)
        if struct.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        return schema


def _supports(plugin: OpenAPISchemaPlugin, field_definition: FieldDefinition) -> bool:
    # The older plugins among them have another method for this, and none of them is for structs.
    supports = getattr(plugin, "is_plugin_supported_field", None)
    return supports is not None and supports(field_definition)


def completed(document: Json, groups: Mapping[str, Mapping[str, str]] | None = None) -> Json:
    """The document with plain names for schemas, and examples and descriptions for all answers.

    `groups` are tags by the name of their group. Raises `ValueError` if two schemas have one name.
    """
    schemas = document["components"]["schemas"]
    titles = {name: schema.get("title", name) for name, schema in schemas.items()}
    references = {REFERENCE + name: REFERENCE + title for name, title in titles.items()}

    def refined(node: Json) -> Json:
        if len(node.get("oneOf", ())) == 1:  # a choice with one option is that option
            node.update(node.pop("oneOf")[0])
        if "$ref" in node:
            node["$ref"] = references.get(node["$ref"], node["$ref"])
        return node

    whole: Json = json.loads(encode_json(document), object_hook=refined)
    schemas = whole["components"]["schemas"]
    components = {titles[name]: schema for name, schema in schemas.items()}
    if len(components) < len(schemas):
        raise ValueError(f"schemas share a name: {sorted(titles.values())}")
    whole["components"]["schemas"] = components
    grouped = [{"name": name, "tags": list(tags)} for name, tags in (groups or {}).items()]
    whole["x-tagGroups"] = grouped
    for schema in components.values():
        if schema.get("additionalProperties") is False:
            _describe_defaults(schema["properties"].values())
    for path in whole["paths"].values():
        for operation in path.values():
            _describe(operation, components)
    return whole


def _describe_defaults(fields: Iterable[Json]) -> None:
    """Describe defaults of a request in words: generated clients require fields with a default."""
    for field in fields:
        default = field.pop("default", None)
        if default not in (None, [], ""):
            words = (field.get("description", ""), f"Default: {default}")
            field["description"] = ". ".join(filter(None, words))


def _describe(operation: Json, components: Json) -> None:
    operation.setdefault("security", [])
    body = operation.get("requestBody", {})
    for content in body.get("content", {}).values():
        _exemplify(content, components)
        if {"type": "null"} in content["schema"].get("oneOf", ()):
            body["required"] = False  # Litestar documents every body as required
    for parameter in operation.get("parameters", ()):
        _exclude_nul(parameter["schema"])
        if parameter["required"] and "examples" not in parameter:
            parameter["example"] = sample(parameter["schema"], components)
    for status, response in operation["responses"].items():
        contents = response.get("content", {})
        for media_type, content in contents.items():
            if "json" in media_type:
                _exemplify(content, components)
            else:
                content["schema"] = {"type": "string", "format": "binary"}
        if status.startswith("2"):
            schemas = [content["schema"] for content in contents.values()]
            names = [each.get("$ref", "").rpartition("/")[2] for each in schemas]
            words = [components[name].get("description") for name in names if name]
            response["description"] = next((each for each in words if each), _success(response))


def _exclude_nul(schema: Json) -> None:
    """Document that the text of a parameter has no NUL, which the edge refuses."""
    for each in (schema, *schema.get("oneOf", ())):
        if each.get("type") == "string" and not {"pattern", "enum"} & set(each):
            each["pattern"] = NO_NUL


def _success(response: Json) -> str:
    """The description of a success without a body type."""
    text: str = response.get("description", "")
    is_meaningful = text and not text.startswith(("Request fulfilled", "Document created"))
    return text if is_meaningful else "Done."


def _exemplify(content: Json, components: Json) -> None:
    if "examples" not in content and "schema" in content:
        content["example"] = sample(content["schema"], components)


_WORDS: Mapping[type[inspect.Type], Mapping[str, str]] = {
    inspect.IntType: {"ge": "minimum", "le": "maximum"},
    inspect.StrType: {"min_length": "min_length", "max_length": "max_length"},
    inspect.ListType: {"min_length": "min_items", "max_length": "max_items"},
}
"""The names of limits in msgspec and in JSON Schema, by the type of the item."""


def limit_items(schema: Schema, struct: type[msgspec.Struct]) -> None:
    """Add the limits of the items of all lists in a struct to the struct's schema."""
    described = inspect.type_info(struct)
    if not isinstance(described, inspect.StructType):
        return
    for field in described.fields:
        listed = (schema.properties or {}).get(field.encode_name)
        for kind in _lists(field.type):
            _limit(listed, kind)


def _lists(kind: inspect.Type) -> Iterator[inspect.ListType]:
    kind = _bare(kind)
    kinds = kind.types if isinstance(kind, inspect.UnionType) else [kind]
    yield from (each for each in map(_bare, kinds) if isinstance(each, inspect.ListType))


def _bare(kind: inspect.Type) -> inspect.Type:
    """A type without the description or the examples around it."""
    return kind.type if isinstance(kind, inspect.Metadata) else kind


def _limit(schema: object, listed: inspect.ListType) -> None:
    if not isinstance(schema, Schema) or not isinstance(schema.items, Schema):
        return
    item = _bare(listed.item_type)
    for name, word in _WORDS.get(type(item), {}).items():
        if (limit := getattr(item, name)) is not None:
            setattr(schema.items, word, limit)
    if isinstance(item, inspect.ListType):
        _limit(schema.items, item)
