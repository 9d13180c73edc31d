package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.Lane;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs a group whose rows are longer than a tile, one row after the other. All of a row's tiles are walked over in each
 * phase: the first computes reductions of what is read, the next what depends on these, and so on. What several phases
 * need at places is computed again in each.
 */
final class LongRows implements GroupRun {
    private static final int ELEMENT_BYTES = Long.BYTES;

    /** From how many parts on, rows are worth more than parts of a row. */
    private static final int MANY_PARTS = 8;

    private final TileProgram program;
    private final Group group;
    private final Totals totals;
    private final int[] rowNumbers;
    private final List<@Nullable Walk> walks = new ArrayList<>();
    private final List<RowCode> rowCodes = new ArrayList<>();
    private final int chunks;
    private final long rowValuesBytes;
    private final long partialsBytes;
    private final long registersBytes;

    /** Rows that no part shares with another. */
    private final int blockRows;

    private final int rowParts;
    private final int columnParts;

    /**
     * A phase.
     *
     * @param reductions values that are reductions, whose lanes stand in the slots
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Walk(TileCode code, Registers registers, int tilePlaces, int[] reductions, int[] slots) {}

    /** What is computed of a row's values before the phase of the same number. */
    private record RowCode(TileCode code, Registers registers) {}

    LongRows(TileProgram program) {
        this.program = program;
        group = program.group();
        totals = program.totals();
        chunks = ReductionOrder.chunks(group.columns());
        rowNumbers = new int[group.valueCount()];
        int rowValues = 0;
        int phases = 0;
        for (int value = 0; value < rowNumbers.length; value++) {
            rowNumbers[value] = group.perRow(value) ? rowValues++ : -1;
            phases = Math.max(phases, program.phase(value) + 1);
        }
        int reductions = 0;
        long bytes = 0;
        for (int phase = 0; phase < phases; phase++) {
            TileCode rowCode = new Assembler(program, false, rowNumbers).rowValues(phase);
            rowCodes.add(new RowCode(rowCode, new Registers(rowCode, 1, 1)));
            Walk walk = walk(phase);
            walks.add(walk);
            if (walk != null) {
                reductions = Math.max(reductions, walk.reductions.length);
                bytes = Math.max(bytes, walk.registers.bytes());
            }
        }
        rowValuesBytes = (long) rowValues * Registers.ROW_VALUE_BYTES;
        partialsBytes = (long) reductions * chunks * ELEMENT_BYTES;
        registersBytes = bytes;
        blockRows = totals.isEmpty() ? 1 : totals.blockRows();
        long elements = group.columns() * Math.max(1, group.instructions().size());
        rowParts = TileProgram.parts(group.rows() * elements, (group.rows() + blockRows - 1) / blockRows);
        columnParts = TileProgram.parts(elements, chunks);
    }

    private @Nullable Walk walk(int phase) {
        List<Integer> found = new ArrayList<>();
        int reads = group.reads().size();
        for (int i = 0; i < group.instructions().size(); i++) {
            Group.Instruction line = group.instructions().get(i);
            if (program.needed()[reads + i] && line.op().isReduction() && program.phase(line.a()) == phase) {
                found.add(reads + i);
            }
        }
        int[] reductions = found.stream().mapToInt(Integer::intValue).toArray();
        Assembler assembler = new Assembler(program, false, rowNumbers);
        TileCode code = assembler.walk(phase, reductions);
        if (code.segments.length == 0) {
            return null;
        }
        int[] slots = found.stream().mapToInt(assembler::lanesSlot).toArray();
        int places = TileProgram.tilePlaces(code);
        return new Walk(code, new Registers(code, places, 1), places, reductions, slots);
    }

    @Override
    public void run(DeviceTensor[] operands, DeviceTensor[] results, Lane lane) {
        Tile tile = Tile.take();
        try (Operands memory = new Operands(operands, results)) {
            long records = tile.memory(totals.bytes() + ownBytes());
            tile.begin(program, memory.operands, memory.results, records);
            if (rowParts >= Math.min(MANY_PARTS, columnParts + 1)) {
                long blocks = (group.rows() + blockRows - 1) / blockRows;
                lane.split(rowParts, part -> {
                    long from = blocks * part / rowParts * blockRows;
                    long to = Math.min(group.rows(), blocks * (part + 1) / rowParts * blockRows);
                    onOwnTile(
                            memory,
                            records,
                            ownBytes(),
                            (own, base) -> rows(own, base, from, to, memory, records, 1, lane));
                });
            } else {
                rows(tile, records + totals.bytes(), 0, group.rows(), memory, records, columnParts, lane);
            }
            if (!totals.isEmpty()) {
                totals.store(records, tile);
            }
        } finally {
            tile.release();
        }
    }

