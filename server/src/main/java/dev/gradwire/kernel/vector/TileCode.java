package dev.gradwire.kernel.vector;

/**
 * Instructions over registers, ready to be interpreted. A slot is where an instruction looks up the address of a
 * register; a direct slot stands for the memory of an operand or a result instead, as long as a tile fills whole
 * vectors.
 */
final class TileCode {
    /** Kinds of segments beyond those of {@link Primitives}. */
    static final int CAST = 5;

    static final int OTHER = 6;

    /** Units: how many elements a segment is about. */
    static final int PLACES = 0;

    static final int ROWS = 1;

    /** Instructions of kind {@link #OTHER}. */
    static final int LOAD = 0;

    static final int STORE = 1;
    static final int EXPAND = 2;
    static final int CONSTANT = 3;
    static final int INDEX = 4;
    static final int REDUCE = 5;
    static final int ACCUMULATE = 6;
    static final int OVER_ROWS = 7;

    /** Instructions of {@link Primitives#WIDTH} ints, those to be run once before the tiles first. */
    final int[] code;

    /** Segments of what is run before, each of instructions of one kind on one number of elements: kind, unit, from, to. */
    final int[] before;

    /** The same of what is run for each tile. */
    final int[] segments;

    /** The class of each slot's register, one of {@link Registers}. */
    final int[] classes;

    /** The number of each slot's register in its class. */
    final int[] indices;

    /**
     * For each direct slot: the slot, the slot of its register, whether it is read (1) or written (0), and the operand's
     * or result's number.
     */
    final int[] direct;

    /** How many registers there are of each class. */
    final int[] counts;

    TileCode(int[] code, int[] before, int[] segments, int[] classes, int[] indices, int[] direct, int[] counts) {
        this.code = code;
        this.before = before;
        this.segments = segments;
        this.classes = classes;
        this.indices = indices;
        this.direct = direct;
        this.counts = counts;
    }

    int slots() {
        return classes.length;
    }

    /** How many bytes of registers a place takes. */
    long bytesPerPlace() {
        return counts[Registers.PLACES_1] + 4L * counts[Registers.PLACES_4] + 8L * counts[Registers.PLACES_8];
    }
}
