package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.DoubleVectors.load;
import static dev.gradwire.kernel.vector.DoubleVectors.store;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/** Reductions of float64 with vectors, in the order of {@link ReductionOrder}. */
final class DoubleLanes {
    private static final VectorSpecies<Double> SPECIES = DoubleVectors.SPECIES;
    private static final int LANES = SPECIES.length();

    /** Elements that are combined in one step; where these are fewer than the order has lanes, it takes several passes. */
    private static final int STEP = 4 * LANES;

    private static final VectorShuffle<Double> BY_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Double> BY_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Double> BY_1 = VectorShuffle.iota(SPECIES, 1, 1, true);

    private DoubleLanes() {}

    static double identity(int op) {
        return switch (op) {
            case Opcode.SUM -> 0;
            case Opcode.PROD -> 1;
            case Opcode.MAX -> Double.NEGATIVE_INFINITY;
            default -> Double.POSITIVE_INFINITY;
        };
    }

    private static DoubleVector combine(int op, DoubleVector a, DoubleVector b) {
        return switch (op) {
            case Opcode.SUM -> a.add(b);
            case Opcode.PROD -> a.mul(b);
            case Opcode.MAX -> a.max(b);
            default -> a.min(b);
        };
    }

    static void accumulate(int op, long lanes, long a, int n) {
        switch (op) {
            case Opcode.SUM -> accumulateAs(Opcode.SUM, lanes, a, n);
            case Opcode.MAX -> accumulateAs(Opcode.MAX, lanes, a, n);
            default -> accumulateAs(op, lanes, a, n);
        }
    }

    private static void accumulateAs(int op, long lanes, long a, int n) {
        int whole = n - n % ReductionOrder.LANES;
        for (int q = 0; q < ReductionOrder.LANES && q < n; q += STEP) {
            DoubleVector v0 = load(lanes, q);
            DoubleVector v1 = load(lanes, q + LANES);
            DoubleVector v2 = load(lanes, q + 2 * LANES);
            DoubleVector v3 = load(lanes, q + 3 * LANES);
            for (int i = q; i < whole; i += ReductionOrder.LANES) {
                v0 = combine(op, v0, load(a, i));
                v1 = combine(op, v1, load(a, i + LANES));
                v2 = combine(op, v2, load(a, i + 2 * LANES));
                v3 = combine(op, v3, load(a, i + 3 * LANES));
            }
            int i = whole + q;
            if (i < n) {
                v0 = combine(op, v0, upTo(op, a, i, n));
                v1 = combine(op, v1, upTo(op, a, i + LANES, n));
                v2 = combine(op, v2, upTo(op, a, i + 2 * LANES, n));
                v3 = combine(op, v3, upTo(op, a, i + 3 * LANES, n));
            }
            store(v0, lanes, q);
            store(v1, lanes, q + LANES);
            store(v2, lanes, q + 2 * LANES);
            store(v3, lanes, q + 3 * LANES);
        }
    }

    /** A vector whose lanes from n on are the identity, which changes nothing. */
    private static DoubleVector upTo(int op, long a, int i, int n) {
        VectorMask<Double> there = SPECIES.indexInRange(i, n);
        return none(op).blend(load(a, i), there);
    }

    private static DoubleVector none(int op) {
        return DoubleVector.broadcast(SPECIES, identity(op));
    }

    /** Folds the first lanes, which hold the first n elements; the others hold the identity. */
    static double fold(int op, long lanes, int n) {
        for (int half = ReductionOrder.LANES / 2; half >= LANES; half /= 2) {
            if (half < n) {
                for (int j = 0; j < half; j += LANES) {
                    store(combine(op, load(lanes, j), load(lanes, j + half)), lanes, j);
                }
            }
        }
        return fold(op, load(lanes, 0));
    }

    private static double fold(int op, DoubleVector x) {
        DoubleVector v = x;
        if (LANES > 4) {
            v = combine(op, v, v.rearrange(BY_4));
        }
        if (LANES > 2) {
            v = combine(op, v, v.rearrange(BY_2));
        }
        return combine(op, v, v.rearrange(BY_1)).lane(0);
    }

    static void reduce(int op, long d, long a, int rows, int columns, long lanes) {
        switch (op) {
            case Opcode.SUM -> reduceAs(Opcode.SUM, d, a, rows, columns, lanes);
            case Opcode.MAX -> reduceAs(Opcode.MAX, d, a, rows, columns, lanes);
            default -> reduceAs(op, d, a, rows, columns, lanes);
        }
    }

    private static void reduceAs(int op, long d, long a, int rows, int columns, long lanes) {
        for (int row = 0; row < rows; row++) {
            long first = a + 8L * row * columns;
            double number;
            if (columns <= LANES) {
                number = fold(op, combine(op, none(op), upTo(op, first, 0, columns)));
            } else if (STEP == ReductionOrder.LANES) {
                number = reduceRow(op, first, columns);
            } else {
                for (int i = 0; i < ReductionOrder.LANES; i += LANES) {
                    store(none(op), lanes, i);
                }
                accumulateAs(op, lanes, first, columns);
                number = fold(op, lanes, columns);
            }
            Memory.putDouble(d + 8L * row, number);
        }
    }

    private static double reduceRow(int op, long a, int n) {
        int whole = n - n % STEP;
        DoubleVector v0 = none(op);
        DoubleVector v1 = v0;
        DoubleVector v2 = v0;
        DoubleVector v3 = v0;
        for (int i = 0; i < whole; i += STEP) {
            v0 = combine(op, v0, load(a, i));
            v1 = combine(op, v1, load(a, i + LANES));
            v2 = combine(op, v2, load(a, i + 2 * LANES));
            v3 = combine(op, v3, load(a, i + 3 * LANES));
        }
        if (whole < n) {
            v0 = combine(op, v0, upTo(op, a, whole, n));
            v1 = combine(op, v1, upTo(op, a, whole + LANES, n));
            v2 = combine(op, v2, upTo(op, a, whole + 2 * LANES, n));
            v3 = combine(op, v3, upTo(op, a, whole + 3 * LANES, n));
        }
        return fold(op, combine(op, combine(op, v0, v2), combine(op, v1, v3)));
    }

    static void combineRows(int op, long d, long a, int rows, int columns, long rowBytes) {
        for (int i = 0; i < columns; i += LANES) {
            DoubleVector v = load(d, i);
            for (int row = 0; row < rows; row++) {
                v = combine(op, v, load(a + row * rowBytes, i));
            }
            store(v, d, i);
        }
    }
}
