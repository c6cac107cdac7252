import json


def loads(text):
    return json.loads(text)  # the build wrote it as JSON
