import xml.etree.ElementTree  #: deferrable safe


def handler(event, context):
    return xml.etree.ElementTree.fromstring(event)  # decides
