"""Our key in the unique field, as far as the field is long, and the other system's id in it. Pure.

A key is ``system:type:id``, the type that of the module. Where the field is too short, the system is left out, then
the type, of which a module has but one; where not even the id fits, a digest stands for the key.
"""

import hashlib

from mlc.records import ObjectType

DIGEST = 12


def fitted(key: str, kind: ObjectType, most: int | None) -> str:
    """The key as it stands in a field of so many characters; None: it is long enough. The same for render and find."""
    if most is None or len(key) <= most:
        return key
    typed = key[key.find(f":{kind.value}:") + 1 :]
    if len(typed) <= most:
        return typed
    bare = other_id(key, kind)
    if len(bare) <= most:
        return bare
    return hashlib.sha256(key.encode()).hexdigest()[: min(most, 5 * DIGEST)]


def other_id(value: str, kind: ObjectType) -> str:
    """The other system's id: what stands behind the type, or all of a value without one."""
    before, mark, found = f":{value}".partition(f":{kind.value}:")
    return found if mark and ":" not in before[1:] else value
