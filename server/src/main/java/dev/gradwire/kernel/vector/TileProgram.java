package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.Group;
import dev.gradwire.kernel.GroupOp;
import dev.gradwire.kernel.KernelException;
import dev.gradwire.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/** A group made ready for the tile interpreter: what its two ways to walk over places have in common. */
final class TileProgram {
    /** Registers should leave room for operands in the first cache, and must fit the second. */
    private static final long FIRST_CACHE_BYTES = 48 << 10;

    private static final long SECOND_CACHE_BYTES = 512 << 10;
    private static final int LEAST_PLACES = 64;
    private static final int USUAL_PLACES = 256;
    private static final int MOST_PLACES = 1024;

    private final Group group;
    private final Primitives[] primitives;
    private final Source[] sources;
    private final DType[] resultTypes;
    private final int[] phases;
    private final boolean[] needed;
    private final boolean[] reduced;
    private final List<List<Integer>> writes = new ArrayList<>();
    private final Totals totals;

    private TileProgram(Group group, Primitives[] primitives) {
        this.group = group;
        this.primitives = primitives;
        sources = group.reads().stream().map(read -> new Source(group, read)).toArray(Source[]::new);
        resultTypes =
                group.writes().stream().map(write -> group.dtype(write.value())).toArray(DType[]::new);
        phases = new int[group.valueCount()];
        needed = new boolean[group.valueCount()];
        reduced = new boolean[group.valueCount()];
        analyse();
        totals = new Totals(group, primitives);
    }

    /** The index of the loops for a dtype. */
    static int kind(DType dtype) {
        return switch (dtype) {
            case FLOAT32, FLOAT16, BFLOAT16 -> 0;
            case FLOAT64 -> 1;
            case INT32 -> 2;
            case INT64 -> 3;
            case BOOL -> 4;
            default -> throw new KernelException("no group computes " + dtype.label());
        };
    }

    static GroupRun compile(Group group, Primitives[] primitives) {
        TileProgram program = new TileProgram(flat(group), primitives);
        long columns = program.group.columns();
        if (columns <= ReductionOrder.CHUNK) {
            TileCode code = new Assembler(program, true, new int[0]).all();
            int places = tilePlaces(code);
            if (columns <= places || columns * code.bytesPerPlace() <= SECOND_CACHE_BYTES) {
                return new WholeRows(program, code, places);
            }
        }
        return new LongRows(program);
    }

    /** One row of all places, where no value is any row's. */
    private static Group flat(Group group) {
        boolean isFlat = group.writes().stream().allMatch(write -> write.overRows() == null)
                && group.reads().stream().noneMatch(Group.Read::perRow)
                && group.instructions().stream()
                        .allMatch(line -> !line.perRow()
                                && line.op() != GroupOp.INDEX
                                && !line.op().isReduction());
        return isFlat && group.rows() > 1
                ? new Group(1, group.rows() * group.columns(), group.reads(), group.instructions(), group.writes())
                : group;
    }

    /** How many places a tile should have: a power of two. */
    static int tilePlaces(TileCode code) {
        long perPlace = Math.max(1, code.bytesPerPlace());
        long places = FIRST_CACHE_BYTES / perPlace;
        if (places < USUAL_PLACES) {
            places = Math.min(USUAL_PLACES, SECOND_CACHE_BYTES / perPlace);
        }
        return (int) Long.highestOneBit(Math.clamp(places, LEAST_PLACES, MOST_PLACES));
    }

    private void analyse() {
        int reads = group.reads().size();
        for (int value = 0; value < group.valueCount(); value++) {
            kind(group.dtype(value));
            writes.add(List.of());
        }
        for (int i = 0; i < group.instructions().size(); i++) {
            Group.Instruction line = group.instructions().get(i);
            for (int operand : operands(line)) {
                int phase = phases[operand] + (line.op().isReduction() ? 1 : 0);
                phases[reads + i] = Math.max(phases[reads + i], phase);
                reduced[operand] |= line.op().isReduction();
            }
        }
        for (int i = 0; i < group.writes().size(); i++) {
            int value = group.writes().get(i).value();
            needed[value] = true;
            reduced[value] |= group.writes().get(i).overRows() != null;
            List<Integer> more = new ArrayList<>(writes.get(value));
            more.add(i);
            writes.set(value, List.copyOf(more));
        }
        for (int i = group.instructions().size() - 1; i >= 0; i--) {
            if (needed[reads + i]) {
                for (int operand : operands(group.instructions().get(i))) {
                    needed[operand] = true;
                }
            }
        }
    }

    private static int[] operands(Group.Instruction line) {
        return switch (line.op().arity()) {
            case 0 -> new int[0];
            case 1 -> new int[] {line.a()};
            case 2 -> new int[] {line.a(), line.b()};
            default -> new int[] {line.a(), line.b(), line.c()};
        };
    }

    Group group() {
        return group;
    }

    Primitives primitives(int kind) {
        return primitives[kind];
    }

    Source source(int read) {
        return sources[read];
    }

    DType resultType(int write) {
        return resultTypes[write];
    }

    Totals totals() {
        return totals;
    }

    /** On how many reductions, one after the other, a value depends. */
    int phase(int value) {
        return phases[value];
    }

    /** Which values results depend on. */
    boolean[] needed() {
        return needed;
    }

    /** Whether a value is reduced along the columns or over the rows. */
    boolean isReduced(int value) {
        return reduced[value];
    }

    /** The writes of a value. */
    List<Integer> writesOf(int value) {
        return writes.get(value);
    }

    /** The number of a constant, as an element of its dtype. */
    long constant(int instruction) {
        Group.Instruction line = group.instructions().get(instruction);
        return switch (line.dtype()) {
            case FLOAT64 -> line.number();
            case FLOAT32, FLOAT16, BFLOAT16 -> Float.floatToRawIntBits((float) line.real());
            case BOOL -> line.number() == 0 ? 0 : 1;
            default -> line.number();
        };
    }

    /** Into how many parts work on this many elements is cut; it does not depend on how many threads there are. */
    static int parts(long elements, long most) {
        long parts = elements / PART_ELEMENTS;
        return (int) Math.clamp(parts, 1, Math.min(most, MOST_PARTS));
    }

    /** Elements (places times instructions) that are worth a thread's attention: some 10 microseconds. */
    private static final long PART_ELEMENTS = 1 << 17;

    private static final long MOST_PARTS = 64;
}
