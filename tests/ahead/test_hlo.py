"""Reading and counting compiled programs: tiny ones, compiled here for the CPU, and excerpts of
what XLA writes for accelerators."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import Mesh, PartitionSpec

from pruning_jax.ahead import counts, hlo, traffic
from pruning_jax.ahead.hlo import Buffer


def compiled(function, *arguments):
    """A function compiled for the CPU, as it is read."""
    return hlo.parse(jax.jit(function).lower(*arguments).compile().as_text())


def whole(module):
    """What the whole program does."""
    return counts.count(module, module.entry)


def test_a_program_has_its_operations_and_their_operands():
    module = compiled(lambda x, y: x @ y, np.ones((64, 32), "f"), np.ones((32, 16), "f"))
    entry = module.computations[module.entry]
    assert len(entry.parameters) == 2
    assert entry.instructions[entry.root].type.startswith("f32[64,16]")
    root = entry.instructions[entry.root]
    assert "dot_general" in root.path
    assert set(root.operands) <= set(entry.instructions)
    assert len(root.operands) == 2


def test_the_loops_of_a_program_are_found_by_their_depth():
    """Of two loops, one inside the other; the one that turns six times is known to do so."""

    def outer(x, stop):
        def inner(_, x):
            return jax.lax.fori_loop(0, 6, lambda i, x: jnp.sin(x) * i, x)

        return jax.lax.fori_loop(0, stop, inner, x)

    module = compiled(outer, np.ones(2048, "f"), np.int32(3))
    assert counts.body(module, 3) is None
    once = counts.count(module, counts.body(module, 2))
    six = counts.count(module, counts.body(module, 1))
    assert once.loops == ()
    assert six.loops == (6,)
    assert six.kernels >= 6 * once.kernels
    assert six.bytes >= 6 * once.bytes >= 6 * 2 * 4 * 2048
    assert whole(module).loops == (0, 6)


def test_bytes_are_those_of_operands_and_results():
    n = 100_000
    module = compiled(lambda x, y: jnp.exp(x) * y + 1, np.ones(n, "f"), np.ones(n, "f"))
    assert whole(module).bytes == 3 * 4 * n
    assert whole(module).kernels == 1


def test_a_gather_reads_only_what_it_takes():
    images, places = np.zeros((5000, 64), np.uint8), np.arange(10)
    module = compiled(lambda x, i: x[i].astype(jnp.float32) / 3, images, places)
    assert whole(module).bytes < images.nbytes / 10


def test_an_update_in_place_writes_only_what_changes():
    def change(x, i):
        return jax.lax.dynamic_update_slice(x, jnp.full(10, 3.0, x.dtype), (i,))

    lowered = jax.jit(change, donate_argnums=0).lower(np.zeros(100_000, "f"), np.int32(5))
    module = hlo.parse(lowered.compile().as_text())
    assert whole(module).bytes < 1000


def test_what_devices_send_each_other_is_counted():
    mesh = Mesh(np.array(jax.devices()[:2]), ("d",))
    spec = PartitionSpec("d")
    summed = jax.shard_map(
        lambda x: jax.lax.psum(x, "d"), mesh=mesh, in_specs=spec, out_specs=PartitionSpec()
    )
    own = jax.shard_map(lambda x: x + 1, mesh=mesh, in_specs=spec, out_specs=spec)
    assert whole(compiled(summed, np.ones(8, "f"))).collectives == 1
    assert whole(compiled(own, np.ones(8, "f"))).collectives == 0


def test_waiting_for_the_host_is_counted():
    def told(x):
        jax.debug.callback(lambda x: None, x)
        return x + 1

    assert whole(compiled(told, np.ones(8, "f"))).transfers == 1
    assert whole(compiled(lambda x: x + 1, np.ones(8, "f"))).transfers == 0


ON_A_TPU = """
HloModule jit_f, is_scheduled=true

%moved (p: f32[256,256]) -> f32[256,256] {
  %p = f32[256,256]{1,0:T(8,128)} parameter(0)
  ROOT %t = f32[256,256]{0,1:T(8,128)} transpose(%p), dimensions={1,0}
}

ENTRY %main (x: f32[256,256]) -> f32[256,256] {
  %x = f32[256,256]{1,0:T(8,128)} parameter(0)
  %copy-start = (f32[256,256]{1,0:T(8,128)S(1)}, f32[256,256]{1,0:T(8,128)}, u32[]{:S(2)}) copy-start(%x)
  %copy-done = f32[256,256]{1,0:T(8,128)S(1)} copy-done(%copy-start)
  %near = f32[256,256]{1,0:T(8,128)S(1)} convolution(%copy-done, %copy-done), dim_labels=bf_io->bf, backend_config={"window_config":{"estimated_cycles":"512"}}
  ROOT %back = f32[256,256]{0,1:T(8,128)} fusion(%near), kind=kLoop, calls=%moved, backend_config={"window_config":{"estimated_cycles":"32"}}
}
"""  # noqa: E501

ON_A_GPU = """
ENTRY %main (x: f32[128,32,32,16], k: f32[3,3,16,16]) -> f32[128,32,32,16] {
  %x = f32[128,32,32,16]{3,2,1,0} parameter(0)
  %k = f32[3,3,16,16]{3,2,1,0} parameter(1)
  %conv = (f32[128,32,32,16]{3,2,1,0}, /*index=1*/u8[0]{0}) custom-call(%x, %k), window={size=3x3 pad=1_1x1_1}, dim_labels=b01f_01io->b01f, custom_call_target="__cudnn$convForward"
  %y = f32[128,32,32,16]{3,2,1,0} get-tuple-element(%conv), index=0
  ROOT %c = f32[128,32,32,16]{3,1,2,0} copy(%y)
}
"""  # noqa: E501


def test_the_own_memory_of_a_core_costs_nothing():
    """Read once into it, written once from it; what is computed there moves nothing."""
    found = whole(hlo.parse(ON_A_TPU))
    assert found.bytes == 2 * 4 * 256 * 256
    assert (found.fusions, found.copies, found.others) == (0, 2, 1)
    assert found.cycles == 544


def test_calls_of_libraries_and_copies_are_told_apart():
    found = whole(hlo.parse(ON_A_GPU))
    assert (found.fusions, found.calls, found.copies, found.others) == (0, 1, 1, 0)
    images = 4 * 128 * 32 * 32 * 16
    assert found.bytes == 4 * images + 4 * 9 * 16 * 16


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("f32[]", [Buffer(4, 0)]),
        ("bf16[3,5]{1,0}", [Buffer(30, 0)]),
        ("s4[3]{0:E(4)}", [Buffer(2, 0)]),
        ("f8e4m3fn[7]{0}", [Buffer(7, 0)]),
        ("token[]", []),
        (
            "(s32[]{:T(128)}, /*index=1*/u8[2,2]{1,0:T(8,128)(4,1)S(5)})",
            [Buffer(4, 0), Buffer(4, 5)],
        ),
    ],
)
def test_the_arrays_of_a_type(kind, found):
    assert hlo.buffers(kind) == found


def test_sums_repeat_what_a_loop_repeats():
    one = counts.Counts(fusions=2, bytes=10, loops=(3,))
    twice = counts.Counts(calls=1).plus(one, 2)
    assert twice == counts.Counts(fusions=4, calls=1, bytes=20, loops=(3,))
    assert twice.kernels == 5


def test_only_the_memory_of_the_device_is_counted():
    assert traffic.size("(f32[10]{0}, f32[10]{0:S(1)})") == 40
