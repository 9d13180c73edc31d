package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;

/**
 * Results that are reduced over the rows: a record of partial results for each block of rows, with a row of numbers for
 * what stands at places and lanes for what stands once for a row.
 */
final class Totals {
    private final Primitives[] primitives;
    private final int[] ops;
    private final boolean[] inLanes;
    private final long[] offsets;
    private final int columns;
    private final int blockRows;
    private final long blocks;
    private final long blockBytes;

    Totals(Group group, Primitives[] byKind) {
        int count = group.writes().size();
        primitives = new Primitives[count];
        ops = new int[count];
        inLanes = new boolean[count];
        offsets = new long[count];
        long end = 0;
        for (int i = 0; i < count; i++) {
            Group.Write write = group.writes().get(i);
            GroupOp op = write.overRows();
            offsets[i] = -1;
            if (op == null) {
                primitives[i] = byKind[0];
                continue;
            }
            primitives[i] = byKind[TileProgram.kind(group.dtype(write.value()))];
            ops[i] = Opcode.ofReduction(op);
            inLanes[i] = group.columns() == 1 || group.perRow(write.value());
            offsets[i] = end;
            long elements = inLanes[i] ? ReductionOrder.LANES : group.columns() + ReductionOrder.LANES;
            end += (elements * primitives[i].elementBytes + 63) / 64 * 64;
        }
        blockBytes = end;
        columns = end == 0 ? 0 : Math.toIntExact(group.columns());
        blockRows = ReductionOrder.blockRows(group.columns());
        blocks = (group.rows() + blockRows - 1) / blockRows;
    }

    boolean isEmpty() {
        return blockBytes == 0;
    }

    int blockRows() {
        return blockRows;
    }

    long bytes() {
        return isEmpty() ? 0 : blocks * blockBytes;
    }

    /** Begins a block's record. */
    void start(long base, long block) {
        for (int i = 0; i < ops.length; i++) {
            if (offsets[i] >= 0) {
                int elements = inLanes[i] ? ReductionOrder.LANES : columns;
                Memory.fill(
                        record(base, block, i), primitives[i].elementBytes, primitives[i].identity(ops[i]), elements);
            }
        }
    }

    private long record(long base, long block, int write) {
        return base + block * blockBytes + offsets[write];
    }

    /** Adds rows of a register, or the numbers of these rows. They lie in one block. */
    void add(long base, int write, long register, long row, long column, int rows, int tileColumns) {
        long record = record(base, row / blockRows, write);
        Primitives loops = primitives[write];
        int bytes = loops.elementBytes;
        if (!inLanes[write]) {
            loops.combineRows(
                    ops[write], record + column * bytes, register, rows, tileColumns, (long) tileColumns * bytes);
            return;
        }
        int first = (int) (row % blockRows % ReductionOrder.LANES);
        if (first == 0) {
            loops.accumulate(ops[write], record, register, rows);
        } else {
            for (int i = 0; i < rows; i++) {
                int lane = (first + i) % ReductionOrder.LANES;
                loops.combine(ops[write], record + (long) lane * bytes, register + (long) i * bytes);
            }
        }
    }

    /** Ends a block's record. */
    void finish(long base, long block) {
        for (int i = 0; i < ops.length; i++) {
            if (offsets[i] >= 0 && inLanes[i]) {
                long record = record(base, block, i);
                primitives[i].fold(ops[i], record, record);
            }
        }
    }

    /** Combines the records of all blocks, in order, and stores the results. */
    void store(long base, Tile tile) {
        for (int i = 0; i < ops.length; i++) {
            if (offsets[i] < 0) {
                continue;
            }
            long total = record(base, 0, i);
            if (inLanes[i]) {
                for (long block = 1; block < blocks; block++) {
                    primitives[i].combine(ops[i], total, record(base, block, i));
                }
            } else {
                primitives[i].combineRows(ops[i], total, total + blockBytes, (int) (blocks - 1), columns, blockBytes);
            }
            tile.store(total, i, 0, inLanes[i] ? 1 : columns);
        }
    }
}
