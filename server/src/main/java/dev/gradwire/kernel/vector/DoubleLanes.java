package dev.gradwire.kernel.vector;

import static dev.gradwire.kernel.vector.DoubleVectors.load;
import static dev.gradwire.kernel.vector.DoubleVectors.store;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Reductions of float64 with vectors, in the order of {@link ReductionOrder}.
 *
 * <p>Each operation has its own loops, and these call nothing that takes a vector but tiny methods: what the compiler
 * would leave a call because it is rarely reached would make an object of each vector.
 */
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

    static void accumulate(int op, long lanes, long a, int n) {
        switch (op) {
            case Opcode.SUM -> accumulateSum(lanes, a, n);
            case Opcode.PROD -> accumulateProduct(lanes, a, n);
            case Opcode.MAX -> accumulateGreatest(lanes, a, n);
            default -> accumulateLeast(lanes, a, n);
        }
    }

    /** Folds the lanes; where they hold n elements only, the others hold the identity. */
    static double fold(int op, long lanes, int n) {
        return switch (op) {
            case Opcode.SUM -> foldSum(lanes, n);
            case Opcode.PROD -> foldProduct(lanes, n);
            case Opcode.MAX -> foldGreatest(lanes, n);
            default -> foldLeast(lanes, n);
        };
    }

    static void reduce(int op, long d, long a, int rows, int columns, long lanes) {
        if (columns <= LANES) {
            reduceShort(op, d, a, rows, columns);
            return;
        }
        double none = identity(op);
        for (int row = 0; row < rows; row++) {
            for (int i = 0; i < ReductionOrder.LANES; i += LANES) {
                store(DoubleVector.broadcast(SPECIES, none), lanes, i);
            }
            accumulate(op, lanes, a + 8L * row * columns, columns);
            Memory.putDouble(d + 8L * row, fold(op, lanes, columns));
        }
    }

    private static void reduceShort(int op, long d, long a, int rows, int columns) {
        VectorMask<Double> there = SPECIES.indexInRange(0, columns);
        switch (op) {
            case Opcode.SUM -> sumShort(d, a, rows, columns, there);
            case Opcode.PROD -> productShort(d, a, rows, columns, there);
            case Opcode.MAX -> greatestShort(d, a, rows, columns, there);
            default -> leastShort(d, a, rows, columns, there);
        }
    }

    static void combineRows(int op, long d, long a, int rows, int columns, long rowBytes) {
        switch (op) {
            case Opcode.SUM -> sumRows(d, a, rows, columns, rowBytes);
            case Opcode.PROD -> productRows(d, a, rows, columns, rowBytes);
            case Opcode.MAX -> greatestRows(d, a, rows, columns, rowBytes);
            default -> leastRows(d, a, rows, columns, rowBytes);
        }
    }

    /** A vector whose lanes from n on are the identity, which changes nothing. */
    private static DoubleVector upTo(double none, long a, int i, int n) {
        return DoubleVector.broadcast(SPECIES, none).blend(load(a, i), SPECIES.indexInRange(i, n));
    }

    private static void accumulateSum(long lanes, long a, int n) {
        int whole = n - n % ReductionOrder.LANES;
        for (int q = 0; q < ReductionOrder.LANES && q < n; q += STEP) {
            DoubleVector v0 = load(lanes, q);
            DoubleVector v1 = load(lanes, q + LANES);
            DoubleVector v2 = load(lanes, q + 2 * LANES);
            DoubleVector v3 = load(lanes, q + 3 * LANES);
            for (int i = q; i < whole; i += ReductionOrder.LANES) {
                v0 = v0.add(load(a, i));
                v1 = v1.add(load(a, i + LANES));
                v2 = v2.add(load(a, i + 2 * LANES));
                v3 = v3.add(load(a, i + 3 * LANES));
            }
            store(v0, lanes, q);
            store(v1, lanes, q + LANES);
            store(v2, lanes, q + 2 * LANES);
            store(v3, lanes, q + 3 * LANES);
        }
        for (int i = whole; i < n; i += LANES) {
            store(load(lanes, i - whole).add(upTo(0, a, i, n)), lanes, i - whole);
        }
    }

    private static double foldSum(long lanes, int n) {
        for (int half = ReductionOrder.LANES / 2; half >= LANES; half /= 2) {
            if (half < n) {
                for (int j = 0; j < half; j += LANES) {
                    store(load(lanes, j).add(load(lanes, j + half)), lanes, j);
                }
            }
        }
        DoubleVector v = load(lanes, 0);
        if (LANES > 4) {
            v = v.add(v.rearrange(BY_4));
        }
        if (LANES > 2) {
            v = v.add(v.rearrange(BY_2));
        }
        return v.add(v.rearrange(BY_1)).lane(0);
    }

    private static void sumRows(long d, long a, int rows, int columns, long rowBytes) {
        for (int i = 0; i < columns; i += LANES) {
            DoubleVector v = load(d, i);
            for (int row = 0; row < rows; row++) {
                v = v.add(load(a + row * rowBytes, i));
            }
            store(v, d, i);
        }
    }

    private static void accumulateProduct(long lanes, long a, int n) {
        int whole = n - n % ReductionOrder.LANES;
        for (int q = 0; q < ReductionOrder.LANES && q < n; q += STEP) {
            DoubleVector v0 = load(lanes, q);
            DoubleVector v1 = load(lanes, q + LANES);
            DoubleVector v2 = load(lanes, q + 2 * LANES);
            DoubleVector v3 = load(lanes, q + 3 * LANES);
            for (int i = q; i < whole; i += ReductionOrder.LANES) {
                v0 = v0.mul(load(a, i));
                v1 = v1.mul(load(a, i + LANES));
                v2 = v2.mul(load(a, i + 2 * LANES));
                v3 = v3.mul(load(a, i + 3 * LANES));
            }
            store(v0, lanes, q);
            store(v1, lanes, q + LANES);
            store(v2, lanes, q + 2 * LANES);
            store(v3, lanes, q + 3 * LANES);
        }
        for (int i = whole; i < n; i += LANES) {
            store(load(lanes, i - whole).mul(upTo(1, a, i, n)), lanes, i - whole);
        }
    }

    private static double foldProduct(long lanes, int n) {
        for (int half = ReductionOrder.LANES / 2; half >= LANES; half /= 2) {
            if (half < n) {
                for (int j = 0; j < half; j += LANES) {
                    store(load(lanes, j).mul(load(lanes, j + half)), lanes, j);
                }
            }
        }
        DoubleVector v = load(lanes, 0);
        if (LANES > 4) {
            v = v.mul(v.rearrange(BY_4));
        }
        if (LANES > 2) {
            v = v.mul(v.rearrange(BY_2));
        }
        return v.mul(v.rearrange(BY_1)).lane(0);
    }

    private static void productRows(long d, long a, int rows, int columns, long rowBytes) {
        for (int i = 0; i < columns; i += LANES) {
            DoubleVector v = load(d, i);
            for (int row = 0; row < rows; row++) {
                v = v.mul(load(a + row * rowBytes, i));
            }
            store(v, d, i);
        }
    }

    private static void accumulateGreatest(long lanes, long a, int n) {
        int whole = n - n % ReductionOrder.LANES;
        for (int q = 0; q < ReductionOrder.LANES && q < n; q += STEP) {
            DoubleVector v0 = load(lanes, q);
            DoubleVector v1 = load(lanes, q + LANES);
            DoubleVector v2 = load(lanes, q + 2 * LANES);
            DoubleVector v3 = load(lanes, q + 3 * LANES);
            for (int i = q; i < whole; i += ReductionOrder.LANES) {
                v0 = v0.max(load(a, i));
                v1 = v1.max(load(a, i + LANES));
                v2 = v2.max(load(a, i + 2 * LANES));
                v3 = v3.max(load(a, i + 3 * LANES));
            }
            store(v0, lanes, q);
            store(v1, lanes, q + LANES);
            store(v2, lanes, q + 2 * LANES);
            store(v3, lanes, q + 3 * LANES);
        }
        for (int i = whole; i < n; i += LANES) {
            store(load(lanes, i - whole).max(upTo(Double.NEGATIVE_INFINITY, a, i, n)), lanes, i - whole);
        }
    }

    private static double foldGreatest(long lanes, int n) {
        for (int half = ReductionOrder.LANES / 2; half >= LANES; half /= 2) {
            if (half < n) {
                for (int j = 0; j < half; j += LANES) {
                    store(load(lanes, j).max(load(lanes, j + half)), lanes, j);
                }
            }
        }
        DoubleVector v = load(lanes, 0);
        if (LANES > 4) {
            v = v.max(v.rearrange(BY_4));
        }
        if (LANES > 2) {
            v = v.max(v.rearrange(BY_2));
        }
        return v.max(v.rearrange(BY_1)).lane(0);
    }

    private static void greatestRows(long d, long a, int rows, int columns, long rowBytes) {
        for (int i = 0; i < columns; i += LANES) {
            DoubleVector v = load(d, i);
            for (int row = 0; row < rows; row++) {
                v = v.max(load(a + row * rowBytes, i));
            }
            store(v, d, i);
        }
    }

    private static void accumulateLeast(long lanes, long a, int n) {
        int whole = n - n % ReductionOrder.LANES;
        for (int q = 0; q < ReductionOrder.LANES && q < n; q += STEP) {
            DoubleVector v0 = load(lanes, q);
            DoubleVector v1 = load(lanes, q + LANES);
            DoubleVector v2 = load(lanes, q + 2 * LANES);
            DoubleVector v3 = load(lanes, q + 3 * LANES);
            for (int i = q; i < whole; i += ReductionOrder.LANES) {
                v0 = v0.min(load(a, i));
                v1 = v1.min(load(a, i + LANES));
                v2 = v2.min(load(a, i + 2 * LANES));
                v3 = v3.min(load(a, i + 3 * LANES));
            }
            store(v0, lanes, q);
            store(v1, lanes, q + LANES);
            store(v2, lanes, q + 2 * LANES);
            store(v3, lanes, q + 3 * LANES);
        }
        for (int i = whole; i < n; i += LANES) {
            store(load(lanes, i - whole).min(upTo(Double.POSITIVE_INFINITY, a, i, n)), lanes, i - whole);
        }
    }

    private static double foldLeast(long lanes, int n) {
        for (int half = ReductionOrder.LANES / 2; half >= LANES; half /= 2) {
            if (half < n) {
                for (int j = 0; j < half; j += LANES) {
                    store(load(lanes, j).min(load(lanes, j + half)), lanes, j);
                }
            }
        }
        DoubleVector v = load(lanes, 0);
        if (LANES > 4) {
            v = v.min(v.rearrange(BY_4));
        }
        if (LANES > 2) {
            v = v.min(v.rearrange(BY_2));
        }
        return v.min(v.rearrange(BY_1)).lane(0);
    }

    private static void leastRows(long d, long a, int rows, int columns, long rowBytes) {
        for (int i = 0; i < columns; i += LANES) {
            DoubleVector v = load(d, i);
            for (int row = 0; row < rows; row++) {
                v = v.min(load(a + row * rowBytes, i));
            }
            store(v, d, i);
        }
    }

    private static void sumShort(long d, long a, int rows, int columns, VectorMask<Double> there) {
        DoubleVector none = DoubleVector.broadcast(SPECIES, 0);
        for (int row = 0; row < rows; row++) {
            DoubleVector v = none.add(none.blend(load(a, row * columns), there));
            if (LANES > 4) {
                v = v.add(v.rearrange(BY_4));
            }
            if (LANES > 2) {
                v = v.add(v.rearrange(BY_2));
            }
            Memory.putDouble(d + 8L * row, v.add(v.rearrange(BY_1)).lane(0));
        }
    }

    private static void productShort(long d, long a, int rows, int columns, VectorMask<Double> there) {
        DoubleVector none = DoubleVector.broadcast(SPECIES, 1);
        for (int row = 0; row < rows; row++) {
            DoubleVector v = none.mul(none.blend(load(a, row * columns), there));
            if (LANES > 4) {
                v = v.mul(v.rearrange(BY_4));
            }
            if (LANES > 2) {
                v = v.mul(v.rearrange(BY_2));
            }
            Memory.putDouble(d + 8L * row, v.mul(v.rearrange(BY_1)).lane(0));
        }
    }

    private static void greatestShort(long d, long a, int rows, int columns, VectorMask<Double> there) {
        DoubleVector none = DoubleVector.broadcast(SPECIES, Double.NEGATIVE_INFINITY);
        for (int row = 0; row < rows; row++) {
            DoubleVector v = none.max(none.blend(load(a, row * columns), there));
            if (LANES > 4) {
                v = v.max(v.rearrange(BY_4));
            }
            if (LANES > 2) {
                v = v.max(v.rearrange(BY_2));
            }
            Memory.putDouble(d + 8L * row, v.max(v.rearrange(BY_1)).lane(0));
        }
    }

    private static void leastShort(long d, long a, int rows, int columns, VectorMask<Double> there) {
        DoubleVector none = DoubleVector.broadcast(SPECIES, Double.POSITIVE_INFINITY);
        for (int row = 0; row < rows; row++) {
            DoubleVector v = none.min(none.blend(load(a, row * columns), there));
            if (LANES > 4) {
                v = v.min(v.rearrange(BY_4));
            }
            if (LANES > 2) {
                v = v.min(v.rearrange(BY_2));
            }
            Memory.putDouble(d + 8L * row, v.min(v.rearrange(BY_1)).lane(0));
        }
    }
}
