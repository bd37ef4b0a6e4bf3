"""What the pages of the API need to know of this project's code, an extension of mkdocstrings.

A field of a dataclass or NamedTuple is explained by a comment behind it, or above it. The pages are
made from docstrings, so such a comment becomes the docstring of its field.

Some functions of the package, such as `pruning_jax.run`, have the name of a module, which is a
command. In Python the function is found by the name, and so it is in the pages.
"""

import io
import tokenize
from typing import Any

from griffe import Alias, Attribute, Class, Docstring, Extension, Function, Module


def comments(source: str) -> dict[int, tuple[str, bool]]:
    """The comments of some code by line; and whether a comment has its line for itself."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {
        token.start[0]: (token.string.lstrip("# "), token.line.lstrip().startswith("#"))
        for token in tokens
        if token.type == tokenize.COMMENT
    }


def about(field: Attribute, found: dict[int, tuple[str, bool]]) -> str:
    """The comment behind a field, else those in the lines above it, else nothing."""
    if field.lineno is None or field.endlineno is None:
        return ""
    for line in range(field.lineno, field.endlineno + 1):
        if line in found:
            return found[line][0]
    above, line = [], field.lineno - 1
    while line in found and found[line][1]:
        above.insert(0, found[line][0])
        line -= 1
    return " ".join(above)


def sentence(text: str) -> str:
    """A comment as a sentence: with a capital, unless it begins with code, and with a full stop."""
    if not text:
        return ""
    first = text.split(maxsplit=1)[0]
    begin = text[0].upper() if first.rstrip(",:;").isalpha() else text[0]
    return f"{begin}{text[1:]}{'' if text[-1] in '.?!' else '.'}"


class Project(Extension):
    """The extension: its methods are called when something has been read from the code."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: dict[str, Function | Alias] = {}  # those of the package itself

    def on_class(self, *, cls: Class, **_: Any) -> None:
        """Gives the fields of a class that have a comment a docstring."""
        found = comments("".join(f"{line}\n" for line in cls.lines_collection[cls.filepath]))
        for member in cls.members.values():
            if isinstance(member, Attribute) and not member.docstring:
                text = sentence(about(member, found))
                if text:
                    member.docstring = Docstring(text, lineno=member.lineno, parent=member)

    def on_function_instance(self, *, func: Function, **_: Any) -> None:
        """Remembers the functions of the package, before its modules are read."""
        if func.path == f"pruning_jax.{func.name}":
            self.functions[func.name] = func

    def on_alias_instance(self, *, alias: Alias, **_: Any) -> None:
        """Remembers what the package has from elsewhere under a public name."""
        if alias.path == f"pruning_jax.{alias.name}":
            self.functions[alias.name] = alias

    def on_package(self, *, pkg: Module, **_: Any) -> None:
        """Puts the functions in the place of the modules that have their names."""
        if pkg.name == "pruning_jax":
            pkg.members.update(self.functions)
