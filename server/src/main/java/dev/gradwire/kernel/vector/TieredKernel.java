package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Kernel;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.kernel.Lane;
import dev.gradwire.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * A group that is run by the tile interpreter until it has been run so much that something faster was made for it.
 * Checks operands and results for whatever runs it.
 */
final class TieredKernel implements Kernel {
    /** On fewer places an instruction takes the interpreter no less time. */
    private static final long LEAST_PLACES = 128;

    private final Group group;
    private final GroupRun interpreter;
    private final HotGroups hotGroups;
    private final long workOfRun;
    private final long[] operandBytes;
    private final long[] resultBytes;

    /** Counted without synchronisation: a lost count only makes the group hot a little later. */
    private long work;

    private boolean offered;
    private volatile GroupRun current;

    TieredKernel(Group group, GroupRun interpreter, HotGroups hotGroups) {
        this.group = group;
        this.interpreter = interpreter;
        this.hotGroups = hotGroups;
        this.current = interpreter;
        workOfRun = Math.max(LEAST_PLACES, group.rows() * group.columns())
                * Math.max(1, group.instructions().size());
        operandBytes = group.reads().stream()
                .mapToLong(read -> bytes(read.dtype(), read.layout().lastOffset() + 1))
                .toArray();
        resultBytes = group.writes().stream()
                .mapToLong(write -> bytes(group.dtype(write.value()), group.elements(write)))
                .toArray();
    }

    private static long bytes(DType dtype, long elements) {
        return Math.multiplyExact(elements, (long) dtype.sizeInBytes());
    }

    Group group() {
        return group;
    }

    /** The tile interpreter's way: what others are judged by. */
    GroupRun interpreter() {
        return interpreter;
    }

    /** From now on the group is run this way. */
    void swap(GroupRun faster) {
        current = faster;
    }

    /** What runs the group now. */
    GroupRun current() {
        return current;
    }

    @Override
    public boolean isGroup() {
        return true;
    }

    @Override
    public boolean writes() {
        return true;
    }

    @Override
    public boolean mayReplace(int operand, int result) {
        return InPlace.isPossible(group, operand, result);
    }

    @Override
    public DeviceTensor[] run(DeviceTensor[] operands) {
        throw new UnsupportedOperationException("a group is computed into tensors that are there already");
    }

    @Override
    public void write(DeviceTensor[] operands, DeviceTensor[] results, Lane lane) {
        check("operand", operands, operandBytes);
        check("result", results, resultBytes);
        work += workOfRun;
        if (work >= hotGroups.patience() && !offered) {
            offered = true;
            hotGroups.offer(this);
        }
        current.run(operands, results, lane);
    }

    private static void check(String role, DeviceTensor[] tensors, long[] bytes) {
        if (tensors.length != bytes.length) {
            throw new KernelException("a group of " + bytes.length + " " + role + "s got " + tensors.length);
        }
        for (int i = 0; i < bytes.length; i++) {
            MemorySegment memory = tensors[i].memory();
            if (memory.byteSize() < bytes[i]) {
                throw new KernelException(
                        role + " " + i + " of a group has " + memory.byteSize() + " bytes of " + bytes[i]);
            }
            if (!tensors[i].layout().isContiguous()) {
                throw new KernelException(role + " " + i + " of a group is not contiguous");
            }
        }
    }
}
