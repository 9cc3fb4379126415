"""Asks a control plane with OpenFeature's own provider for Python, and prints what it was told, one JSON object a line:

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


def told(details):
    print(
        json.dumps(
            {
                "name": details.flag_key,
                "value": details.value,
                "reason": details.reason,
                "variant": details.variant,
                "errorCode": details.error_code,
            }
        )
    )


for key in ["on", "off", "staff", "plan", "child", "killed", "missing"]:
    told(client.get_boolean_details(key, key in ("killed", "off"), user))
for key in ["names", "killed_off_variant"]:
    told(client.get_string_details(key, "mine", user))
told(client.get_integer_details("number", 0, user))
told(client.get_float_details("whole", 0.0, user))
