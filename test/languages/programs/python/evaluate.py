"""Evaluates flags with the OpenFeature SDK and one of its providers.

    evaluate.py ofrep URL TOKEN
    evaluate.py flagd FILE

The first line of stdin is a JSON array of {"name", "type"}. Each further line is a context. For each
context, a line of stdout has an array with [value, variant, error] for each flag.
"""

import json
import sys

from openfeature import api
from openfeature.evaluation_context import EvaluationContext


def create_provider(kind, source, token=None):
    if kind == "ofrep":
        from openfeature.contrib.provider.ofrep import OFREPProvider

        return OFREPProvider(
            source, headers_factory=lambda: {"Authorization": f"Bearer {token}"}
        )
    from openfeature.contrib.provider.flagd import FlagdProvider
    from openfeature.contrib.provider.flagd.config import ResolverType

    return FlagdProvider(
        resolver_type=ResolverType.FILE, offline_flag_source_path=source
    )


def evaluate(client, flag, context):
    get_details = {
        "boolean": (client.get_boolean_details, False),
        "string": (client.get_string_details, "fallback"),
        "integer": (client.get_integer_details, -1),
        "number": (client.get_float_details, -1.0),
        "object": (client.get_object_details, {}),
    }
    get, fallback = get_details[flag["type"]]
    details = get(flag["name"], fallback, context)
    if details.error_code is not None:
        return [None, None, f"{details.error_code}: {details.error_message}"]
    return [details.value, details.variant, None]


def main():
    api.set_provider_and_wait(create_provider(*sys.argv[1:]))
    client = api.get_client()
    flags = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        attributes = json.loads(line)
        context = EvaluationContext(attributes.pop("targetingKey", None), attributes)
        answers = [evaluate(client, flag, context) for flag in flags]
        print(json.dumps(answers), flush=True)
    api.shutdown()


main()
