package dev.gradwire.kernel.vector;

import dev.gradwire.tensor.DType;
import java.lang.foreign.Arena;

/**
 * The interpreter: registers and the place in the group that they are about, used by one thread at a time. Its memory is
 * native and its own; it is kept from run to run.
 */
final class Tile {
    private static final DType[] DTYPES = DType.values();

    /** More than this is given back after the run. */
    private static final long KEPT_BYTES = 4L << 20;

    private static final long LEAST_BYTES = 1L << 16;
    private static final int ALIGNMENT = 4096;
    private static final ThreadLocal<Tile> OF_THREAD = ThreadLocal.withInitial(Tile::new);

    private Arena arena = Arena.ofAuto();
    private long base;
    private long capacity;
    private long[] at = new long[64];

    // What is run now, and on which memory.
    private TileProgram program;
    private TileCode code;
    private boolean partOfRow;
    private long[] operands = new long[0];
    private long[] results = new long[0];
    private long totals;

    // Where: rows and columns of the tile's first place, and how many it has.
    private long row;
    private long column;
    private int rows;
    private int places;
    private boolean full;

    private boolean busy;

    @SuppressWarnings("NullAway.Init")
    private Tile() {}

    /** A tile of this thread's; to be released. */
    static Tile take() {
        Tile tile = OF_THREAD.get();
        if (tile.busy) {
            // A lane may run a part of another run while the first one waits.
            tile = new Tile();
        }
        tile.busy = true;
        return tile;
    }

    /** Makes it ready for another run. */
    void release() {
        if (capacity > KEPT_BYTES) {
            capacity = 0;
            arena = Arena.ofAuto();
        }
        busy = false;
    }

    /** This much memory; what was there before is lost when it grows. */
    long memory(long bytes) {
        if (capacity < bytes) {
            capacity = Math.max(LEAST_BYTES, Long.highestOneBit(bytes - 1) << 1);
            arena = Arena.ofAuto();
            base = arena.allocate(capacity, ALIGNMENT).address();
        }
        return base;
    }

    /** What an element takes in a register. */
    static int registerBytes(DType dtype) {
        return switch (dtype) {
            case BOOL -> 1;
            case FLOAT64, INT64 -> Long.BYTES;
            default -> Integer.BYTES;
        };
    }

    /** Says which group is run on what memory, and where the totals of its blocks of rows are kept. */
    void begin(TileProgram program, long[] operands, long[] results, long totals) {
        this.program = program;
        this.operands = operands;
        this.results = results;
        this.totals = totals;
    }

    /** Says which instructions are run, with which registers. */
    void use(TileCode code, Registers registers, long base, long rowValues, boolean partOfRow) {
        this.code = code;
        this.partOfRow = partOfRow;
        if (at.length < code.slots()) {
            at = new long[2 * code.slots()];
        }
        registers.place(at, base, rowValues);
    }

    /** Fills the registers that stay the same for all tiles of at most these rows and columns. */
    void prepare(int rows, int columns) {
        move(0, 0, rows, columns);
        interpret(code.before);
    }

    /** Computes a tile: whole rows, or columns of one row. */
    void compute(long row, long column, int rows, int columns) {
        move(row, column, rows, columns);
        int[] direct = code.direct;
        if (direct.length > 0) {
            place(direct, row * program.group().columns() + column);
        }
        interpret(code.segments);
    }

    private void move(long row, long column, int rows, int columns) {
        this.row = row;
        this.column = column;
        this.rows = rows;
        places = rows * columns;
        full = places % Source.PADDING == 0;
    }

    private void place(int[] direct, long element) {
        for (int i = 0; i < direct.length; i += 4) {
            int number = direct[i + 3];
            long address = at[direct[i + 1]];
            if (full) {
                address = direct[i + 2] == 1
                        ? program.source(number).address(operands[number], element)
                        : results[number] + element * registerBytes(program.resultType(number));
            }
            at[direct[i]] = address;
        }
    }

