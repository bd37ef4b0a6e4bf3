"""Explorations: a file each, whose EXPLORATION says what it looks at and how.

docs/explore.md shows what each of them finds, docs/extend.md how to write one.
"""
