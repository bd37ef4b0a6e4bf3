"""The mirrors that can be asked for by name, each a file with a function `mirror`.

A module with `WHOLE = True` is given a cell once, when it is finished. One with `NEEDS` names the
package without which it cannot be used.
"""
