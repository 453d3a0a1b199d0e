import json  #: deferrable@7 safe
import sys  #: no unsafe


def handler(event, context):
    # The line below decides about json; main() is not called on Lambda.
    return json.dumps(event)


if __name__ == "__main__":
    print(handler(sys.argv, None))  # decides
