"""Kept warm by a schedule (template.yaml): a ping ends at once, before any work is done.

One ping keeps one environment. A second request at the same moment still starts cold, and so
does every request after Lambda has recycled the environment.
"""

import json
import time

STARTED = time.time()


def handler(event, context):
    if event.get("source") == "pinger":
        return {"warm_for_s": round(time.time() - STARTED)}
    return {"statusCode": 200, "body": json.dumps({"price": price(event)})}


def price(event):
    return 100 + len(event.get("rawPath", ""))
