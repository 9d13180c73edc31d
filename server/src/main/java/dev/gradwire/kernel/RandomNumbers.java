package dev.gradwire.kernel;

import dev.gradwire.tensor.DType;
import dev.gradwire.tensor.Tensor;
import dev.gradwire.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.function.LongUnaryOperator;

/**
 * Tensors of random numbers: element i is a function of seed, stream and i, whatever the device or the number of
 * threads. Types of at most 32 bits take one word of {@link Philox} for an element, others two.
 */
public final class RandomNumbers {
    /** A tensor is made on the Java heap. */
    public static final long MAX_ELEMENTS = 1 << 27;

    private static final int WORDS_IN_BLOCK = 4;

    private final Philox philox;

    public RandomNumbers(long seed, long stream) {
        philox = new Philox(seed, stream);
    }

    /**
     * Multiples of 2^−p in [0, 1), p the dtype's precision.
     *
     * @param open leaves 0 out: odd multiples of 2^−p
     */
    public Tensor uniform(TensorType type, boolean open) {
        int precision = precision(type.dtype());
        double unit = Math.scalb(1.0, -precision);
        return open
                ? reals(type, bits -> ((bits >>> (65 - precision)) * 2 + 1) * unit)
                : reals(type, bits -> (bits >>> (64 - precision)) * unit);
    }

    /** Standard normal numbers: quantiles of uniform ones, of 32 bits each (52 in float64). */
    public Tensor normal(TensorType type) {
        int precision = type.dtype() == DType.FLOAT64 ? 52 : 32;
        double unit = Math.scalb(1.0, -precision);
        return reals(type, bits -> NormalQuantile.of(((bits >>> (64 - precision)) + 0.5) * unit));
    }

    /** Integers from {@code low} to {@code high} − 1, or all 64 bits where both are the least one. */
    public Tensor integers(TensorType type, long low, long high) {
        long range = high - low;
        LongUnaryOperator element = range == 0 ? bits -> bits : bits -> low + Math.unsignedMultiplyHigh(bits, range);
        long[] values = new long[length(type)];
        fill(values.length, 2, (i, words) -> values[i] = element.applyAsLong(wide(words, i % 2)));
        return new Tensor(type, MemorySegment.ofArray(values));
    }

    /** How many bits the fraction of a number below 1 may have, so that all multiples of one unit are exact. */
    private static int precision(DType dtype) {
        return switch (dtype) {
            case FLOAT64 -> 53;
            case FLOAT32 -> 24;
            case FLOAT16 -> 11;
            case BFLOAT16 -> 8;
            default -> throw new KernelException("no random numbers of " + dtype.label());
        };
    }

    /** A number from 64 random bits, of which a 32-bit type fills the upper half only. */
    @FunctionalInterface
    private interface Real {
        double of(long bits);
    }

    private Tensor reals(TensorType type, Real element) {
        return switch (type.dtype()) {
            case FLOAT64 -> {
                double[] values = new double[length(type)];
                fill(values.length, 2, (i, words) -> values[i] = element.of(wide(words, i % 2)));
                yield new Tensor(type, MemorySegment.ofArray(values));
            }
            case FLOAT32 -> {
                float[] values = new float[length(type)];
                fill(values.length, WORDS_IN_BLOCK, (i, words) -> values[i] = (float) element.of(narrow(words, i)));
                yield new Tensor(type, MemorySegment.ofArray(values));
            }
            default -> {
                double[] values = new double[length(type)];
                fill(values.length, WORDS_IN_BLOCK, (i, words) -> values[i] = element.of(narrow(words, i)));
                yield Tensor.of(type.dtype(), type.shape(), values);
            }
        };
    }

    /** Sets an element from the words of its block. */
    @FunctionalInterface
    private interface Setter {
        void set(int element, int[] words);
    }

    private void fill(int count, int inBlock, Setter setter) {
        int[] words = new int[WORDS_IN_BLOCK];
        for (int i = 0; i < count; i++) {
            if (i % inBlock == 0) {
                philox.block(i / inBlock, words);
            }
            setter.set(i, words);
        }
    }

    private static long narrow(int[] words, int element) {
        return (long) words[element % WORDS_IN_BLOCK] << 32;
    }

    private static long wide(int[] words, int pair) {
        return (long) words[2 * pair + 1] << 32 | words[2 * pair] & 0xFFFFFFFFL;
    }

    private static int length(TensorType type) {
        long elements = type.shape().elements();
        if (elements > MAX_ELEMENTS) {
            throw new KernelException("more than " + MAX_ELEMENTS + " random numbers in one tensor");
        }
        return (int) elements;
    }
}
