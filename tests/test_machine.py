"""What is said of the machine."""

import platform

from pruning_jax import machine

XEON = """processor\t: 0
cpu family\t: 6
model\t\t: 207
model name\t: Intel(R) Xeon(R) Processor
stepping\t: 2
flags\t\t: fpu vme
bugs\t\t:

processor\t: 1
model\t\t: 1
"""
ARM = """processor\t: 0
CPU implementer\t: 0x41

processor\t: 1
"""


def test_the_kind_of_the_processor(tmp_path):
    info = tmp_path / "cpuinfo"
    info.write_text(XEON)
    said = "Intel(R) Xeon(R) Processor, family 6, model 207, stepping 2"
    assert machine.processor(info) == said
    known = platform.processor() or platform.machine()
    info.write_text(ARM)
    assert machine.processor(info) == known
    assert machine.processor(tmp_path / "none") == known
    assert machine.processor()
