"""What template.yaml says about the functions and their routes."""

import dataclasses
import pathlib

from samcli.yamlhelper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parents[2]


@dataclasses.dataclass(frozen=True)
class Route:
    method: str
    path: str
    resource: str
    binary: str
    authorized: bool

    @property
    def key(self):
        return f"{self.method} {self.path}"


def routes():
    """Every HTTP route, in the template's order."""
    found = []
    for resource, definition in functions().items():
        for event in definition["Properties"].get("Events", {}).values():
            if event["Type"] == "HttpApi":
                route = event["Properties"]
                authorized = route.get("Auth", {}).get("Authorizer") != "NONE"
                found.append(Route(route["Method"], route["Path"], resource, binary(definition), authorized))
    return found


def functions():
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    return {name: it for name, it in resources.items() if it["Type"] == "AWS::Serverless::Function"}


def authorizer():
    """The resource that the API's default authorizer names, and its definition there."""
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    auth = resources["Api"]["Properties"]["Auth"]
    definition = auth["Authorizers"][auth["DefaultAuthorizer"]]
    resource = definition["FunctionArn"]["Fn::GetAtt"]
    return (resource[0] if isinstance(resource, list) else resource.split(".")[0]), definition


def binary(definition):
    return definition["Metadata"]["BuildProperties"]["Binary"]
