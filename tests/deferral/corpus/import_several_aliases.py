import json, csv as table, os  #: deferrable safe; deferrable safe; no unsafe


REGION = os.environ["REGION"]


def handler(event, context):
    return json.dumps(list(table.reader(event)))
