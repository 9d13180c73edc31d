package dev.gradwire.kernel.vector;

import dev.gradwire.kernel.GroupOp;

/**
 * Loops over registers of one dtype. A register is an address with room for whole vectors and
 * {@link ReductionOrder#LANES} elements beyond: elementwise loops compute up to a multiple of the vector length, and what
 * lies beyond the elements is never looked at. Bools are bytes, 0 or 1.
 *
 * <p>There are two of each dtype of floating point, with vectors and without; integers and bools need only one.
 */
abstract class Primitives {
    /** How many ints an instruction takes: the operation, its result and up to three operands. */
    static final int WIDTH = 5;

    /** What an element takes in a register. */
    final int elementBytes;

    Primitives(int elementBytes) {
        this.elementBytes = elementBytes;
    }

    /** Whether there is a loop for an operation whose value is of this dtype; these are those of all numbers. */
    boolean takes(GroupOp op) {
        return switch (op) {
            case CONSTANT, INDEX, CAST, WHERE, ABS, NEG, SIGN, ADD, SUB, MUL, MAXIMUM, MINIMUM, SUM, PROD, MAX, MIN ->
                true;
            default -> false;
        };
    }

    /**
     * Runs instructions, one after the other, each on n elements.
     *
     * @param code instructions, of which those from one index to another are run
     * @param at where each register stands
     */
    abstract void run(int[] code, int from, int to, long[] at, int n);

    /** The bits of the number with which a reduction begins. */
    abstract long identity(int op);

    /** Combines n elements into {@link ReductionOrder#LANES} lanes, the first into the first. */
    abstract void accumulate(int op, long lanes, long a, int n);

    /** Folds lanes to the one number at d. */
    abstract void fold(int op, long lanes, long d);

    /**
     * Reduces each of some rows of at most {@link ReductionOrder#CHUNK} columns to one number.
     *
     * @param lanes room for {@link ReductionOrder#LANES} elements
     */
    abstract void reduce(int op, long d, long a, int rows, int columns, long lanes);

    /** Combines rows, the given bytes apart, into one, up to a whole number of vectors. */
    abstract void combineRows(int op, long d, long a, int rows, int columns, long rowBytes);

    /** Combines the one element at a into that at d. */
    abstract void combine(int op, long d, long a);

    /** Lanes, each the identity. */
    final void start(int op, long lanes) {
        Memory.fill(lanes, elementBytes, identity(op), ReductionOrder.LANES);
    }
}
