"""The parts of accelerator.py, each run in a process of its own."""
