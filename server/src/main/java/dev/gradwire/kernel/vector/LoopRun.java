package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Lane;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a group by a generated loop: cuts it into parts, knows where rows stand, and finishes what is reduced over the
 * rows. How it is cut does not depend on how many threads there are, and no result depends on how it is cut.
 */
final class LoopRun implements GroupRun {
    /** About how many places a part has: some ten microseconds of work. A multiple of a chunk. */
    private static final long PART_PLACES = 1 << 16;

    private final LoopBinding binding;
    private final GroupLoop loop;
    private final long rows;
    private final long columns;
    private final int reads;

    /** Whether one call does it all: groups of few places are run so often that what comes before it counts. */
    private final boolean isSmall;

    /** Writes that one number of each row is reduced to, and writes with a number for each column. */
    private final List<Total> rowTotals = new ArrayList<>();

    private final List<Total> columnTotals = new ArrayList<>();

    private record Total(int address, int bytes, RowTotals totals) {}

    LoopRun(LoopBinding binding, GroupLoop loop) {
        this.binding = binding;
        this.loop = loop;
        Group group = binding.group();
        rows = group.rows();
        columns = group.columns();
        reads = group.reads().size();
        for (int i = 0; i < group.writes().size(); i++) {
            Group.Write write = group.writes().get(i);
            GroupOp op = write.overRows();
            if (op != null) {
                Total total = new Total(
                        reads + i,
                        group.dtype(write.value()).sizeInBytes(),
                        new RowTotals(op, group.dtype(write.value())));
                (LoopForm.isRowTotal(group, write) ? rowTotals : columnTotals).add(total);
            }
        }
        isSmall = rowTotals.isEmpty() && columnTotals.isEmpty() && rows * columns <= 2 * PART_PLACES;
    }

    LoopForm form() {
        return binding.plan().form();
    }

    /** The same loop for another group of its form. */
    LoopRun of(LoopBinding other) {
        return new LoopRun(other, loop);
    }

    @Override
    public void run(DeviceTensor[] operands, DeviceTensor[] results, Lane lane) {
        if (isSmall && binding.runWhole(loop, operands, results)) {
            return;
        }
        try (Operands memory = new Operands(operands, results)) {
            long[] bases = new long[binding.addresses()];
            System.arraycopy(memory.operands, 0, bases, 0, reads);
            System.arraycopy(memory.results, 0, bases, reads, results.length);
            run(bases, lane);
        }
    }

    private void run(long[] bases, Lane lane) {
        if (!rowTotals.isEmpty() || !columnTotals.isEmpty()) {
            totals(bases, lane);
        } else if (rows * columns <= 2 * PART_PLACES) {
            binding.run(loop, bases, 0, rows);
        } else if (rows < 4 && columns > 2 * PART_PLACES && binding.canSplitRows()) {
            for (long row = 0; row < rows; row++) {
                splitRow(bases, row, lane);
            }
        } else {
            split(bases, Math.max(1, PART_PLACES / columns), lane);
        }
    }

    private void split(long[] bases, long partRows, Lane lane) {
        lane.split(Math.toIntExact((rows + partRows - 1) / partRows), part -> {
            lane.poll();
            long from = part * partRows;
            binding.run(loop, bases, from, Math.min(partRows, rows - from));
        });
    }

    private void totals(long[] bases, Lane lane) {
        int blockRows = ReductionOrder.blockRows(columns);
        int blocks = Math.toIntExact((rows + blockRows - 1) / blockRows);
        long[] results = bases.clone();
        long[] parts = new long[columnTotals.size()];
        long memory = Scratch.OF_TOTALS.get(bytesOfTotals(blocks));
        for (Total total : rowTotals) {
            bases[total.address()] = memory;
            memory += padded((rows + blocks) * total.bytes());
        }
        for (int i = 0; i < parts.length; i++) {
            parts[i] = blocks == 1 ? results[columnTotals.get(i).address()] : memory;
            memory += blocks == 1
                    ? 0
                    : padded(blocks * columns * columnTotals.get(i).bytes());
        }
        if (blocks == 1) {
            block(bases, parts, 0, blockRows);
        } else {
            lane.split(blocks, block -> {
                lane.poll();
                block(bases, parts, block, blockRows);
            });
        }
        for (Total total : rowTotals) {
            long first = bases[total.address()] + rows * total.bytes();
            combineBlocks(total, results[total.address()], first, blocks, 1);
        }
        if (blocks > 1) {
            for (int i = 0; i < parts.length; i++) {
                Total total = columnTotals.get(i);
                combineBlocks(total, results[total.address()], parts[i], blocks, columns);
            }
        }
    }