    private long ownBytes() {
        return rowValuesBytes + partialsBytes + registersBytes;
    }

    @FunctionalInterface
    private interface OnTile {
        void run(Tile tile, long base);
    }

    private void onOwnTile(Operands memory, long records, long bytes, OnTile work) {
        Tile tile = Tile.take();
        try {
            long base = tile.memory(bytes);
            tile.begin(program, memory.operands, memory.results, records);
            work.run(tile, base);
        } finally {
            tile.release();
        }
    }

    private void rows(
            Tile tile, long base, long from, long to, Operands memory, long records, int columnParts, Lane lane) {
        for (long row = from; row < to; row++) {
            long block = row / blockRows;
            if (!totals.isEmpty() && row % blockRows == 0) {
                totals.start(records, block);
            }
            row(tile, base, row, memory, records, columnParts, lane);
            if (!totals.isEmpty() && (row + 1 == to || (row + 1) % blockRows == 0)) {
                totals.finish(records, block);
            }
        }
    }

    private void row(Tile tile, long base, long row, Operands memory, long records, int columnParts, Lane lane) {
        long partials = base + rowValuesBytes;
        for (int phase = 0; phase < walks.size(); phase++) {
            RowCode rowCode = rowCodes.get(phase);
            tile.use(rowCode.code, rowCode.registers, base, base, true);
            tile.compute(row, 0, 1, 1);
            Walk walk = walks.get(phase);
            if (walk == null) {
                continue;
            }
            if (columnParts == 1) {
                walk(tile, walk, partials + partialsBytes, base, row, 0, chunks, lane);
            } else {
                lane.split(columnParts, part -> {
                    int from = (int) ((long) chunks * part / columnParts);
                    int to = (int) ((long) chunks * (part + 1) / columnParts);
                    onOwnTile(
                            memory,
                            records,
                            registersBytes,
                            (own, registers) -> walk(own, walk, registers, base, row, from, to, lane));
                });
            }
            combine(walk, base);
        }
    }

    private void walk(Tile tile, Walk walk, long registers, long base, long row, int from, int to, Lane lane) {
        tile.use(walk.code, walk.registers, registers, base, true);
        tile.prepare(1, walk.tilePlaces);
        for (int chunk = from; chunk < to; chunk++) {
            for (int i = 0; i < walk.reductions.length; i++) {
                loops(walk, i).start(op(walk, i), tile.address(walk.slots[i]));
            }
            long end = Math.min(group.columns(), (chunk + 1L) * ReductionOrder.CHUNK);
            for (long column = (long) chunk * ReductionOrder.CHUNK; column < end; column += walk.tilePlaces) {
                lane.poll();
                tile.compute(row, column, 1, (int) Math.min(walk.tilePlaces, end - column));
            }
            for (int i = 0; i < walk.reductions.length; i++) {
                loops(walk, i).fold(op(walk, i), tile.address(walk.slots[i]), partial(base, i, chunk));
            }
        }
    }

    /** Combines the chunks' results, in order, to the values of the row. */
    private void combine(Walk walk, long base) {
        for (int i = 0; i < walk.reductions.length; i++) {
            Primitives loops = loops(walk, i);
            long total = partial(base, i, 0);
            for (int chunk = 1; chunk < chunks; chunk++) {
                loops.combine(op(walk, i), total, partial(base, i, chunk));
            }
            long value = base + (long) rowNumbers[walk.reductions[i]] * Registers.ROW_VALUE_BYTES;
            Memory.fill(value, loops.elementBytes, Memory.bits(total, loops.elementBytes), Source.PADDING);
        }
    }

    private long partial(long base, int reduction, int chunk) {
        return base + rowValuesBytes + ((long) reduction * chunks + chunk) * ELEMENT_BYTES;
    }

    private Group.Instruction reduction(Walk walk, int i) {
        return group.instructions().get(walk.reductions[i] - group.reads().size());
    }

    private int op(Walk walk, int i) {
        GroupOp op = reduction(walk, i).op();
        return Opcode.ofReduction(op);
    }

    private Primitives loops(Walk walk, int i) {
        return program.primitives(TileProgram.kind(reduction(walk, i).dtype()));
    }
}
