import json as __json  #: deferrable@none safe


def handler(event, context):
    return __json.dumps(event)


class Other:
    __json = 1

    def get(self):
        return self.__json
