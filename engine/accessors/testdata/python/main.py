"""Prints what a program gets by the generated functions."""

import sys

import flags
from gonfalon import Gonfalon


def shown(*values: object) -> None:
    print(*(str(value).lower() if isinstance(value, bool) else value for value in values))


with Gonfalon(bootstrap=sys.argv[1]) as client:
    who = "user:3"
    shown(flags.new_checkout_x1b72c6a1(client, who), flags.class_flag(client, who), flags.flag_1st(client))
    shown(flags.hero_xae6c79d1_variant(client, who, default="name"))
    shown(
        flags.color_payload(client, who, default="red"),
        flags.limit_payload(client, who, default=1),
        flags.ratio_payload(client, who, default=2.0),
        flags.fast_payload(client, who, default=False),
    )
    none = flags.ThemePayload(
        class_x4f3a9bd0="", class_x0889113e="", border=flags.ThemePayloadBorder(width=0), color="", points=[], sizes=[]
    )
    theme = flags.theme_payload(client, who, default=none)
    shown(theme.color, len(theme.sizes), theme.border.width, theme.border.style is None, theme.points[1].x, theme.note is None)
