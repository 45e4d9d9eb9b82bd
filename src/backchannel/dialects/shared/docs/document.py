"""The OpenAPI document: what Litestar derives from the routes, completed."""

from inspect import cleandoc
from typing import Any

import msgspec
from litestar.openapi.spec import Schema
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition

from backchannel.dialects.shared.docs.samples import sample


class StructDescriptions(OpenAPISchemaPlugin):
    """Adds to a struct's schema what its class says: its docstring, and that it is strict."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: Any) -> Schema:
        """The schema that the next plugin makes, with the class's own words."""
        others = [plugin for plugin in schema_creator.plugins if plugin is not self]
        following = next(each for each in others if _supports(each, field_definition))
        schema: Schema = following.to_openapi_schema(field_definition, schema_creator)
        struct: type[msgspec.Struct] = field_definition.annotation
        schema.description = struct.__doc__ and cleandoc(struct.__doc__)
        if struct.__struct_config__.forbid_unknown_fields:
            schema.additional_properties = False
        return schema


def _supports(plugin: OpenAPISchemaPlugin, field_definition: FieldDefinition) -> bool:
    # The older plugins among them have another method for this, and none of them is for structs.
    supports = getattr(plugin, "is_plugin_supported_field", None)
    return supports is not None and supports(field_definition)


def completed(document: dict[str, Any]) -> dict[str, Any]:
    """Give each body an example, and each success a description; changed in place."""
    components = document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            _describe(operation, components)
    return document


def _describe(operation: dict[str, Any], components: dict[str, Any]) -> None:
    body = operation.get("requestBody", {})
    for content in body.get("content", {}).values():
        _exemplify(content, components)
        if {"type": "null"} in content["schema"].get("oneOf", ()):
            body["required"] = False  # Litestar says of every body that it must be there
    for status, response in operation["responses"].items():
        contents = response.get("content", {}).values()
        for content in contents:
            _exemplify(content, components)
        if status.startswith("2"):
            names = [content["schema"].get("$ref", "").rpartition("/")[2] for content in contents]
            words = [components[name].get("description") for name in names if name]
            response["description"] = next((each for each in words if each), "Done.")


def _exemplify(content: dict[str, Any], components: dict[str, Any]) -> None:
    if "examples" not in content and "schema" in content:
        content["example"] = sample(content["schema"], components)
