"""The verdicts on the paper's four claims."""
