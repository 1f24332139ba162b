"""Compiles a function that calls others, and keeps it on disk for as long as none of them changed.

What the compiler keeps is dropped when the function's own file changes, whatever becomes of the
files it calls. It is also named by the values that the function encloses: a digest is one of them.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., object])


def compiled_entry(*called: ModuleType) -> Callable[[Callable[[str], F]], F]:
    """Compile what the decorated maker returns for the digest of the modules' files.

    The returned function must name the maker's argument, and what it calls must not be kept itself.
    """
    digest = sha256()
    for module in called:
        digest.update(Path(str(module.__file__)).read_bytes())

    def compiled(maker: Callable[[str], F]) -> F:
        return cast(F, njit(cache=True, nogil=True)(maker(digest.hexdigest())))

    return compiled
