"""Training and evaluating one replica, and many replicas on many devices."""