    private long bytesOfTotals(long blocks) {
        long bytes = 0;
        for (Total total : rowTotals) {
            bytes += padded((rows + blocks) * total.bytes());
        }
        for (Total total : columnTotals) {
            bytes += blocks == 1 ? 0 : padded(blocks * columns * total.bytes());
        }
        return bytes;
    }

    private static long padded(long bytes) {
        return (bytes + 63) & -64;
    }

    /** Runs the rows of one block; the results of row totals follow the numbers of all rows. */
    private void block(long[] bases, long[] parts, int block, int blockRows) {
        long from = (long) block * blockRows;
        long count = Math.min(blockRows, rows - from);
        long[] own = bases.clone();
        for (int i = 0; i < parts.length; i++) {
            Total total = columnTotals.get(i);
            own[total.address()] = parts[i] + block * columns * total.bytes();
            total.totals().start(own[total.address()], columns);
        }
        binding.run(loop, own, from, count);
        for (Total total : rowTotals) {
            long values = bases[total.address()];
            long result = values + (rows + block) * total.bytes();
            total.totals().reduce(result, values + from * total.bytes(), (int) count);
        }
    }

    private static void combineBlocks(Total total, long result, long parts, int blocks, long elements) {
        long bytes = elements * total.bytes();
        LoopOps.ALL.asSlice(result, bytes).copyFrom(LoopOps.ALL.asSlice(parts, bytes));
        for (int block = 1; block < blocks; block++) {
            total.totals().combine(result, parts + block * bytes, elements);
        }
    }

    /** Runs one long row, each phase in parts; reductions of their chunks are put together in order. */
    private void splitRow(long[] bases, long row, Lane lane) {
        LoopFrame layout = binding.layout();
        long[] addresses = binding.row(bases, row);
        int parts = Math.toIntExact((columns + PART_PLACES - 1) / PART_PLACES);
        long chunkBytes = 8L * binding.mostReductions();
        long memory = Scratch.OF_TOTALS.get(padded(layout.slotBytes()) + ReductionOrder.chunks(columns) * chunkBytes);
        long partials = memory + padded(layout.slotBytes());
        for (int i = 0; i < binding.plan().phases(); i++) {
            int phase = i;
            List<Integer> reductions = binding.plan().reductions(phase);
            if (layout.hasPlaces(phase)) {
                lane.split(parts, part -> {
                    lane.poll();
                    long from = part * PART_PLACES;
                    long to = Math.min(columns, from + PART_PLACES);
                    long frame = Scratch.OF_LOOP.get(layout.bytes());
                    LoopOps.ALL
                            .asSlice(frame, layout.slotBytes())
                            .copyFrom(LoopOps.ALL.asSlice(memory, layout.slotBytes()));
                    if (reductions.isEmpty()) {
                        loop.phase(phase, addresses, frame, from, to);
                        return;
                    }
                    for (long chunk = from; chunk < to; chunk += ReductionOrder.CHUNK) {
                        loop.phase(phase, addresses, frame, chunk, Math.min(to, chunk + ReductionOrder.CHUNK));
                        long slots = partials + chunk / ReductionOrder.CHUNK * chunkBytes;
                        for (int j = 0; j < reductions.size(); j++) {
                            long value = LoopOps.ALL.get(LoopOps.I64, frame + layout.slot(reductions.get(j)));
                            LoopOps.ALL.set(LoopOps.I64, slots + 8L * j, value);
                        }
                    }
                });
                for (int j = 0; j < reductions.size(); j++) {
                    combineChunks(reductions.get(j), memory, partials + 8L * j, chunkBytes);
                }
            }
            loop.after(phase, addresses, memory);
        }
    }

    private void combineChunks(int reduction, long frame, long partials, long chunkBytes) {
        Group.Instruction instruction = binding.plan().form().instruction(reduction);
        RowTotals totals = new RowTotals(instruction.op(), instruction.dtype());
        long slot = frame + binding.layout().slot(reduction);
        LoopOps.ALL.set(LoopOps.I64, slot, LoopOps.ALL.get(LoopOps.I64, partials));
        for (int chunk = 1; chunk < ReductionOrder.chunks(columns); chunk++) {
            totals.combine(slot, partials + chunk * chunkBytes, 1);
        }
    }
}
