package dev.gradwire.kernel.vector;

/** Where the registers of a {@link TileCode} stand, for tiles of a certain size. */
final class Registers {
    /** Classes of registers: elements for places or for rows, of 1, 4 or 8 bytes. */
    static final int PLACES_1 = 0;

    static final int PLACES_4 = 1;
    static final int PLACES_8 = 2;
    static final int ROWS_1 = 3;
    static final int ROWS_4 = 4;
    static final int ROWS_8 = 5;

    /** The lanes of a reduction. */
    static final int LANES = 6;

    /** Values of the row that a tile is a part of; they stand elsewhere. */
    static final int ROW_VALUES = 7;

    static final int CLASSES = 8;

    /** What a value of a row takes: one element, with whole vectors computed. */
    static final int ROW_VALUE_BYTES = 192;

    private static final int LANES_BYTES = ReductionOrder.LANES * Long.BYTES;

    private final long[] offsets;
    private final boolean[] ofRow;

    /** What registers take altogether. */
    private final long bytes;

    Registers(TileCode code, int places, int rows) {
        long[] strides = {
            stride(places, 1),
            stride(places, 4),
            stride(places, 8),
            stride(rows, 1),
            stride(rows, 4),
            stride(rows, 8),
            LANES_BYTES,
            ROW_VALUE_BYTES
        };
        long[] starts = new long[CLASSES];
        long end = LANES_BYTES;
        for (int i = 0; i < ROW_VALUES; i++) {
            starts[i] = end;
            end += strides[i] * code.counts[i];
        }
        bytes = end;
        offsets = new long[code.classes.length];
        ofRow = new boolean[offsets.length];
        for (int i = 0; i < offsets.length; i++) {
            int which = code.classes[i];
            offsets[i] = starts[which] + strides[which] * code.indices[i];
            ofRow[i] = which == ROW_VALUES;
        }
    }

    /**
     * What a register takes: reductions look at whole vectors beyond its elements. The odd number of cache lines keeps
     * registers from standing at the same places of different pages, where a store delays the loads of the others.
     */
    private static long stride(int elements, int elementBytes) {
        long lines = ((long) elements + ReductionOrder.LANES) * elementBytes / 64 + 2;
        return 64 * (lines | 1);
    }

    long bytes() {
        return bytes;
    }

    /** Writes the address of each slot. */
    void place(long[] at, long base, long rowValues) {
        for (int i = 0; i < offsets.length; i++) {
            at[i] = (ofRow[i] ? rowValues : base) + offsets[i];
        }
    }
}
