class Tools:  # decides
    import json  #: no unsafe

    def dump(self, value):
        return self.json.dumps(value)
