"""Asks a control plane with OpenFeature's own provider for Python. Each line of standard input is a question, and each line
of standard output what the provider answered (see ofrepclients_test.go):

    python check.py URL TOKEN
"""

import json
import sys

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext

url, token = sys.argv[1:]
api.set_provider(OFREPProvider(url, headers_factory=lambda: {"Authorization": f"Bearer {token}"}))
client = api.get_client()
user = EvaluationContext("user:3", {"plan": "pro", "groups": ["staff"]})
asks = {
    "boolean": client.get_boolean_details,
    "string": client.get_string_details,
    "integer": client.get_integer_details,
    "float": client.get_float_details,
    "object": client.get_object_details,
}
for line in sys.stdin:
    question = json.loads(line)
    got = asks[question["type"]](question["key"], question["default"], user)
    answer = {"value": got.value, "reason": got.reason, "variant": got.variant, "errorCode": got.error_code}
    print(json.dumps(answer))
