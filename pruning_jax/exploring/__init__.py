"""Deeper looks at the networks of a finished run."""
