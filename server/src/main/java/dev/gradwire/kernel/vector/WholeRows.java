package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.DeviceTensor;
import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.Lane;

/** Runs a group by tiles of whole rows, as many as fit. */
final class WholeRows implements GroupRun {
    private final TileProgram program;
    private final TileCode code;
    private final Registers registers;
    private final Totals totals;
    private final long rows;
    private final int columns;
    private final int tileRows;

    /** Rows that no part shares with another. */
    private final int blockRows;

    private final int parts;

    WholeRows(TileProgram program, TileCode code, int tilePlaces) {
        Group group = program.group();
        this.program = program;
        this.code = code;
        totals = program.totals();
        rows = group.rows();
        columns = (int) group.columns();
        tileRows = tileRows(rows, columns, tilePlaces);
        registers = new Registers(code, tileRows * columns, tileRows);
        blockRows = totals.isEmpty() ? tileRows : totals.blockRows();
        long elements = rows * columns * Math.max(1, group.instructions().size());
        parts = TileProgram.parts(elements, (rows + blockRows - 1) / blockRows);
    }

    /** Tiles are best of whole vectors, so that operands need not be copied. */
    private static int tileRows(long rows, int columns, int tilePlaces) {
        int most = (int) Math.min(rows, Math.max(1, tilePlaces / columns));
        int step = Source.PADDING / Math.min(Source.PADDING, Integer.lowestOneBit(columns));
        return most > step ? most - most % step : most;
    }

    @Override
    public void run(DeviceTensor[] operands, DeviceTensor[] results, Lane lane) {
        Tile tile = Tile.take();
        try (Operands memory = new Operands(operands, results)) {
            long base = tile.memory(totals.bytes() + registers.bytes());
            if (parts == 1) {
                tile.begin(program, memory.operands, memory.results, base);
                part(tile, base + totals.bytes(), 0, rows, base, lane);
            } else {
                split(memory, base, lane);
                tile.begin(program, memory.operands, memory.results, base);
            }
            if (!totals.isEmpty()) {
                totals.store(base, tile);
            }
        } finally {
            tile.release();
        }
    }

    private void split(Operands memory, long base, Lane lane) {
        long blocks = (rows + blockRows - 1) / blockRows;
        lane.split(parts, part -> {
            Tile tile = Tile.take();
            try {
                tile.begin(program, memory.operands, memory.results, base);
                long from = blocks * part / parts * blockRows;
                long to = Math.min(rows, blocks * (part + 1) / parts * blockRows);
                part(tile, tile.memory(registers.bytes()), from, to, base, lane);
            } finally {
                tile.release();
            }
        });
    }

    private void part(Tile tile, long base, long from, long to, long records, Lane lane) {
        tile.use(code, registers, base, 0, false);
        tile.prepare(tileRows, columns);
        for (long row = from; row < to; ) {
            long block = row / blockRows;
            long end = Math.min(to, (block + 1) * blockRows);
            if (!totals.isEmpty()) {
                totals.start(records, block);
            }
            while (row < end) {
                lane.poll();
                int count = (int) Math.min(tileRows, end - row);
                tile.compute(row, 0, count, columns);
                row += count;
            }
            if (!totals.isEmpty()) {
                totals.finish(records, block);
            }
        }
    }
}
