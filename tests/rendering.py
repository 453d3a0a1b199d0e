"""A handler that renders through a module of its folder, which several functions share."""

RENDERING_HANDLER = """\
from common import render


def handler(event, context):
    return render.page(event.get("text"))
"""
RENDER_MODULE = """\
import json
import xml.dom.minidom


def page(text):
    return xml.dom.minidom.parseString(text).toxml() if text else json.dumps({})
"""