    private void interpret(int[] segments) {
        int[] instructions = code.code;
        for (int s = 0; s < segments.length; s += 4) {
            int kind = segments[s];
            int from = segments[s + 2];
            int to = segments[s + 3];
            int n = segments[s + 1] == TileCode.ROWS ? rows : places;
            if (kind < TileCode.CAST) {
                program.primitives(kind).run(instructions, from, to, at, n);
            } else if (kind == TileCode.CAST) {
                cast(instructions, from, to, n);
            } else {
                others(instructions, from, to, n, segments[s + 1] == TileCode.ROWS);
            }
        }
    }

    private void cast(int[] instructions, int from, int to, int n) {
        for (int p = from; p < to; p += Primitives.WIDTH) {
            DType source = DTYPES[instructions[p] / DTYPES.length];
            DType result = DTYPES[instructions[p] % DTYPES.length];
            Casts.cast(source, result, at[instructions[p + 1]], at[instructions[p + 2]], Source.padded(n));
        }
    }

    /** How the dtype of columns' numbers is written as an operand. */
    @SuppressWarnings("EnumOrdinal") // only looked up in this process
    static int indexOpcode(DType dtype) {
        return dtype.ordinal();
    }

    /** How a cast is written as an operation. */
    @SuppressWarnings("EnumOrdinal")
    static int castOpcode(DType from, DType to) {
        return from.ordinal() * DTYPES.length + to.ordinal();
    }

    private void others(int[] instructions, int from, int to, int n, boolean ofRows) {
        for (int p = from; p < to; p += Primitives.WIDTH) {
            int d = instructions[p + 1];
            int a = instructions[p + 2];
            int b = instructions[p + 3];
            int c = instructions[p + 4];
            long first = ofRows ? row : row * program.group().columns() + column;
            switch (instructions[p]) {
                case TileCode.LOAD -> {
                    if (!(full && b == 1)) {
                        program.source(a).load(operands[a], first, at[d], n);
                    }
                }
                case TileCode.STORE -> {
                    if (!(full && c == 1)) {
                        store(at[a], b, first, n);
                    }
                }
                case TileCode.CONSTANT -> Memory.fill(at[d], b, program.constant(a), Source.padded(n));
                case TileCode.EXPAND -> expand(at[d], at[a], b);
                case TileCode.INDEX -> index(at[d], DTYPES[b]);
                case TileCode.REDUCE -> {
                    program.primitives(c).reduce(b, at[d], at[a], rows, places / rows, at[0]);
                    pad(at[d], program.primitives(c).elementBytes, rows);
                }
                case TileCode.ACCUMULATE -> program.primitives(c).accumulate(b, at[d], at[a], n);
                case TileCode.OVER_ROWS -> program.totals().add(totals, b, at[a], row, column, rows, places / rows);
                default -> throw new IllegalStateException("no instruction: " + instructions[p]);
            }
        }
    }

    /** Stores the elements of a register as a result's from one element on. */
    void store(long register, int result, long first, int n) {
        DType dtype = program.resultType(result);
        long to = results[result] + first * dtype.sizeInBytes();
        if (Halves.is(dtype)) {
            Halves.narrow(dtype, register, to, n);
        } else {
            Memory.copy(register, to, (long) n * dtype.sizeInBytes());
        }
    }

    /** Repeats the last element up to whole vectors. */
    static void pad(long register, int bytes, int n) {
        long end = register + (long) n * bytes;
        Memory.fill(end, bytes, Memory.bits(end - bytes, bytes), Source.padded(n) - n);
    }

    private void expand(long d, long a, int bytes) {
        if (partOfRow) {
            Memory.fill(d, bytes, Memory.bits(a, bytes), Source.padded(places));
            return;
        }
        int columns = places / rows;
        for (int i = 0; i < rows; i++) {
            Memory.fill(d + (long) i * columns * bytes, bytes, Memory.bits(a + (long) i * bytes, bytes), columns);
        }
        pad(d, bytes, places);
    }

    private void index(long d, DType dtype) {
        int columns = places / rows;
        for (int i = 0; i < Source.padded(places); i++) {
            long number = column + i % columns;
            switch (dtype) {
                case FLOAT64 -> Memory.putDouble(d + 8L * i, (double) number);
                case INT64 -> Memory.putLong(d + 8L * i, number);
                case INT32 -> Memory.putInt(d + 4L * i, (int) number);
                default -> Memory.putFloat(d + 4L * i, (float) number);
            }
        }
    }

    long address(int slot) {
        return at[slot];
    }
}
