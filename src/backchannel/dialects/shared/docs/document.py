"""The OpenAPI document: what Litestar derives from the routes, completed."""

import json
from collections.abc import Iterable, Mapping
from inspect import cleandoc
from typing import Any

import msgspec
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.serialization import encode_json
from litestar.typing import FieldDefinition

from backchannel.dialects.shared.docs.names import schema_name
from backchannel.dialects.shared.docs.samples import sample

Json = dict[str, Any]

REFERENCE = "#/components/schemas/"
NO_NUL = r"^[^\u0000]*$"
"""The texts without a NUL character, as a regular expression of ECMA-262."""


class StructDescriptions(OpenAPISchemaPlugin):
    """Adds to a struct's schema what its class says: its name, its docstring, and strictness."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """The schema that the next plugin makes, with the class's own words."""
        others = [plugin for plugin in schema_creator.plugins if plugin is not self]
        following = next(each for each in others if _supports(each, field_definition))
        schema: Schema = following.to_openapi_schema(field_definition, schema_creator)
        struct: type[msgspec.Struct] = field_definition.annotation
        schema.title = schema_name(struct)
        schema.description = struct.__doc__ and cleandoc(struct.__doc__)
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
        if len(node.get("oneOf", ())) == 1:  # a choice between one thing is that thing
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
            _tell_defaults(schema["properties"].values())
    for path in whole["paths"].values():
        for operation in path.values():
            _describe(operation, components)
            _exclude_nul(operation)
    return whole


def _tell_defaults(fields: Iterable[Json]) -> None:
    """Say the defaults of a request's fields in words: generators ask for fields that have one."""
    for field in fields:
        default = field.pop("default", None)
        if default not in (None, []):
            words = (field.get("description", ""), f"Default: {default}")
            field["description"] = ". ".join(filter(None, words))


def _describe(operation: Json, components: Json) -> None:
    operation.setdefault("security", [])
    body = operation.get("requestBody", {})
    for content in body.get("content", {}).values():
        _exemplify(content, components)
        if {"type": "null"} in content["schema"].get("oneOf", ()):
            body["required"] = False  # Litestar says of every body that it must be there
    for parameter in operation.get("parameters", ()):
        _refuse_nul(parameter["schema"])
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


def _refuse_nul(schema: Json) -> None:
    """Say of a parameter's text what the edge sees to: it has no NUL."""
    for each in (schema, *schema.get("oneOf", ())):
        if each.get("type") == "string" and not {"pattern", "enum"} & set(each):
            each["pattern"] = "^[^\\x00]*$"


def _success(response: Json) -> str:
    """The description of a success without a body type."""
    said: str = response.get("description", "")
    is_meaningful = said and not said.startswith(("Request fulfilled", "Document created"))
    return said if is_meaningful else "Done."


def _exclude_nul(operation: Json) -> None:
    """Say of each text in the path and the query that it holds no NUL, as the edge demands."""
    for parameter in operation.get("parameters", ()):
        schema: Json = parameter["schema"]
        kinds: list[Json] = [schema, *schema.get("oneOf", ())]
        for kind in kinds if parameter["in"] != "header" else ():
            if kind.get("type") == "string" and not kind.keys() & {"enum", "pattern"}:
                kind["pattern"] = NO_NUL


def _exemplify(content: Json, components: Json) -> None:
    if "examples" not in content and "schema" in content:
        content["example"] = sample(content["schema"], components)
