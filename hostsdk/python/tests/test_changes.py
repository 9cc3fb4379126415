from __future__ import annotations

import hashlib

import msgpack

from gonfalon.changes import changed_flags
from gonfalon.testing import FlagForTest, compile_for_test


def with_setting(data: bytes, allow_wins: int) -> bytes:
    """A snapshot with another setting of which groups win."""
    header, segments, flags, _ = msgpack.unpackb(data)
    header[5] = [allow_wins]
    unsealed = b"\x94" + msgpack.packb([header, segments, flags])[1:] + b"\xc4\x20"
    return unsealed + hashlib.sha256(unsealed).digest()


def test_which_groups_win_matters_to_flags_that_allow_some_and_deny_others() -> None:
    data = compile_for_test(
        {
            "allows": FlagForTest(groups={"a": True, "b": True}),
            "both": FlagForTest(groups={"a": True, "b": False}),
            "child": FlagForTest(on=True, requires={"both": True}),
            "denies": FlagForTest(on=True, groups={"a": False}),
            "none": FlagForTest(on=True),
        }
    )
    assert changed_flags(data, with_setting(data, 1)) == {"both", "child"}
    assert changed_flags(data, data) == frozenset()
    assert changed_flags(None, data) == {"allows", "both", "child", "denies", "none"}
